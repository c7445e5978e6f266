"""Every key of the table of actions is pressed in every place where it works, and does what the table says.

An action without a check fails: the checks are looked up by the names of the table.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from diffurec.run import open_run
from diffurec_tui.keys import ACTIONS, Scope, available
from tests.helpers import make_dataset, make_run, small_config, write_weights
from tests.tui.explorer.checks import At
from tests.tui.explorer.checks_of_actions import CHECKS
from tests.tui.explorer.checks_of_jobs import view_jobs as __  # noqa: F401  # likewise
from tests.tui.explorer.checks_of_plots import plots as _  # noqa: F401  # its checks are noted
from tests.tui.explorer.conftest import exploring
from tests.tui.explorer.test_users import ranked
from tests.tui.explorer.trainings import write_metrics, write_other

PLACES: dict[str, Scope] = {
    "users": "users",
    "walk": "walk",
    "diversity": "diversity",
    "map": "map",
    "metrics": "metrics",
    "jobs": "jobs",
    "dials": "dials",
    "dials of the draws": "dials",
    "edit": "edit",
}


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose model sees the state, so that walks differ, and whose histories are long."""
    folder = tmp_path_factory.mktemp("actions")
    dataset = make_dataset(folder / "data", max_length=60)
    run = make_run(folder / "run", dataset, small_config(steps=16, lambda_mean=0.5)).path
    write_metrics(run)
    write_weights(open_run(write_other(run, "other", learning_rate=0.1)))
    return run


def test_every_action_has_a_check():
    assert sorted(CHECKS) == sorted(action.binding for action in ACTIONS)


def test_every_action_is_tried_somewhere():
    tried = {action.binding for scope in PLACES.values() for action in available(scope)}
    assert tried == {action.binding for action in ACTIONS}


@pytest.mark.parametrize("place", PLACES)
async def test_every_key_does_what_the_table_says(
    moving: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
):
    monkeypatch.chdir(tmp_path)
    async with exploring(moving, size=(120, 26)) as (app, pilot):
        await ranked(app, pilot)
        at = At(app, pilot, place)
        for action in available(PLACES[place]):
            for key in action.keys.split(","):
                await at.home()
                try:
                    await CHECKS[action.binding](at, key)
                except AssertionError as error:
                    raise AssertionError(f"{key} for {action.binding} in {place}") from error
                assert app._exception is None
