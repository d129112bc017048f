"""Movie nights: people in a group gather, vote, and see why; whatever happens in between."""

from __future__ import annotations

import time

import pytest

from tests.e2e.driving import Bot, Group, Message, Person


@pytest.fixture(scope="module")
def people(running: Bot) -> tuple[Person, Person, Person]:
    """Ada and Grace told their taste, Linus is a guest."""
    ada, grace, linus = (running.person(name) for name in ("Ada", "Grace", "Linus"))
    ada.join(5, 4, 5, 3, 4)
    grace.join(3, 5, 2, 5, 4)
    return ada, grace, linus


def board_of(group: Group) -> Message:
    """The board of the newest night."""
    return next(message for message in reversed(group.messages()) if "Movie night ·" in message.text)


def slate_of(board: Message) -> list[str]:
    return [line.removeprefix("• ") for line in board.text.splitlines() if line.startswith("• ")]


def polled(bot: Bot, *people: Person, **fields: object) -> Group:
    """A group whose night has its poll out; the first one hosts, and all are in."""
    group = bot.group("Friday", *people, **fields)
    group[people[0]].say("/night")
    for person in people[1:]:
        group[person].tap("Join")
    assert group[people[0]].tap("Start poll") == "The slate is frozen, here comes the poll"
    return group


def test_from_the_board_to_the_result(bot: Bot, people: tuple[Person, Person, Person]) -> None:
    ada, grace, linus = people
    group = bot.group("Friday", ada, grace, linus)
    assert "I am Matinee" in group.last().text
    board = group[ada].send("/night crime 90s")
    assert "🎛 Crime · 1990s" in board.text
    assert "In: Ada (host)" in board.text
    assert "One more" in board.text
    assert group[grace].tap("Start poll") == "That is for the host or an admin"
    assert group[ada].tap("Start poll") == "It takes two: somebody else has to join"
    assert group[grace].tap("Join") == "You're in!"
    assert group[grace].tap("Join") == "You are in already"
    slate = slate_of(group.again(board))
    assert len(slate) == 9
    assert group[linus].tap("Join").startswith("You're in, as a guest.")
    assert "In (3): Ada (host), Grace, Linus (guest)" in group.again(board).text
    assert group.again(board).url("Tell me your taste").startswith("https://t.me/")

    group[grace].tap("Seen some")
    panel = group.last()
    assert panel.buttons == slate_of(group.again(board))
    assert group[grace].tap(slate[0], panel) == f"{slate[0][:-7]}: seen. Nobody is told"
    assert slate[0] not in slate_of(group.again(board))
    group[linus].tap("Veto", group.again(board))
    veto = slate_of(group.again(board))[0]
    assert "Nobody is told" in group[linus].tap(veto, group.last())
    frozen = slate_of(group.again(board))
    assert veto not in frozen
    assert not {slate[0], veto} & set(group.again(panel).buttons)

    group[ada].tap("Start poll")
    poll = group.poll()
    assert sorted(poll.options[:-1]) == sorted(frozen)
    assert poll.options[-1] == "None of these"
    assert group.polls()[-1].url(frozen[0][:29]) if len(frozen[0]) < 30 else True
    winner, other = frozen[3], frozen[5]
    group[ada].vote(winner)
    group[grace].vote(other)
    group[grace].vote(winner, other)
    group[linus].vote(other)
    group[linus].retract()
    assert "2 people have voted" in group.again(board).text
    assert group[grace].tap("Close now", group.again(board)) == "That is for the host or an admin"
    assert group[ada].tap("Close now", group.again(board)) == "Closed. Here comes the result"
    assert group.poll().closed
    result = group.last()
    assert result.text.startswith(f"🏆 {winner} wins with 2 votes.")
    for name in ("Ada voted for it", "Grace voted for it", "Linus left it to the others"):
        assert name in result.text
    assert "★" not in "".join(message.text for message in group.messages())
    assert f"🏆 {winner}" in group.again(board).text
    assert group.again(board).labels == []

    group[linus].tap("Why?", result)
    why = group.again(result).text
    assert f"1. {winner}: 2 votes, rank 4" in why
    assert f"2. {other}: 1 vote, rank 6" in why
    for person in (ada, grace):
        assert person.last().text.startswith(f"🎬 {winner} tonight. For you: because")
    assert linus.transcript()["messages"] == []
    assert winner in group[ada].send("/nights").text
    again = group[ada].send("/night crime 90s")
    group[grace].tap("Join")
    assert winner not in slate_of(group.again(again))


