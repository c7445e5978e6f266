"""Trainings in the background for tests: real processes, that do not import torch anew.

The command runs in a fork of the test's process, and the training in a fork of that, as `--detach` makes it.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.tui.command import Outcome

SETTINGS = [
    f"--set={key}"
    for key in (
        "data.max_len=10",
        "model.hidden_size=16",
        "model.num_blocks=1",
        "model.num_heads=2",
        "diffusion.steps=8",
        "train.batch_size=32",
        "train.checkpoint_seconds=0.05",
    )
]
LONG = "--set=train.epochs=100000"


@dataclass
class Command:
    """A command under way."""

    pid: int
    out: Path
    err: Path

    def wait(self) -> Outcome:
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return Outcome(code, self.out.read_text(), self.err.read_text())


def begin(folder: Path, *arguments: object) -> Command:
    """Start `diffurec …` in a fork that writes to files in `folder`."""
    import torch

    import diffurec.train  # noqa: F401  # once, here
    from diffurec_tui.cli.main import main

    number = len(list(folder.glob("*.out")))
    command = Command(0, folder / f"{number}.out", folder / f"{number}.err")
    command.out.touch()
    child = os.fork()
    if child:
        command.pid = child
        return command
    code = 1
    try:
        torch.set_num_threads(1)
        for stream, path in ((1, command.out), (2, command.err)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
        sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
        sys.argv = ["diffurec", *map(str, arguments)]
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def background(folder: Path, *arguments: object) -> Outcome:
    """Run `diffurec …` in such a fork, to its end."""
    return begin(folder, *arguments).wait()


def wait_for(happened: Callable[[], object], seconds: float = 60.0) -> None:
    """Until something is so."""
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.02)
