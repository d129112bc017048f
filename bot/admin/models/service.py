"""The use cases of the model's versions: list them, roll back, promote one by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bot.errors import BotError, StaleButton
from bot.films.numbering import check_numbering
from bot.films.serving import Chosen, Serving
from storage.database import AsyncConnection, Database
from storage.running import audit, models
from storage.running.models import Model

PAGE = 8
_LONGEST_NUMBER = 9  # digits; no version has more

SwitchKind = Literal["rolled_back", "promoted_by_hand"]  # as the audit calls it
Refusal = Literal["wrong", "nothing", "unknown", "pruned", "serves", "refused", "damaged"]


@dataclass(frozen=True, slots=True)
class ModelsPage:
    """Eight models from `offset` on, of `total`, newest first."""

    offset: int
    total: int
    models: tuple[Model, ...]


@dataclass(frozen=True, slots=True)
class SwitchPlan:
    """To use another model: `chosen` was read and is sound; else there is a `refusal`, and `asked` (what was
    typed) or `reason` (why it cannot be read) say more."""

    kind: SwitchKind
    version: int | None
    chosen: Chosen | None = None
    refusal: Refusal | None = None
    asked: str = ""
    reason: str = ""


class Versions:
    """What takes a connection runs inside the caller's transaction. `asker` is Telegram's id of the admin."""

    def __init__(self, database: Database, serving: Serving) -> None:
        self._database = database
        self._serving = serving

    async def page(self, offset: int) -> ModelsPage:
        """The page that begins at `offset`; the last one if it is past the end."""
        async with self._database.read() as conn:
            every = await models.every(conn)
        offset = max(0, min(offset, (len(every) - 1) // PAGE * PAGE))
        return ModelsPage(offset, len(every), tuple(every[offset : offset + PAGE]))

    async def get(self, version: int) -> Model:
        """One model. Raises StaleButton if there never was one."""
        async with self._database.read() as conn:
            model = await models.get(conn, version)
        if model is None:
            raise StaleButton(f"no model {version}")
        return model

    async def find(self, asked: str) -> SwitchPlan | Model:
        """The model of this number, or why there is none to show."""
        plan, model = await self._find("rolled_back", asked)
        return plan if model is None else model

    def live(self) -> int:
        """The version that serves."""
        return self._serving.version

    async def plan_rollback(self, asked: str) -> SwitchPlan:
        """Back to the version that was named, or to the one before the live one."""
        if asked.strip():
            return await self._plan("rolled_back", asked)
        async with self._database.read() as conn:
            before = await models.before_live(conn)
        if not before:
            return SwitchPlan("rolled_back", None, refusal="nothing")
        return await self._read(SwitchPlan("rolled_back", before[0].version))

    async def plan(self, kind: SwitchKind, version: int) -> SwitchPlan:
        """To this version, named by a button."""
        return await self._plan(kind, str(version))

    async def find_promotable(self, asked: str) -> SwitchPlan | Model:
        """What /promote is about: the model that was named, or why it cannot be promoted."""
        plan, model = await self._find("promoted_by_hand", asked)
        return plan if plan.refusal is not None or model is None else model

    async def switch(
        self, conn: AsyncConnection, asker: int, plan: SwitchPlan, at: datetime
    ) -> dict[str, Any]:
        """Make the planned model the live one, and write it down; JSON that says what was done, or why not.

        {"version", "was"}, or {"refusal", "version", "asked", "reason"}.
        """
        live = await models.live(conn)
        was = None if live is None else live.version
        if plan.chosen is None or plan.version is None or plan.version == was:
            refusal = plan.refusal or "serves"
            return {"refusal": refusal, "version": plan.version, "asked": plan.asked, "reason": plan.reason}
        await models.go_live(conn, plan.version, at)
        await audit.add(conn, plan.kind, at, asker, version=plan.version, was=was)
        return {"version": plan.version, "was": was}

    async def serve(self, plan: SwitchPlan) -> None:
        """Answer from the planned model, after `switch`; what was not read is left to `Serving.follow`."""
        if plan.chosen is not None:
            await self._serving.use(plan.chosen)
        else:
            self._serving.ring()

    async def _plan(self, kind: SwitchKind, asked: str) -> SwitchPlan:
        plan, model = await self._find(kind, asked)
        if plan.refusal is not None or model is None:
            return plan
        if kind == "rolled_back" and model.state == "refused":
            return SwitchPlan(kind, model.version, refusal="refused")
        return await self._read(plan)

    async def _find(self, kind: SwitchKind, asked: str) -> tuple[SwitchPlan, Model | None]:
        """The model of this number, if there is one, and a plan with the reason if it cannot serve."""
        asked = asked.strip()
        if not (asked.isascii() and asked.isdecimal()):
            return SwitchPlan(kind, None, refusal="wrong", asked=asked), None
        if len(asked) > _LONGEST_NUMBER:
            return SwitchPlan(kind, None, refusal="unknown", asked=asked), None
        version = int(asked)
        async with self._database.read() as conn:
            model = await models.get(conn, version)
        if model is None:
            return SwitchPlan(kind, version, refusal="unknown", asked=str(version)), None
        refusal: Refusal | None = "serves" if model.state == "live" else "pruned" if model.pruned_at else None
        return SwitchPlan(kind, version, refusal=refusal, asked=str(version)), model

    async def _read(self, plan: SwitchPlan) -> SwitchPlan:
        """Read its artifact now: what cannot serve must not become the live one."""
        if plan.version is None:
            return plan
        try:
            chosen = await self._serving.read(plan.version)
            async with self._database.read() as conn:
                await check_numbering(conn, chosen.recommender.catalog)
        except BotError as error:
            return SwitchPlan(plan.kind, plan.version, refusal="damaged", reason=str(error))
        return SwitchPlan(plan.kind, plan.version, chosen)