def test_a_tie_goes_to_the_higher_rank_and_void_votes_count_nothing(
    bot: Bot, people: tuple[Person, Person, Person]
) -> None:
    ada, grace, linus = people
    group = polled(bot, ada, grace, linus)
    board = board_of(group)
    options = group.poll().options[:-1]
    ranked = [
        position
        for (position,) in bot.rows(
            "SELECT position FROM poll_options WHERE poll_id = (SELECT max(id) FROM polls)"
            " AND rank IS NOT NULL ORDER BY rank"
        )
    ]
    first, second, third = (options[position] for position in ranked[:3])
    group[ada].vote(third, first)
    group[grace].vote(second, first)
    group[linus].vote(third)
    group[linus].tap("Veto", board)
    assert "Nobody is told" in group[linus].tap(first, group.last())
    assert f"🚫 Vetoed, so votes for it are void: {first}" in group.again(board).text
    group[linus].vote(second)
    group[ada].vote(third, second)
    group[grace].vote(third)
    group[ada].tap("Close now", board)
    result = group.last()
    assert result.text.startswith(f"🏆 {second} wins with 2 votes.")
    group[ada].tap("Why?", result)
    assert f"🚫 {first}: vetoed, 0 votes void" in group.again(result).text


def test_none_of_these_brings_a_second_slate(bot: Bot, people: tuple[Person, Person, Person]) -> None:
    ada, grace, _ = people
    group = polled(bot, ada, grace)
    first = set(group.poll().options[:-1])
    group[ada].vote("None of these")
    group[grace].vote("None of these")
    group[ada].tap("Close now")
    result = group.last()
    assert result.text.startswith("🤷 None of these wins.")
    fresh = slate_of(board_of(group))
    assert len(fresh) == 9
    assert not first & set(fresh)
    assert group[ada].tap("New slate", result) == "The slate is frozen, here comes the poll"
    assert group[ada].tap("New slate", result) == "The poll is out already"
    assert len(group.polls()) == 2
    group[grace].vote(fresh[2])
    group[ada].tap("Close now", board_of(group))
    assert group.last().text.startswith(f"🏆 {fresh[2]} wins with 1 vote.")


def test_the_host_picks_another_film_and_leaves_to_somebody_else(
    bot: Bot, people: tuple[Person, Person, Person]
) -> None:
    ada, grace, linus = people
    group = bot.group("Friday", linus, ada, grace)
    group[ada].say("/night")
    group[grace].tap("Join")
    group[linus].tap("Join")
    board = board_of(group)
    assert group[ada].tap("Leave", board) == "You are out; somebody else hosts now"
    assert "Linus (host, guest)" in group.again(board).text  # who made the group is an admin
    assert group[ada].tap("Join", board) == "You're in!"
    group[linus].tap("Start poll")
    votes, pick = group.poll().options[:2]
    group[grace].vote(votes)
    assert group[grace].tap("Pick the winner", board) == "That is for the host or an admin"
    group[linus].tap("Pick the winner", board)
    assert group[linus].tap(pick, group.last()) == f"{pick[:-7]} it is"
    assert group.last().text.startswith(f"👑 {pick}, picked by hand.")


def test_a_guest_becomes_known_on_the_way(bot: Bot, people: tuple[Person, Person, Person]) -> None:
    ada, linus = people[0], bot.person("Linus")
    group = bot.group("Friday", ada, linus)
    group[ada].say("/night")
    group[linus].tap("Join")
    board = board_of(group)
    taste = board.url("Tell me your taste")
    group[linus].tap("Leave", board)
    assert "You are in" not in linus.follow(taste)[0].text
    group[linus].tap("Join", board)
    answers = linus.follow(taste)
    assert "You are in for the movie night" in answers[0].text
    linus.tap("Skip")
    for _ in range(2):
        linus.tap("5★")
    assert "In (2): Ada (host), Linus\n" in group.again(board).text
    assert "Tell me your taste" not in group.again(board).buttons
    group[ada].leave()
    assert "In: Linus (host)\n" in group.again(board).text


