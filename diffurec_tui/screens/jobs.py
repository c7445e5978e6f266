"""The trainings beside the opened run: what each does, and to start, stop, resume and open them."""

from __future__ import annotations

from pathlib import Path

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import Size

from diffurec_tui.attending import Attendant, Done, Job, Listed, LogRead, MayOpen
from diffurec_tui.keys import Scope, bindings
from diffurec_tui.launching import Launcher, Plan, free_folder
from diffurec_tui.screens.above import AboveScreen
from diffurec_tui.widgets.footer import Footer
from diffurec_tui.widgets.header import Header
from diffurec_tui.widgets.job_list import JobList
from diffurec_tui.widgets.job_log import JobLog
from diffurec_tui.widgets.text import clean, symbols

WIDE = 180
"""Columns from which on the log is beside the list."""
ENDED = {
    "finished": "has finished",
    "interrupted": "is saved and stopped",
    "failed": "has failed",
    "killed": "is gone without a word",
}


class JobsScreen(AboveScreen):
    """A list of the runs, and the log of the one under the cursor."""

    BINDINGS = bindings("jobs")
    CSS_PATH = "../theme/jobs.tcss"
    scope: Scope = "jobs"

    def __init__(self, own: Path, launcher: Launcher) -> None:
        """Look at nothing yet.

        Args:
            own: the run that is open, and lies beside the others.
            launcher: starts trainings.
        """
        super().__init__()
        self.own, self.folder = own, own.parent
        self.attendant = Attendant(self.folder, launcher, self.post_message)
        self.jobs: dict[Path, Job] = {}
        self.lines: dict[Path, tuple[str, ...]] = {}
        self.under_way: list[str] = []
        """Names of what was asked for and is not there yet."""
        self._last: Plan | None = None
        self._awaited = ""
        """Name of the run that was started from here."""

    def compose(self) -> ComposeResult:
        yield Header(id="header")
        with Container(id="jobs"):
            yield JobList(id="job-list")
            yield JobLog(id="job-log")
        yield Footer("jobs")

    @property
    def list(self) -> JobList:
        return self.query_one(JobList)

    @property
    def log_(self) -> JobLog:
        return self.query_one(JobLog)

    def on_mount(self) -> None:
        self._arrange(self.app.size)
        self.list.entitle("Jobs")
        self.list.chosen = self.own
        self.attendant.look_at(self.list.chosen)

    def on_resize(self) -> None:
        self._arrange(self.size)

    def _arrange(self, size: Size) -> None:
        self.set_class(size.width >= WIDE, "wide")
        self.set_class(size.height < 16, "short")

    def on_screen_resume(self) -> None:
        self.explorer.greet(self.scope)
        self.attendant.watch(True)
        self.show()

    def on_screen_suspend(self) -> None:
        self.attendant.watch(False)

    def on_unmount(self) -> None:
        self.attendant.end()

    @property
    def drawable(self) -> bool:
        """Whether the widgets are there; the threads tell at any time."""
        return self.app.is_running and self.is_mounted

    def show(self) -> None:
        """Draw what is known."""
        self.query_one(Header).show(self.explorer.facts)
        job = self.list.job
        self.log_.show(job, self.lines.get(job.path) if job is not None else None)
        waiting = f"starting {clean(', '.join(self.under_way))} {symbols().more}" if self.under_way else ""
        self.list.subtitle(waiting.replace("[", r"\["))

    # What the threads tell.

    @on(Listed)
    def _listed(self, message: Listed) -> None:
        for job in message.jobs:
            before = self.jobs.get(job.path)
            if before is not None and before.state == "running" and job.state in ENDED:
                why = f": {job.error}" if job.error else ""
                self._tell(f"{job.name} {ENDED[job.state]}{why}", failed=job.state in ("failed", "killed"))
        self.jobs = {job.path: job for job in message.jobs}
        if self.drawable:
            self.list.show(message.jobs, " ".join(message.skipped) or "no runs here yet")
            self.show()

    @on(LogRead)
    def _log_read(self, message: LogRead) -> None:
        self.lines = {message.path: message.lines}
        if self.drawable:
            self.show()

    @on(Done)
    def _done(self, message: Done) -> None:
        if message.name in self.under_way:
            self.under_way.remove(message.name)
        self._tell(message.said, failed=message.failed)
        if self.drawable:
            if not message.failed and message.name == self._awaited:
                self.list.choose(self.folder / message.name)
                self._awaited = ""
            self.show()

    @on(MayOpen)
    def _may_open(self, message: MayOpen) -> None:
        self.explorer.open_run(message.path)

    def _tell(self, said: str, *, failed: bool = False) -> None:
        severity = "warning" if failed else "information"
        self.notify(said, severity=severity, timeout=8 if failed else 4, markup=False)

    @on(JobList.Highlighted)
    def _highlighted(self) -> None:
        self.attendant.look_at(self.list.chosen)
        self.show()

    # What one does.

    def action_job_up(self) -> None:
        self.list.move(-1)

    def action_job_down(self) -> None:
        self.list.move(1)

    def action_job_page_up(self) -> None:
        if self.has_class("log"):
            self.log_.scroll_log(max(1, self.log_.size.height - 4))
        else:
            self.list.page(-1)

    def action_job_page_down(self) -> None:
        if self.has_class("log"):
            self.log_.scroll_log(-max(1, self.log_.size.height - 4))
        else:
            self.list.page(1)

    def action_job_first(self) -> None:
        self.list.move_to(0)

    def action_job_last(self) -> None:
        self.list.move_to(len(self.jobs) - 1)

    def action_job_log(self) -> None:
        self.toggle_class("log")
        self.log_.scrolled = 0

    def action_job_close(self) -> None:
        if self.has_class("log"):
            self.action_job_log()
        else:
            self.leave()

    def action_job_new(self) -> None:
        from diffurec_tui.screens.new_job import NewJobScreen

        def planned(plan: Plan | None) -> None:
            if plan is not None:
                self._last, self._awaited = plan, Path(plan.out).name
                self._ask(self._awaited)
                self.attendant.start(self._awaited, plan.arguments)

        self.app.push_screen(NewJobScreen(self._suggested(), self.folder), planned)

    def _suggested(self) -> Plan:
        """What was started last, or what the run under the cursor was."""
        if self._last is not None:
            return self._last
        run = self.explorer.opened.run
        data, recipe = str(run.info["data"]["path"]), str(run.info.get("recipe") or "paper-clean")
        return Plan(data, recipe, "", "auto", str(free_folder(self.folder, data, recipe)))

    def action_job_stop(self) -> None:
        job = self.list.job
        if job is not None:
            self.attendant.stop(job.path)

    def action_job_resume(self) -> None:
        job = self.list.job
        if job is None:
            return
        if job.state in ("running", "finished"):
            self._tell(f"{job.name} is {job.state}: there is nothing to resume", failed=True)
        elif job.name not in self.under_way:
            self._ask(job.name)
            self.attendant.resume(job.path)

    def _ask(self, name: str) -> None:
        self.under_way.append(name)
        self.show()

    def action_job_open(self) -> None:
        job = self.list.job
        if job is None:
            return
        if job.path == self.own:
            self._tell(f"{job.name} is the run that is open")
        else:
            self.attendant.open(job.path)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.log_.scroll_log(3)
        event.stop()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.log_.scroll_log(-3)
        event.stop()
