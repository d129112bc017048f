"""An admin sees and does everything; for everybody else the commands and buttons of admins do not exist."""

from __future__ import annotations

from tests.e2e.administering import AdminBot
from tests.e2e.driving import Person

COMMANDS = ("admin", "models", "rollback", "promote", "retrain", "audit")
SECTIONS = ("Models", "Training", "People", "Quality", "Content")


def test_to_strangers_there_are_no_admins_commands(two_models: AdminBot) -> None:
    """Word for word what any unknown command gets, whatever follows it; in groups nothing at all."""
    ada = two_models.bot.person("Ada")
    nonsense = ada.send("/xyzzy").text
    acts = two_models.bot.rows("SELECT count(*) FROM audit")
    for command in COMMANDS:
        for text in (f"/{command}", f"/{command} 1", f"/{command} full", f"/{command} no such thing"):
            assert ada.send(text).text == nonsense
        assert command not in ada.send("/help").text
    assert [each["command"] for each in ada.transcript()["commands"]][-1] == "cancel"
    said = [[message.text for message in ada.say(f"/start {link}")] for link in ("admin", "xyzzy")]
    assert said[0] == said[1]
    assert two_models.bot.rows("SELECT count(*) FROM audit") == acts
    assert two_models.bot.rows("SELECT count(*) FROM jobs") == [(0,)]
    assert two_models.live() == 2

    group = two_models.bot.group("Movie night", ada, two_models.root)
    for person in (ada, two_models.root):
        for command in COMMANDS:
            assert group[person].say(f"/{command}") == group[person].say("/xyzzy") == []


def test_a_forged_button_is_a_stale_one(two_models: AdminBot) -> None:
    ada = two_models.bot.person("Ada")
    card = ada.begin()
    stale = ada.tap_data("zz9:1", card)
    for data in (
        "aa1:home",
        "am1:0",
        "ad1:1:0",
        "ao1:1",
        "ar1:1",
        "ap1:1",
        "ay1:1",
        "an1",
        "at1:full",
        "as1:1",
        "au1:0",
        "ac1",
    ):
        assert ada.tap_data(data, card) == stale, data
    assert two_models.live() == 2
    assert two_models.bot.rows("SELECT count(*) FROM jobs") == [(0,)]
    menu = two_models.root.send("/admin")
    assert two_models.root.tap_data("aa1:cellar", menu) == stale
    assert two_models.root.tap_data("ad1:99:0", menu) == stale


def test_the_panel_is_one_message(two_models: AdminBot) -> None:
    root = two_models.root
    panel = root.send("/admin")
    assert panel.buttons == list(SECTIONS)
    assert "Model 2 has served for" in panel.text
    pages = []
    for section in SECTIONS:
        assert root.tap(section, panel) == ""
        pages.append(root.again(panel).text)
        assert pages[-1].startswith(f"🎛 {section}")
        root.tap("Back", panel)
        assert root.again(panel).text.startswith("🎛 Admin")
    assert root.last().id == panel.id
    models, training, people, quality, content = pages
    assert "Model 2: live" in models
    assert "Error, stars" in models
    assert "No training is under way." in training
    assert "1 person has met me." in people
    assert "/stats" in people
    assert "No week has been measured yet." in quality
    assert "1682 films." in content
    assert "/addmovie" in content
    root.tap("Models", panel)
    root.tap("All models", panel)
    assert root.again(panel).text.startswith("🧠 2 models, newest first")
    root.tap("1", panel)
    assert root.again(panel).text.startswith("🧠 Model 1: kept")
    root.tap("Back", panel)
    root.tap("Back", panel)
    assert root.again(panel).text.startswith("🎛 Models")


def test_the_record_is_paged(admin_bot: AdminBot) -> None:
    root = admin_bot.root
    admin_bot.start()
    admin_bot.stop()
    for number in range(23):
        admin_bot.bot.change(
            "INSERT INTO audit (at, actor, act, details) VALUES ('2026-11-24 04:00:00', 0, 'danced', ?)",
            f'{{"step": {number}}}',
        )
    admin_bot.start()
    page = root.send("/audit")
    assert page.text.startswith("🗒 23 acts")
    assert page.text.count("Danced: step") == 10
    root.tap("Older", page)
    root.tap("Older", page)
    assert root.again(page).text.count("Danced: step") == 3
    assert root.again(page).buttons == ["Newer", "Back"]


def test_the_menu_and_the_rights_go_with_the_setting(admin_bot: AdminBot) -> None:
    root, other = admin_bot.root, admin_bot.bot.person("Other")
    admin_bot.start()

    def commands(person: Person) -> list[str]:
        return [each["command"] for each in person.transcript()["commands"]]

    admin_bot.until(lambda: "audit" in commands(root))
    assert set(COMMANDS) <= set(commands(root))
    assert "recommend" in commands(root)
    assert "admin" not in commands(other)
    panel = root.send("/admin")
    admin_bot.bot.stop()
    admin_bot.start(other)
    admin_bot.until(lambda: "audit" in commands(other) and "audit" not in commands(root))
    assert root.send("/admin").text == root.send("/xyzzy").text
    stale = root.tap_data("zz9:1", panel)
    assert root.tap("Models", panel) == stale
    assert other.send("/admin").text.startswith("🎛 Admin")


def test_an_admin_who_never_was_there_harms_nobody(admin_bot: AdminBot) -> None:
    admin_bot.bot.start(MATINEE_ADMIN_IDS=f"99,{admin_bot.root.id}", MATINEE_TRAIN_HERE="false")
    admin_bot.bot.expect("Bad Request: chat not found")
    admin_bot.until(lambda: "audit" in [each["command"] for each in admin_bot.root.transcript()["commands"]])
    assert "an admin's command menu waits for the next start" in admin_bot.bot.text()
    assert admin_bot.root.send("/admin").text.startswith("🎛 Admin")