def test_one_night_a_topic_and_votes_of_members_alone(
    bot: Bot, people: tuple[Person, Person, Person]
) -> None:
    ada, grace, linus = people
    forum = bot.group("Films", ada, grace, linus, type="supergroup", is_forum=True)
    horror, comedy = forum.topic("Horror", ada), forum.topic("Comedy", ada)
    assert "Settings of this group" in forum[ada].send("/settings").text
    assert forum[grace].tap("✓ Votes of people who did not join") == "That is for the group's admins"
    forum[ada].tap("✓ Votes of people who did not join")
    assert "Only votes of people who joined count" in forum.last().text
    scary = horror[ada].send("/night horror")
    funny = comedy[grace].send("/night comedy")
    assert "🎛 Horror" in scary.text
    assert "🎛 Comedy" in funny.text
    assert "There is a movie night here already" in horror[grace].send("/night").text
    for topic, night in ((horror, scary), (comedy, funny)):
        topic[ada].tap("Join", night)
        topic[grace].tap("Join", night)
        topic[ada].tap("Start poll", night)
    assert [message.raw["thread_id"] for message in forum.polls()] == [horror.thread_id, comedy.thread_id]
    poll = horror.polls()[-1]
    horror[linus].vote(poll.poll.options[0], on=poll)
    assert "Nobody has voted yet" in horror.again(scary).text
    horror[grace].vote(poll.poll.options[1], on=poll)
    horror[ada].tap("Close now", scary)
    assert horror.last().text.startswith(f"🏆 {horror.poll().options[1]} wins with 1 vote.")
    assert "Linus" not in horror.last().text
    assert not comedy.poll().closed
    comedy[ada].tap("Cancel", funny)
    assert "Called off" in comedy.again(funny).text
    assert comedy.poll().closed


def test_where_admins_open_and_somebody_goes(bot: Bot, people: tuple[Person, Person, Person]) -> None:
    ada, grace, linus = people
    group = bot.group("Friday", ada, grace, linus)
    group[ada].send("/settings")
    group[ada].tap("Only admins open a night")
    assert "admins open a movie night" in group[grace].send("/night").text
    group[ada].say("/night")
    assert "join it" in group[grace].send("/night").text
    group[grace].tap("Join", board_of(group))
    group[ada].tap("Start poll", board_of(group))
    board = board_of(group)
    assert group[linus].tap("Join", board) == "You're in!"
    assert group[linus].tap("Leave", board) == "You are out. Another time!"
    first, second = group.poll().options[:2]
    group[ada].vote(first)
    group[grace].vote(second)
    group[linus].vote(second)
    grace_before = len(grace.transcript()["messages"])
    group[grace].leave()
    assert "2 people have voted" in group.again(board).text
    group[linus].retract()
    group[ada].tap("Close now", board)
    assert group.last().text.startswith(f"🏆 {first} wins with 1 vote.")
    assert "Grace" not in group.last().text
    assert len(grace.transcript()["messages"]) == grace_before
    asked = "SELECT count(*) FROM errands WHERE kind = 'ask' AND night_id = (SELECT max(id) FROM nights)"
    assert bot.rows(asked) == [(1,)]
    group[ada].leave()
    assert bot.rows(asked) == [(0,)]


def test_the_group_as_a_place(bot: Bot, people: tuple[Person, Person, Person]) -> None:
    ada, grace, linus = people
    group = bot.group("Friday", ada, grace, linus)
    found = group[ada].send("/recommend")
    assert len(found.films) == 5
    assert "★" not in found.text
    assert group[linus].send("/like heat").text.startswith("🎞 More like Heat (1995)")
    personal = group[grace].send("/profile")
    assert personal.text == "That is between you and me."
    assert "profile" in personal.url("Open our chat")
    assert "You, as I see you" in grace.follow(personal.url("Open our chat"))[0].text
    assert group[linus].say("just chatting") == []
    assert group[linus].say("/roll") == []
    assert "add me to yours" in ada.send("/night").text
    assert "what to do with “blorp”" in group[ada].send("/night blorp").text
    assert group[ada].send("/nights").text.startswith("This group has not watched anything yet")
    answers = group[ada].say("/night tomorrow 19:30")
    assert any("19:30" in message.text and "Movie night" in message.text for message in answers)
    assert any("in UTC" in message.text for message in answers)
    group[ada].send("/zone lisbon")
    assert group[grace].tap(group.last().buttons[0]) == "That is for the group's admins"
    group[ada].tap(group.last().buttons[0])
    assert "Europe/Lisbon" in group.last().text
    assert "19:30" in board_of(group).text
    group.set_bot("kicked", ada)
    assert bot.rows("SELECT state FROM nights ORDER BY id DESC LIMIT 1") == [("cancelled",)]
    bot.expect("bot was kicked from the group chat")


