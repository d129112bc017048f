"""What happens in the local Telegram: a class for each thing that people and the bot do, owned by `Sandbox`.

Imports `sandbox.state`, `sandbox.text` and `sandbox.errors`; knows nothing of HTTP.
"""

from sandbox.world.sandbox import Sandbox

__all__ = ["Sandbox"]
