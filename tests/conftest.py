"""Shared fixtures; torch is kept to one thread so that tests can run side by side."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
for _name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):  # no test reads or writes what is the user's own
    os.environ[_name] = str(Path(tempfile.gettempdir()) / f"diffurec-tests-{os.getpid()}")

SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-snapshots", action="store_true", help="write the explorer's snapshots anew")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    import torch

    if not torch.cuda.is_available():
        for item in items:
            if "gpu" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="needs a CUDA device; torch sees none"))


@pytest.fixture
def shared() -> Iterator[Path]:
    """The folder with the authors' data and recorded runs, where it lies beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip(f"needs the authors' data in {SHARED}")
    return SHARED


@pytest.fixture
def one_thread():
    """torch on one thread, as in the trainings that a test compares with: threads do not survive a fork."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