def test_a_poll_that_the_group_forbids_and_a_board_that_is_deleted(
    bot: Bot, people: tuple[Person, Person, Person]
) -> None:
    ada, grace, _ = people
    group = bot.group("Friday", ada, grace)
    bot.expect("not enough rights to send polls to the chat", "message to edit not found")
    group.permit(can_send_polls=False)
    group[ada].say("/night")
    group[grace].tap("Join")
    group[ada].tap("Start poll")
    assert group.polls() == []
    assert "An admin can allow it" in group.last().text
    group.permit(can_send_polls=True)
    group.delete(board_of(group))
    assert "There is a movie night here already" in group[grace].say("/night")[0].text
    group[ada].tap("Start poll", board_of(group))
    assert len(group.polls()) == 1
    assert len(group.poll().options) == 10


def test_a_night_that_is_called_off_stays_so_when_its_poll_is_refused(
    bot: Bot, people: tuple[Person, Person, Person]
) -> None:
    """Telegram takes its time to refuse, and the host does not wait."""
    ada, grace, _ = people
    group = bot.group("Friday", ada, grace)
    bot.expect("not enough rights to send polls to the chat")
    group.permit(can_send_polls=False)
    bot.telegram.post("/faults", kind="delay", method="sendPoll", seconds=1.0)
    group[ada].say("/night")
    group[grace].tap("Join")
    group[ada].press("Start poll")
    while not bot.rows("SELECT id FROM errands WHERE kind = 'poll' AND state = 'trying'"):
        time.sleep(0.01)
    group[ada].tap("Cancel", board_of(group))
    assert "Called off." in board_of(group).text
    assert bot.rows("SELECT state FROM nights ORDER BY id DESC LIMIT 1") == [("cancelled",)]


def test_who_does_not_show_themselves_is_told_so_where_they_asked(
    bot: Bot, people: tuple[Person, Person, Person]
) -> None:
    ada, grace, _ = people
    forum = bot.group("Forum", ada, grace, type="supergroup", is_forum=True)
    topic = forum.topic("Horror", forum[ada])
    (hint,) = topic[ada].say_as_group("/night")
    assert "Remain anonymous" in hint.text
    before = len(forum.messages())
    bot.telegram.on_loop(lambda: bot.telegram.world.updates.add("message", as_channel(forum.id)))
    bot.settle()
    assert "write as yourself, not as a channel" in forum.last().text
    assert len(forum.messages()) == before + 1


