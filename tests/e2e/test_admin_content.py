"""Films that an admin adds and merges, and those that the command line takes in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.administering import AdminBot
from tests.e2e.driving import Bot, Person


@pytest.fixture
def own_bot(admin_bot: AdminBot) -> Bot:
    """A running bot of the test's own."""
    admin_bot.start()
    return admin_bot.bot


@pytest.fixture
def admin(own_bot: Bot, admin_bot: AdminBot) -> Person:
    """Somebody whom the settings name."""
    admin_bot.root.join(5, 4, 2, 5, 3)
    return admin_bot.root


def test_a_film_is_added_found_liked_and_shown_a_little(own_bot: Bot, admin: Person) -> None:
    added = admin.send("/addmovie Anora & Friends (2024) comedy, Drama")
    assert added.text.startswith("Anora & Friends (2024) is here now: Comedy, Drama.")
    admin.tap("Open it")
    assert admin.last().head == "Anora & Friends (2024)"
    stranger = own_bot.person("Stranger")
    stranger.join(5, 4, 2, 5, 3)
    assert stranger.send("anora and friends").head == "Anora & Friends (2024)"
    alike = stranger.send("/like anora & friends")
    assert alike.text.startswith("🎞 More like Anora & Friends (2024)")
    assert len(alike.films) == 10
    lists = [stranger.send("/recommend") for _ in range(3)]
    ends = [page.films[-1] for page in lists]
    assert ends.count("Anora & Friends (2024)") == 1
    assert all("Anora & Friends (2024)" not in page.films[:-1] for page in lists)
    told = next(page for page in lists if "Anora & Friends (2024)" in page.films)
    assert "because it is new here, and hardly anybody has rated it yet" in told.text
    (told_so,) = own_bot.rows("SELECT actor, details FROM audit WHERE act = 'film_added'")
    assert told_so[0] == admin.id
    own_bot.stop()
    own_bot.start()
    assert stranger.send("anora and friends").head == "Anora & Friends (2024)"


def test_what_cannot_be_added_is_told_and_nothing_is(own_bot: Bot, admin: Person) -> None:
    before = own_bot.rows("SELECT count(*) FROM films")
    assert "/addmovie Anora (2024) Comedy, Drama" in admin.send("/addmovie").text
    assert "/addmovie Anora (2024) Comedy, Drama" in admin.send("/addmovie Anora Comedy").text
    assert admin.send("/addmovie Anora (2024)").text.startswith("Which genres?")
    assert admin.send("/addmovie Anora (2024) Comdy, Drama").text.startswith("No genre here: Comdy.")
    assert admin.send("/addmovie fargo (1996) Crime").text == "Fargo (1996) is here already."
    assert own_bot.rows("SELECT count(*) FROM films") == before


def test_two_films_become_one(own_bot: Bot, admin: Person) -> None:
    admin.send("/addmovie Fargo Again (1996) Crime")
    admin.send("fargo again")
    old_card = admin.last()
    admin.tap("4★", on=old_card)
    asked = admin.send("/merge fargo again = fargo (1996)")
    assert asked.text.startswith("Make Fargo Again (1996) another name of Fargo (1996)?")
    assert "Ratings here: 1 and " in asked.text
    admin.tap("Two films", on=asked)
    assert admin.again(asked).text == "They stay two films."
    asked = admin.send("/merge fargo again = fargo (1996)")
    admin.tap("They are one", on=asked)
    assert admin.again(asked).text == "They are one film now: Fargo (1996). 1 rating moved."
    assert admin.history()["Fargo (1996)"] == "4★"
    assert admin.send("fargo again").head == "Fargo (1996)"
    admin.tap("5★", on=old_card)  # a button of the film that is no more
    assert admin.history()["Fargo (1996)"] == "5★"
    assert admin.send("/merge fargo again = fargo (1996)").text == "That is one film already: Fargo (1996)."
    assert "Fargo Again (1996)" not in admin.send("/like fargo").films
    assert admin.send("/merge nothing of the kind = fargo (1996)").text.startswith("I know no film called")
    assert "the one to keep last" in admin.send("/merge fargo").text


def test_to_a_stranger_there_are_no_such_commands(own_bot: Bot, admin: Person) -> None:
    stranger = own_bot.person("Stranger")
    unknown = stranger.send("/frobnicate").text
    asked = admin.send("/merge Heat (1995) = Fargo (1996)")
    for command in ("/addmovie Anora (2024) Comedy", "/merge Heat (1995) = Fargo (1996)", "/addmovie"):
        assert stranger.send(command).text == unknown
    theirs = stranger.send("/help")
    for button in ("They are one", "Two films"):
        assert stranger.tap_data(asked.data(button), on=theirs) == admin_free(stranger)
    assert own_bot.rows("SELECT count(*) FROM merges") == [(0,)]


