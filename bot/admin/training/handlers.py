"""/retrain, and the buttons that begin and stop a training. `progress` keeps its message up to date."""

from __future__ import annotations

from bot.admin.illustration import answer, illustrated
from bot.admin.training.service import Trainings
from bot.admin.training.views import (
    ShowCurves,
    StartTraining,
    StopTraining,
    already_screen,
    curves_text,
    impossible_screen,
    losses_picture,
    wrong_kind_screen,
)
from bot.errors import StaleButton
from bot.telegram.request import Request
from bot.telegram.router import AdminRouter


class Handlers:
    """/retrain and the buttons of trainings."""

    def __init__(self, trainings: Trainings) -> None:
        self._trainings = trainings

    def register(self, router: AdminRouter) -> None:
        """Claim the commands and buttons of this room."""
        router.command("retrain", self.retrain)
        router.button(StartTraining, self.start)
        router.button(StopTraining, self.stop)
        router.button(ShowCurves, self.curves)

    async def retrain(self, request: Request) -> None:
        """/retrain [fine|full]."""
        await self._begin(request, request.text)

    async def start(self, request: Request, tap: StartTraining) -> None:
        """Fine-tune and Train in full, in the panel."""
        await self._begin(request, tap.kind)

    async def _begin(self, request: Request, asked: str) -> None:
        trainings, asker = self._trainings, request.person.telegram_id
        result = await request.once(trainings.ask, asker, asked, request.chat_id, request.now)
        trainings.wake()
        if "wrong" in result:
            await request.reply(wrong_kind_screen(result["wrong"], request.t))
        elif "impossible" in result:
            await request.reply(impossible_screen(request.t))
        elif not result["begun"]:
            job = await trainings.job(result["job"])
            followed, message_id = result["followed"], result["message"]
            where = "elsewhere" if not followed else "below" if message_id is None else "above"
            to = message_id if where == "above" else None
            await request.reply(already_screen(job, where, request.t), to=to)

    async def stop(self, request: Request, tap: StopTraining) -> None:
        """Stop."""
        asker = request.person.telegram_id
        stopped = await request.once(self._trainings.stop, asker, tap.job_id, request.now)
        self._trainings.wake()
        await request.toast(request.t.plain("toast.stopping" if stopped else "toast.training_over"))

    async def curves(self, request: Request, tap: ShowCurves) -> None:
        """Loss curves."""
        job, t = await self._trainings.measured(), request.t
        if job is None:
            raise StaleButton("no training has a curve")
        await request.toast()
        await answer(request, await illustrated(curves_text(job, t), losses_picture(job, t), t))
