"""Polls: sent with up to twelve options, and stopped. No quizzes and no media."""

import secrets
import time

from sandbox.bot_api.content import checked_keyboard, compose_description
from sandbox.bot_api.methods.access import chat_to_send, refuse_unsupported
from sandbox.bot_api.methods.messages import editable, post
from sandbox.errors import ApiError, not_supported
from sandbox.state.objects import message_object, poll_object
from sandbox.state.records import Json, Poll
from sandbox.world import Sandbox

_LONGEST_QUESTION = 300  # characters
_LONGEST_OPTION = 100
_MOST_OPTIONS = 12
_OPEN = range(5, 2_628_001)  # seconds
_NOT_YET = (
    "question_parse_mode",
    "question_entities",
    "shuffle_options",
    "allow_adding_options",
    "hide_results_until_closes",
    "correct_option_ids",
    "explanation",
    "media",
    "is_closed",
)
_CHANNELS_ONLY = ("members_only", "country_codes")


async def send_poll(sandbox: Sandbox, params: Json) -> Json:
    """A new poll, open to all members until its time is over or it is stopped."""
    refuse_unsupported(params, _NOT_YET)
    chat = chat_to_send(sandbox, params, "can_send_polls")
    question, options = _question(params), _options(params)
    open_period, close_date = _end(params)
    description, entities = compose_description(params)
    poll = Poll(
        str(5_000_000_000_000_000_000 + secrets.randbelow(10**18)),
        chat.chat_id,
        0,
        question,
        options,
        is_anonymous=params.get("is_anonymous", True),
        allows_multiple_answers=params.get("allows_multiple_answers", False),
        allows_revoting=params.get("allows_revoting", True),
        open_period=open_period,
        close_date=close_date,
        description=description,
        description_entities=entities,
    )
    message = post(sandbox, params, chat, "", poll_id=poll.poll_id)
    poll.message_id = message.message_id
    sandbox.polls.save(poll)
    return message_object(sandbox.state, message)


async def stop_poll(sandbox: Sandbox, params: Json) -> Json:
    """The end of a poll; a keyboard that is not given again is taken away."""
    sandbox.polls.close_due()
    message = editable(sandbox, params, "message with poll to stop not found", "poll can't be stopped")
    if message.poll_id is None:
        raise ApiError(400, "Bad Request: message is not a poll")
    poll = sandbox.state.polls[message.poll_id]
    if poll.is_closed:
        raise ApiError(400, "Bad Request: poll has already been closed")
    message.reply_markup = checked_keyboard(params)
    sandbox.polls.close(poll)
    return poll_object(poll)


def _question(params: Json) -> str:
    question = str(params["question"]).strip()
    if not question:
        raise ApiError(400, "Bad Request: poll question must be non-empty")
    if len(question) > _LONGEST_QUESTION:
        raise ApiError(400, f"Bad Request: poll question length must not exceed {_LONGEST_QUESTION}")
    if params.get("type", "regular") != "regular":
        raise not_supported(f"a poll of type {params['type']}")
    if name := next((name for name in _CHANNELS_ONLY if params.get(name)), None):
        raise ApiError(400, f"Bad Request: {name} is for channels only")
    return question


def _options(params: Json) -> list[str]:
    for option in params["options"]:
        if more := [name for name in option if name != "text"]:
            raise not_supported(f"{more[0]} of a poll option")
    options = [str(option["text"]).strip() for option in params["options"]]
    if not options:
        raise ApiError(400, "Bad Request: poll must have at least 1 option")
    if len(options) > _MOST_OPTIONS:
        raise ApiError(400, f"Bad Request: poll can't have more than {_MOST_OPTIONS} options")
    if not all(options):
        raise ApiError(400, "Bad Request: poll options must be non-empty")
    if max(map(len, options)) > _LONGEST_OPTION:
        raise ApiError(400, f"Bad Request: poll options length must not exceed {_LONGEST_OPTION}")
    if len({*options}) < len(options):
        raise ApiError(400, "Bad Request: POLL_OPTION_DUPLICATE")
    return options


def _end(params: Json) -> tuple[int | None, int | None]:
    """`open_period` and `close_date`: at most one is given. Raises ApiError 400 where it is out of range."""
    period, date, now = params.get("open_period"), params.get("close_date"), int(time.time())
    if period is not None and date is not None:
        raise ApiError(400, "Bad Request: open_period and close_date can't be used together")
    if period is not None and period not in _OPEN:
        raise ApiError(400, "Bad Request: open_period is out of range")
    if date is not None and date - now not in _OPEN:
        raise ApiError(400, "Bad Request: close_date is out of range")
    return period, now + period if period is not None else date


METHODS = {"sendPoll": send_poll, "stopPoll": stop_poll}