def admin_free(person: Person) -> str:
    """What a stale button says."""
    return person.tap_data("zz9:1", on=person.last())


def test_lists_and_newer_editions_come_in_from_the_command_line(
    own_bot: Bot, admin: Person, tmp_path: Path, test_data: Path
) -> None:
    films = tmp_path / "films.csv"
    films.write_text(
        "title,year,genres,imdbId,alternatives\n"
        "Anora,2024,Comedy|Drama,28607951,\n"
        "Fargo,1996,Crime,116282,Blutiger Schnee\n",
        encoding="utf-8",
    )
    refused = own_bot.command("catalog", "add", str(films))
    assert refused.returncode == 1
    assert "another Matinee is running" in refused.stderr
    own_bot.stop()
    assert (
        "New films: 1. Changed: 0. As they were: 1." in own_bot.command("catalog", "add", str(films)).stdout
    )
    again = own_bot.command("catalog", "update", str(films))
    assert "New films: 0. Changed: 1. As they were: 1." in again.stdout, again.stderr
    films.write_text("title,year,genres\nFlow,2024,Animated\n", encoding="utf-8")
    strange = own_bot.command("catalog", "add", str(films))
    assert strange.returncode == 1
    assert "no genre here: line 2: Animated" in strange.stderr
    same = own_bot.command("catalog", "update", str(test_data / "ml-100k"))
    assert "New films: 0. Changed:" in same.stdout, same.stderr
    own_bot.start()
    assert admin.send("blutiger schnee").head == "Fargo (1996)"
    assert admin.send("anora").head == "Anora (2024)"


def merged_away(admin: Person, film: str) -> str:
    """Make a film, with its year, another name of a new one; the new one."""
    admin.send("/addmovie Twin Of It (1996) Drama")
    asked = admin.send(f"/merge {film} = twin of it (1996)")
    admin.tap("They are one", on=asked)
    assert admin.again(asked).text.startswith("They are one film now: Twin Of It (1996).")
    return "Twin Of It (1996)"


def test_a_veto_counts_although_the_film_was_merged_while_the_poll_was_open(
    own_bot: Bot, admin: Person
) -> None:
    ada, grace = own_bot.person("Ada"), own_bot.person("Grace")
    ada.join(5, 4, 5, 3, 4)
    grace.join(3, 5, 2, 5, 4)
    group = own_bot.group("Friday", ada, grace)
    board = group[ada].send("/night")
    group[grace].tap("Join")
    group[ada].tap("Start poll")
    vetoed = group.poll().options[0]
    twin = merged_away(admin, vetoed)
    group[ada].vote(vetoed)
    group[grace].vote(vetoed)
    group[grace].tap("Veto", board)
    assert "Nobody is told" in group[grace].tap(twin, group.last())
    assert f"votes for it are void: {twin}" in group.again(board).text
    group[ada].tap("Close now", board)
    assert own_bot.rows("SELECT title FROM films JOIN nights ON films.id = nights.film_id") != [
        ("Twin Of It",)
    ]
    assert not group.last().text.startswith(f"🏆 {vetoed}")
    assert not group.last().text.startswith(f"🏆 {twin}")


def test_the_host_picks_a_film_that_was_merged_while_the_poll_was_open(own_bot: Bot, admin: Person) -> None:
    ada, grace = own_bot.person("Ada"), own_bot.person("Grace")
    ada.join(5, 4, 5, 3, 4)
    grace.join(3, 5, 2, 5, 4)
    group = own_bot.group("Friday", ada, grace)
    board = group[ada].send("/night")
    group[grace].tap("Join")
    group[ada].tap("Start poll")
    twin = merged_away(admin, group.poll().options[0])
    group[ada].tap("Pick the winner", board)
    group[ada].tap(twin, group.last())
    assert twin in group.last().text


def test_a_round_goes_on_although_its_film_was_merged(own_bot: Bot, admin: Person) -> None:
    ada = own_bot.person("Ada")
    card = ada.begin()
    twin = merged_away(admin, card.head)
    assert ada.again(card).head == card.head
    ada.tap("4★", card)
    following = ada.again(card).head
    assert following not in (card.head, twin)
    ada.tap("Undo", card)
    assert ada.again(card).head == twin
    ada.tap("3★", card)
    assert ada.history()[twin] == "3★"
