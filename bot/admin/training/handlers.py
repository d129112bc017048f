"""/retrain, and the buttons that begin and stop a training. Its message is kept by `progress`."""

from __future__ import annotations

from bot.admin.training.views import StartTraining, StopTraining, already_screen, wrong_kind_screen
from bot.services import Services
from bot.telegram.request import Request
from bot.telegram.router import Router

__all__ = ["Handlers"]


class Handlers:
    """One method a command or tap."""

    def __init__(self, services: Services) -> None:
        self._trainings = services.trainings

    def register(self, router: Router) -> None:
        """Claim the commands and buttons of this room."""
        router.admin_command("retrain", self.retrain)
        router.button(StartTraining, self.start)
        router.button(StopTraining, self.stop)

    async def retrain(self, request: Request) -> None:
        """/retrain [fine|full]."""
        await self._begin(request, request.text)

    async def start(self, request: Request, tap: StartTraining) -> None:
        """Fine-tune and Train in full, in the panel."""
        await self._begin(request, tap.kind)

    async def _begin(self, request: Request, asked: str) -> None:
        trainings, asker, chat_id = self._trainings, request.person.telegram_id, request.chat_id
        answer = await request.once(lambda conn: trainings.ask(conn, asker, asked, chat_id, request.now))
        trainings.wake()
        if "wrong" in answer:
            await request.reply(wrong_kind_screen(answer["wrong"], request.t))
        elif not answer["begun"]:
            job = await trainings.job(asker, answer["job"])
            here = answer["here"]
            await request.reply(already_screen(job, here, request.t), to=answer["message"] if here else None)

    async def stop(self, request: Request, tap: StopTraining) -> None:
        """Stop."""
        trainings, asker = self._trainings, request.person.telegram_id
        stopped = await request.once(lambda conn: trainings.stop(conn, asker, tap.job_id, request.now))
        trainings.wake()
        await request.toast(request.t.plain("toast.stopping" if stopped else "toast.training_over"))
