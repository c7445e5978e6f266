"""A training in the background: a process of its own, without a terminal, that outlives who started it.

The command forks before torch is imported, and the child goes on with it. What it has to say until its
training has begun goes to the terminal, for there is no run folder before; all that comes after goes to the
log. The parent waits for that moment, or passes on how the child ended before it.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from diffurec.errors import UserError
from diffurec.files import cannot_write
from diffurec.trainings import LOG
from diffurec_tui.cli.console import EXIT_INTERRUPTED, fail, narrate, print_json

SIGNALLED = 128
"""Added to the number of a signal, as shells do."""


@dataclass(frozen=True)
class Detached:
    """The child's side."""

    pipe: int

    def begin(self, log: Path) -> None:
        """Training begins: from now on everything goes to the log, and the parent may leave.

        Raises:
            UserError: the log cannot be written.
        """
        try:
            descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise cannot_write(log, error) from None
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        for number in (1, 2):
            os.dup2(descriptor, number)
        os.close(descriptor)
        os.write(self.pipe, b"1")
        os.close(self.pipe)


@dataclass(frozen=True)
class Parent:
    """The side of the process that was started."""

    child: int
    pipe: int

    def leave(self, run: Path, *, json_: bool) -> None:
        """Name the run and the process as soon as its training has begun.

        Raises:
            SystemExit: it has failed before, and said why.
        """
        try:
            begun = bool(os.read(self.pipe, 1))
            if not begun:
                self._take_status()
        except KeyboardInterrupt:
            with suppress(ProcessLookupError):
                os.kill(self.child, signal.SIGINT)
            os.waitpid(self.child, 0)
            sys.exit(EXIT_INTERRUPTED)
        if not begun:  # it was finished already
            return
        if json_:
            print_json({"run": str(run), "pid": self.child, "log": str(run / LOG)})
            return
        sys.stdout.write(f"{run}\t{self.child}\n")
        name = shlex.quote(str(run))
        narrate(
            f"trains in the background; `diffurec stop {name}` saves and stops it, {run / LOG} is its log"
        )

    def _take_status(self) -> None:
        code = os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])
        if code < 0:
            fail(f"the training was killed by signal {-code} before it began", SIGNALLED - code)
        if code:
            sys.exit(code)


def go_into_background() -> Detached | Parent:
    """Go on in two processes, of which the new one has no terminal and reads nothing.

    Raises:
        UserError: there are other processes of the same training, or the system allows no more.
    """
    if int(os.environ.get("WORLD_SIZE") or 1) > 1:
        raise UserError("--detach: torchrun watches over its processes; run that with `setsid nohup`")
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    read, write = os.pipe()
    try:
        child = os.fork()
    except OSError as error:
        raise UserError(f"--detach: no process can be started ({error.strerror})") from None
    if child:
        os.close(write)
        return Parent(child, read)
    os.close(read)
    os.setsid()
    for number in (signal.SIGINT, signal.SIGTERM):  # which jobs of a shell script start without
        signal.signal(number, signal.default_int_handler)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return Detached(write)
