"""What there is in the local Telegram and where it is kept, and its records as the Bot API's objects.

Imports only `sandbox.errors`.
"""
