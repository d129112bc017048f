"""What Telegram says of who decides in a group and who is in it, and what it refuses to say."""

from __future__ import annotations

import pytest

from bot.telegram.client import Client
from bot.telegram.rights import Rights
from sandbox import Sandbox

GRACE, LINUS = 806_132_947, 806_132_948


@pytest.fixture
def group(sandbox: Sandbox, ada: int) -> int:
    """Ada made it, Grace is in it, Linus was."""
    sandbox.people.add("Linus", person_id=LINUS)
    made = sandbox.groups.add("Club", ada).chat_id
    for person_id, status in ((sandbox.bot.person_id, "member"), (GRACE, "member"), (LINUS, "left")):
        sandbox.groups.set_member(made, person_id, status)
    return made


@pytest.fixture
def rights(client: Client) -> Rights:
    return Rights(client)


async def test_a_creator_is_an_admin_whoever_may_not_be_asked_about(
    sandbox: Sandbox, rights: Rights, ada: int, group: int
) -> None:
    """A bot that is no admin itself may ask for the admins, not always for a member."""
    sandbox.faults.arm("no_rights", "getChatMember", times=None)
    assert await rights.is_admin(group, ada) is True
    assert await rights.is_admin(group, GRACE) is False


async def test_what_telegram_does_not_say_is_neither_yes_nor_no(
    sandbox: Sandbox, rights: Rights, ada: int, group: int
) -> None:
    """And it is asked again."""
    sandbox.faults.arm("no_rights", "getChat*", times=2)
    assert await rights.is_admin(group, ada) is None
    assert await rights.are_members(group, [GRACE]) == {GRACE: None}
    assert await rights.is_admin(group, ada) is True
    assert await rights.are_members(group, [GRACE]) == {GRACE: True}


async def test_who_is_in_a_group_is_remembered_and_who_is_not_is_asked_about_again(
    sandbox: Sandbox, rights: Rights, group: int
) -> None:
    assert await rights.are_members(group, [GRACE, LINUS]) == {GRACE: True, LINUS: False}
    sandbox.groups.set_member(group, LINUS, "member")
    sandbox.groups.set_member(group, GRACE, "left")
    assert await rights.are_members(group, [GRACE, LINUS]) == {GRACE: True, LINUS: True}
    rights.forget(group, GRACE)
    assert await rights.are_members(group, [GRACE]) == {GRACE: False}
