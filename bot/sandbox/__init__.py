"""A local Telegram: a Bot API server over real HTTP, several people who write to one bot, and a chat page.

    sandbox = Sandbox("123456:secret", path=Path("sandbox.db"))    # or without path: in memory
    async with serve(sandbox, port=8081) as url:                   # the page is at url + "/"
        ...                                                        # the bot's API address is url

Three doors:

- `/bot<token>/<method>` is the Bot API. Every call is checked against the specification (schema.py), more
  strictly than by Telegram: an unknown parameter is an error. What is not here yet is refused by name. Files
  are fetched at `/file/bot<token>/<path>`.
- `/` is a chat page for the browser.
- `/control/…` lets tests and scripts play the people, as follows.

Control calls take and give JSON. An error is {"error": why, …} with status 400 (ill-formed), 403 (a page of
another site), 404 (no such thing; the answer says what there is) or 409 (not now). A private chat's id is the
person's. A fresh world has two people, Ada (5170394001) and Grace (806132947).

    GET  /control/bot                → {"bot_id", "name", "username"}
    GET  /control/people             → [person, …]
    POST /control/people             {"first_name", "person_id"?, "last_name"?, "username"?, "language_code"?}
                                     → person
    GET  /control/chats/ID           → transcript. ?limit=N: the newest N messages. ?after=V&wait=S: waits up
                                     to S seconds for a version above V
    POST /control/chats/ID/messages  {"text"} → {"message_id", "update_id"}
    POST /control/chats/ID/taps      {"label", "message_id"?, "wait"?} → query, or {"url"} for a button that
                                     opens an address. Taps the newest message with such a button, or the
                                     one given; 404 with "labels" by message if there is none. "wait":
                                     seconds to wait for the bot's answer. {"data", "message_id", "wait"?}
                                     is a tap with this callback data, whatever the keyboard is by now
    POST /control/chats/ID/documents?name=NAME&caption=TEXT, the file as the body, its type as content-type
                                     → {"message_id", "update_id"}
    GET  /control/files/FILE_ID      → the content of a photo or document
    POST /control/chats/ID/block     → person; the bot gets my_chat_member. /unblock likewise
    GET  /control/queries            → [query, …], every tap so far. ?chat_id=ID
    GET  /control/queries/QUERY_ID   → query. ?wait=S: waits up to S seconds for the bot's answer
    POST /control/queries/expire     {"query_id"?} → {"expired": ids}: that one, or all unanswered ones, are
                                     too old to be answered from now on
    GET  /control/updates            → {"pending": how many are unconfirmed, "updates", "allowed_updates"}
    POST /control/updates/ID/redeliver   hands the same update out once more, confirmed or not; without ID,
                                     the newest one
    POST /control/updates/expire     → {"expired": ids}: what is unconfirmed is gone, as after a day
    GET  /control/calls              → [call, …], the bot's last 5000. ?after=NUMBER, ?method=sendMessage
    GET  /control/faults             → {"kinds": {kind: what it does}, "armed": [fault, …]}
    POST /control/faults             {"kind", "method"?, "chat_id"?, "times"?, "seconds"?, "status"?} → fault.
                                     "method" is a pattern, "*" by default; "times" is 1 by default, null for
                                     "until removed"; without "chat_id" it strikes any call (a flood, then,
                                     of the whole bot)
    DELETE /control/faults/ID        → {"removed": ids}; without ID, all of them
    GET  /control/events             → server-sent events {"chat_id", "version"}; beside them, events named
                                     "calls" and "faults" with a number that grows

- person: person_id, first_name, last_name, username, language_code, started (has written to the bot),
  blocked, chat_id, version
- transcript: chat_id, type, version (grows with everything that a reader could notice), typing_seconds,
  blocked, started, commands, description, messages, taps_waiting (taps without an answer), toasts (the
  newest 20)
- message: message_id, from ("bot" or "person"), sender_id, date, edit_date, edits (how many), version,
  reply_to, text, entities (in UTF-16 units), keyboard (rows of {"label", "callback_data" or another
  action}), labels (the same rows, labels only), link_preview (null, or url, host, title, size, above_text),
  file (null, or kind: "photo" or "document", name, mime_type, size in bytes, width, height, file_id, url);
  with a file, text is its caption
- query: query_id, person_id, chat_id, message_id, data, time, expired, open (can still be answered), answer
  (null, or text, show_alert, url, cache_time, time); an answer with a text is a toast
- call: number, method, params, verdict ("valid", or what breaks the specification), ok, error_code,
  description, time, chat_id (or null), fault (null, or the kind of the fault that it met; a dropped call has
  the code 0)
- fault: fault_id, kind, method, chat_id, left (calls it still strikes; null: without end), seconds, status,
  struck (calls it has struck)

Nothing here imports the rest of `bot`.
"""

from bot.sandbox.server import create_app, serve
from bot.sandbox.world import Sandbox

__all__ = ["Sandbox", "create_app", "serve"]
