"""The control API: HTTP calls under `/control` that play the people, and read what came back.

Control calls take and give JSON. An error is {"error": why, …} with status 400 (ill-formed), 403 (a page of
another site), 404 (no such thing; the answer says what there is) or 409 (not now). A private chat's id is the
person's, a group's is negative. Whose act it is says "person_id", which in a private chat may be left out. A
fresh world has two people, Ada (5170394001) and Grace (806132947).

    GET  /control/bot                → {"bot_id", "name", "username"}
    GET  /control/people             → [person, …]
    POST /control/people             {"first_name", "person_id"?, "last_name"?, "username"?, "language_code"?}
                                     → person
    GET  /control/chats/ID           → transcript. ?limit=N: the newest N messages. ?after=V&wait=S: waits up
                                     to S seconds for a version above V. ?as=PERSON: as this person sees a
                                     group, with the own toasts and commands
    POST /control/chats/ID/messages  {"text", "person_id"?, "thread_id"?, "reply_to"?, "anonymous"?}
                                     → {"message_id", "update_id"}; in a group, privacy mode decides whether
                                     the bot gets an update
    POST /control/chats/ID/taps      {"label", "person_id"?, "message_id"?, "wait"?} → query, or {"url"} for a
                                     button that opens an address. Taps the newest message with such a
                                     button, or the one given; 404 with "labels" by message if there is none.
                                     "wait": seconds to wait for the bot's answer. {"data", "message_id",
                                     "wait"?} is a tap with this callback data, whatever the keyboard shows
    POST /control/chats/ID/documents?name=NAME&caption=TEXT, the file as the body, its type as content-type
                                     → {"message_id", "update_id"}
    POST /control/chats/ID/votes     {"options": texts, "person_id"?, "message_id"?} → poll. Votes in the
                                     newest poll, or in the one given; no options take the vote back
    POST /control/chats/ID/polls/end {"message_id"?} → poll: closed, as if its time were over
    POST /control/people/ID/links    {"url", "chat_id"?} → {"chat_id", "message_id", "update_id"}: opens a
                                     t.me link of the bot and presses Start; of ?startgroup=, in that group
    GET  /control/groups             → [group, …]
    POST /control/groups             {"title", "person_id", "members"?: ids, "type"?, "is_forum"?, "bot"?} →
                                     group. "type" is "group" or "supergroup"; the bot is added unless
                                     "bot" is false
    POST /control/chats/ID/members   {"person_id", "status"?, "by"?} → group. Somebody, or the bot, becomes a
                                     "member" (joins, or is added by another), an "administrator", or is out:
                                     "left", "kicked"
    POST /control/chats/ID/permissions   {"can_send_messages"?, "can_send_polls"?} → group: of plain members
    POST /control/chats/ID/limit     {"sends_per_minute"} → group: above it the bot meets a 429; null: never
    POST /control/chats/ID/upgrade   {"new_first"?, "is_forum"?, "joins"?} → the new group: a supergroup
                                     with another id. The old chat's service message comes first, or else
                                     the new one's; with "joins", after a my_chat_member of the new one
    POST /control/chats/ID/topics    {"name", "person_id"} → topic, of a forum
    POST /control/chats/ID/topics/THREAD_ID   {"closed"?, "person_id"} → topic. DELETE: it is gone
    DELETE /control/chats/ID/messages/MESSAGE_ID   an administrator takes a message away
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
  newest 20, also answers that open a url), and what a group has
- group: chat_id, type, version, title, is_forum, forbidden (what plain members may not do),
  sends_per_minute, migrated_to, migrated_from, members (person_id, status, is_bot), topics
- topic: chat_id, thread_id, name, icon_color, closed
- poll: poll_id, chat_id, message_id, question, description, options (text, votes, voters: ids, hidden by an
  anonymous poll), voters (how many), chosen (what the viewer chose), is_closed, is_anonymous,
  allows_multiple_answers, allows_revoting, close_date
- message: message_id, chat_id, from ("bot" or "person"), sender_id, date, edit_date, edits (how many),
  version, reply_to, thread_id, poll, notice (a service message in words), text, entities (in UTF-16 units),
  keyboard (rows of {"label", "callback_data" or another action}), labels (the same rows, labels only),
  link_preview (null, or url, host, title, size, above_text), file (null, or kind: "photo" or "document",
  name, mime_type, size in bytes, width, height, file_id, url); with a file, text is its caption
- query: query_id, person_id, chat_id, message_id, data, time, expired, open (can still be answered), answer
  (null, or text, show_alert, url, cache_time, time); an answer with a text is a toast
- call: number, method, params, verdict ("valid", or what breaks the specification), ok, error_code,
  description, time, chat_id (or null), fault (null, or the kind of the fault that it met; a dropped call has
  the code 0)
- fault: fault_id, kind, method, chat_id, left (calls it still strikes; null: without end), seconds, status,
  struck (calls it has struck)

The modules import `sandbox.world` and what lies below it, never the Bot API door.
"""
