"""What fits the parts that are served: torch lives here. Knows `recsys.serving` and `recsys.data`."""
