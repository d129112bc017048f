"""/models, /rollback, /promote, and notices of models; the panel shows some of it."""
