"""The Bot API door: reads a bot's calls, checks them against the specification, and carries them out.

Imports `sandbox.world` and what lies below it.
"""
