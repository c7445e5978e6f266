"""By the name of an action of the jobs: press its key, and see the effect."""

from __future__ import annotations

from pathlib import Path

from diffurec_tui.screens.new_job import NewJobScreen
from tests.tui.explorer.checks import At
from tests.tui.explorer.checks_of_actions import check
from tests.tui.explorer.conftest import NO_TRAININGS


@check("along.view_jobs")
async def view_jobs(at: At, key: str) -> None:
    await at.press(key)
    assert at.app.screen is at.app.jobs
    await at.until(lambda: at.app.jobs.list.jobs)


def moves_to(binding: str, start: int, end: int) -> None:
    @check(binding)
    async def _(at: At, key: str) -> None:
        jobs = at.app.jobs
        await at.until(lambda: len(jobs.list.jobs or ()) > 1)
        jobs.list.move_to(start % len(jobs.jobs))
        await at.press(key)
        assert jobs.list.place == end % len(jobs.jobs)


moves_to("jobs.job_up", 1, 0)
moves_to("jobs.job_down", 0, 1)
moves_to("jobs.job_page_up", -1, 0)
moves_to("jobs.job_page_down", 0, -1)
moves_to("jobs.job_first", -1, 0)
moves_to("jobs.job_last", 0, -1)


@check("jobs.job_new")
async def job_new(at: At, key: str) -> None:
    await at.press(key)
    assert isinstance(at.app.screen, NewJobScreen)


@check("jobs.job_stop")
async def job_stop(at: At, key: str) -> None:
    await at.press(key)
    await at.until(lambda: "does not run, it is killed" in at.said())


@check("jobs.job_resume")
async def job_resume(at: At, key: str) -> None:
    await at.press(key)
    await at.until(lambda: NO_TRAININGS in at.said())


@check("jobs.job_log")
async def job_log(at: At, key: str) -> None:
    await at.press(key)
    assert at.app.jobs.has_class("log")
    await at.press(key)
    assert not at.app.jobs.has_class("log")


@check("jobs.job_open")
async def job_open(at: At, key: str) -> None:
    opened: list[Path] = []
    at.app.open_run = opened.append  # type: ignore[method-assign]
    at.app.jobs.list.choose(next(path for path in at.app.jobs.jobs if path.name == "other"))
    await at.press(key)
    await at.until(lambda: [path.name for path in opened] == ["other"])


@check("jobs.job_close")
async def job_close(at: At, key: str) -> None:
    await at.press(key)
    assert at.app.screen is at.app.users


@check("jobs.users")
async def users(at: At, key: str) -> None:
    await at.press(key)
    assert at.app.screen is at.app.users
