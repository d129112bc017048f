"""What the local Telegram answers when it refuses.

SandboxError
├── ApiError       to the bot, in the Bot API's own form and, where Telegram has one, its own words
└── ControlError   to a test, a script or the page, which play the people
"""

from typing import Any


class SandboxError(Exception):
    """The local Telegram refused a call; `status` is the HTTP status of the answer."""

    status: int


class ApiError(SandboxError):
    """A Bot API call failed: `status` is also its `error_code`, `description` is what Telegram would say.

    `parameters` are what helps a program to go on, such as `retry_after`.
    """

    def __init__(self, status: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


class ControlError(SandboxError):
    """A control call failed: `message` says why, `details` go into the JSON of the answer beside it."""

    def __init__(self, status: int, message: str, **details: Any) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details


def not_supported(what: str) -> ApiError:
    """The 400 for whatever Telegram has and this server has not."""
    return ApiError(400, f"Bad Request: {what} is not supported by the local Telegram yet")
