"""/retrain, and the buttons that begin and stop a training. Its message is kept by `progress`."""

from __future__ import annotations

from bot.admin.illustration import answer, illustrated
from bot.admin.training.views import (
    ShowCurves,
    StartTraining,
    StopTraining,
    already_screen,
    curves_text,
    losses_picture,
    wrong_kind_screen,
)
from bot.errors import StaleButton
from bot.services import Services
from bot.telegram.request import Request
from bot.telegram.router import AdminRouter


class Handlers:
    """One method a command or tap."""

    def __init__(self, services: Services) -> None:
        self._trainings = services.trainings

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
        trainings, asker, chat_id = self._trainings, request.person.telegram_id, request.chat_id
        said = await request.once(lambda conn: trainings.ask(conn, asker, asked, chat_id, request.now))
        trainings.wake()
        if "wrong" in said:
            await request.reply(wrong_kind_screen(said["wrong"], request.t))
        elif not said["begun"]:
            job = await trainings.job(asker, said["job"])
            where = "elsewhere" if not said["here"] else "below" if said["message"] is None else "above"
            to = said["message"] if where == "above" else None
            await request.reply(already_screen(job, where, request.t), to=to)

    async def stop(self, request: Request, tap: StopTraining) -> None:
        """Stop."""
        trainings, asker = self._trainings, request.person.telegram_id
        stopped = await request.once(lambda conn: trainings.stop(conn, asker, tap.job_id, request.now))
        trainings.wake()
        await request.toast(request.t.plain("toast.stopping" if stopped else "toast.training_over"))

    async def curves(self, request: Request, tap: ShowCurves) -> None:
        """Loss curves."""
        job, t = await self._trainings.measured(request.person.telegram_id), request.t
        if job is None:
            raise StaleButton("no training has a curve")
        await request.toast()
        await answer(request, await illustrated(curves_text(job, t), losses_picture(job, t), t))
