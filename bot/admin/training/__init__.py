"""/retrain, and a message for each training that shows how far it is; the panel shows some of it."""
