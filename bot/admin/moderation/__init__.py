"""/exclude, /include and flags of brigades: whose ratings count in training."""
