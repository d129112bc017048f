"""Where films and ratings come from: files, downloads, a generator; imports `recsys.data`."""
