"""What a process needs whatever it does: settings, the home, logs, metrics, and how its loops go on and wait.

May import from errors alone.
"""
