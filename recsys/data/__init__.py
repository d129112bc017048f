"""Films and ratings as everything else takes them; imports only `recsys.arrays` and `recsys.errors`."""
