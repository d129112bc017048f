"""/models, /rollback, /promote, and their buttons."""

from __future__ import annotations

from bot.admin.models.service import SwitchPlan, Versions
from bot.admin.models.views import (
    AskPromote,
    KeepLive,
    OpenModel,
    PromoteNow,
    RollBackTo,
    ShowModel,
    ShowModels,
    confirm_screen,
    kept_screen,
    model_screen,
    models_screen,
    refusal_screen,
    switched_screen,
)
from bot.telegram.request import Request
from bot.telegram.router import AdminRouter
from bot.telegram.screen import Screen


class Handlers:
    """/models, /rollback, /promote and their buttons."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions

    def register(self, router: AdminRouter) -> None:
        """Claim the commands and buttons of this room."""
        router.command("models", self.models)
        router.command("rollback", self.rollback)
        router.command("promote", self.promote)
        router.button(ShowModels, self.turn)
        router.button(ShowModel, self.open)
        router.button(OpenModel, self.open_below)
        router.button(RollBackTo, self.roll_back)
        router.button(AskPromote, self.ask)
        router.button(PromoteNow, self.promote_now)
        router.button(KeepLive, self.keep)

    async def models(self, request: Request) -> None:
        """/models: the newest eight; with a number, that one."""
        if request.text.strip():
            found = await self._versions.find(request.text)
            if isinstance(found, SwitchPlan):
                await request.reply(refusal_screen(found, request.t))
            else:
                await request.reply(model_screen(found, request.now, 0, request.t))
            return
        page = await self._versions.page(0)
        await request.reply(models_screen(page, request.now, request.t))

    async def turn(self, request: Request, tap: ShowModels) -> None:
        """Newer, Older, and the list from elsewhere."""
        page = await self._versions.page(tap.offset)
        await request.toast()
        await request.show(models_screen(page, request.now, request.t))

    async def open(self, request: Request, tap: ShowModel) -> None:
        """A number in the list."""
        model = await self._versions.get(tap.version)
        await request.toast()
        await request.show(model_screen(model, request.now, tap.offset, request.t))

    async def open_below(self, request: Request, tap: OpenModel) -> None:
        """Model N, on the outcome of a training."""
        model = await self._versions.get(tap.version)
        await request.toast()
        await request.reply(model_screen(model, request.now, 0, request.t))

    async def rollback(self, request: Request) -> None:
        """/rollback [N]."""
        plan = await self._versions.plan_rollback(request.text)
        await request.reply(await self._switch(request, plan))

    async def roll_back(self, request: Request, tap: RollBackTo) -> None:
        """Roll back to N."""
        plan = await self._versions.plan("rolled_back", tap.version)
        screen = await self._switch(request, plan)
        await request.toast()
        await request.reply(screen)

    async def promote(self, request: Request) -> None:
        """/promote N: asks once more."""
        await self._ask(request, request.text)

    async def ask(self, request: Request, tap: AskPromote) -> None:
        """Promote N: the same."""
        await self._ask(request, str(tap.version))

    async def _ask(self, request: Request, asked: str) -> None:
        found = await self._versions.find_promotable(asked)
        await request.toast()
        if isinstance(found, SwitchPlan):
            await request.reply(refusal_screen(found, request.t))
        else:
            await request.reply(confirm_screen(found, request.now, request.t))

    async def promote_now(self, request: Request, tap: PromoteNow) -> None:
        """Yes, promote it."""
        plan = await self._versions.plan("promoted_by_hand", tap.version)
        screen = await self._switch(request, plan)
        await request.toast()
        await request.show(screen)

    async def keep(self, request: Request, tap: KeepLive) -> None:
        """Cancel."""
        live = self._versions.live()
        await request.toast()
        await request.show(kept_screen(live, request.t))

    async def _switch(self, request: Request, plan: SwitchPlan) -> Screen:
        asker = request.person.telegram_id
        done = await request.once(self._versions.switch, asker, plan, request.now)
        if "refusal" not in done:
            await self._versions.serve(plan)
        return switched_screen(done, request.t)
