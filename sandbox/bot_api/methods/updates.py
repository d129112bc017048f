"""How the bot learns who it is and what happened: getMe, getUpdates and the webhook calls."""

from sandbox.errors import not_supported
from sandbox.state.objects import user_object
from sandbox.state.records import Json
from sandbox.world import Sandbox

_LONGEST_POLL = 50  # seconds


async def get_me(sandbox: Sandbox, params: Json) -> Json:
    """The bot's account: privacy mode on, no inline mode."""
    return user_object(sandbox.state, sandbox.bot.person_id) | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def get_updates(sandbox: Sandbox, params: Json) -> list[Json]:
    """Long polling; `limit` and `timeout` are clamped as Telegram clamps them."""
    if "allowed_updates" in params:
        sandbox.updates.allow(params["allowed_updates"])
    limit = min(max(params.get("limit", 100), 1), 100)
    timeout = min(max(params.get("timeout", 0), 0), _LONGEST_POLL)
    return await sandbox.updates.poll(params.get("offset", 0), limit, timeout)


async def set_webhook(sandbox: Sandbox, params: Json) -> bool:
    """Only the empty address, which takes a webhook away."""
    if params["url"]:
        raise not_supported("a webhook")
    return await delete_webhook(sandbox, params)


async def delete_webhook(sandbox: Sandbox, params: Json) -> bool:
    """There is never a webhook; pending updates are dropped if asked for."""
    if params.get("drop_pending_updates"):
        sandbox.updates.drop_pending()
    return True


async def get_webhook_info(sandbox: Sandbox, params: Json) -> Json:
    """No webhook, and how many updates wait."""
    info: Json = {
        "url": "",
        "has_custom_certificate": False,
        "pending_update_count": len(sandbox.updates.pending()),
    }
    return info | ({"allowed_updates": sandbox.updates.allowed} if sandbox.updates.allowed else {})


async def leave_server(sandbox: Sandbox, params: Json) -> bool:
    """close and logOut: nothing here has to be moved to another server."""
    return True


METHODS = {
    "getMe": get_me,
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "close": leave_server,
    "logOut": leave_server,
}