def as_channel(chat_id: int) -> dict[str, object]:
    """A command by a member who writes as their channel, as Telegram names the sender then."""
    chat = {"id": chat_id, "type": "supergroup", "title": "Forum"}
    channel = {"id": -1_002_000_000_001, "type": "channel", "title": "A channel"}
    sender = {"id": 136_817_688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
    said = {"message_id": 900, "date": 1_796_000_000, "text": "/night sat 20:00"}
    return {**said, "chat": chat, "from": sender, "sender_chat": channel}


@pytest.mark.parametrize("new_first", [False, True])
def test_an_upgrade_in_the_middle(bot: Bot, people: tuple[Person, Person, Person], new_first: bool) -> None:
    ada, grace, linus = people
    group = polled(bot, ada, grace, linus)
    bot.expect("group chat was upgraded to a supergroup chat")
    winner, other = group.poll().options[4:6]
    group[ada].vote(winner)
    group[linus].vote(other)
    new = group.upgrade(new_first=new_first)
    board = board_of(new)
    assert "In (3): Ada (host), Grace, Linus (guest)" in board.text
    assert "2 people have voted" in board.text
    assert len(new.polls()) == 1
    new[linus].vote(winner)
    assert "2 people have voted" in new.again(board).text
    new[ada].tap("Close now", board)
    assert new.poll().closed
    assert new.last().text.startswith(f"🏆 {winner} wins with 2 votes.")
    assert bot.rows("SELECT count(*) FROM chats WHERE telegram_id IN (?, ?)", group.id, new.id) == [(1,)]


def test_the_morning_after(own_bot: Bot) -> None:
    """Asked in private and in the group; a summary of four members; the ledger is for one's own eyes."""
    bot = own_bot
    people = [bot.person(name) for name in ("Ada", "Grace", "Linus", "Edsger")]
    outsider = bot.person("Barbara")
    people[0].join(5, 4, 5, 3, 4)
    people[1].join(3, 5, 2, 5, 4)
    group = polled(bot, *people)
    winner = group.poll().options[1]
    group[people[0]].add(outsider)
    group[people[0]].vote(winner)
    group[people[0]].tap("Close now")
    assert "Movie nights: 1" in people[0].send("/profile").text
    bot.stop()
    bot.change("UPDATE errands SET due_at = (SELECT min(due_at) FROM errands) WHERE state = 'waiting'")
    bot.start()
    bot.settle()
    asked = [person.last() for person in people[:2]]
    assert all(f"How was {winner}?" in message.text for message in asked)
    assert people[0].tap("5★", asked[0]) == f"{winner[:-7]}: thanks, noted"
    people[1].tap("2★", asked[1])
    question = group.last()
    assert "only you see what you gave" in question.text
    group[people[2]].tap("4★", question)
    group[outsider].tap("1★", question)
    assert group.last() == question
    group[people[3]].tap("3★", question)
    assert group.last().text == f"⭐ {winner}: 3.5★ on average, from 4 of you."
    group[people[2]].tap("1★", question)
    assert group.last().text == f"⭐ {winner}: 3.5★ on average, from 4 of you."
    assert winner in people[0].history()
    assert bot.rows("SELECT count(*) FROM night_opinions WHERE given IS NOT NULL") == [(4,)]


def test_a_deadline_survives_and_a_kill_makes_nothing_twice(own_bot: Bot) -> None:
    bot = own_bot
    ada, grace = bot.person("Ada"), bot.person("Grace")
    ada.join(5, 4, 5, 3, 4)
    group = bot.group("Friday", ada, grace)
    group[ada].say("/night")
    group[grace].tap("Join")
    # Between the decision and the poll: what the database holds at that moment.
    board = board_of(group)
    bot.kill()
    group[ada].press("Start poll", board)
    bot.start()
    bot.settle()
    assert len(group.polls()) == 1
    winner = group.poll().options[2]
    group[grace].vote(winner)
    bot.kill()
    group[ada].cast(winner)
    bot.change("UPDATE errands SET due_at = (SELECT min(due_at) FROM errands) WHERE kind = 'deadline'")
    bot.start()
    bot.settle()
    results = [message for message in group.messages() if message.text.startswith("🏆")]
    assert len(results) == 1
    assert results[0].text.startswith(f"🏆 {winner} wins with")
    assert group.poll().closed
    # Between the decision and the result; and a poll of which nobody knows whether it arrived.
    group[ada].say("/night")
    group[grace].tap("Join")
    group[ada].tap("Start poll")
    bot.kill()
    bot.change("UPDATE errands SET state = 'waiting' WHERE kind = 'result'")
    group.delete(results[0])
    bot.change(
        "UPDATE errands SET state = 'trying' WHERE kind = 'poll' AND night_id = (SELECT max(id) FROM nights)"
    )
    bot.change(
        "UPDATE polls SET state = 'due', telegram_poll_id = NULL WHERE id = (SELECT max(id) FROM polls)"
    )
    bot.start()
    bot.settle()
    results = [message for message in group.messages() if message.text.startswith("🏆")]
    assert len(results) == 1
    assert len(group.polls()) == 3
    assert "If there are two, the newer one counts" in board_of(group).text
    group[grace].vote(group.poll().options[0])
    assert "1 person has voted" in board_of(group).text
