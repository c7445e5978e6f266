"""Where output goes: results to stdout, narration to stderr, one line for an error."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from diffurec.errors import OUT_OF_MEMORY, ErrorElsewhere, UserError, is_out_of_memory
from diffurec.launch import is_process_lost

if TYPE_CHECKING:
    from rich.console import Console

EXIT_FAULT, EXIT_INPUT, EXIT_INTERRUPTED = 1, 2, 130
PIPE_WIDTH, LEAST_WIDTH = 120, 20


def narrator() -> Console:
    """A console on stderr, for whatever is not the result."""
    from rich.console import Console

    class Narrator(Console):
        def on_broken_pipe(self) -> None:
            discard(sys.stderr)  # nobody listens, which is no reason to stop

    return Narrator(stderr=True, highlight=False)


def narrate(message: str) -> None:
    """A line of narration; plain, for a log as for a person. Goes unheard where stderr is gone."""
    try:
        sys.stderr.write(message + "\n")
        sys.stderr.flush()
    except OSError:
        discard(sys.stderr)


def results() -> Console:
    """A console on stdout for tables that are the result; wide enough for titles where it is piped."""
    from rich.console import Console

    class Results(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return Results(highlight=False, width=None if sys.stdout.isatty() else _piped_width())


def _piped_width() -> int:
    told = os.environ.get("COLUMNS", "")
    wanted = int(told) if told.isdecimal() and len(told) < 6 else 0
    return max(LEAST_WIDTH, wanted or PIPE_WIDTH)


def print_json(value: Mapping[str, Any]) -> None:
    """The result as one JSON object on stdout."""
    from diffurec.files import clean

    sys.stdout.write(json_text(clean(value), indent=2) + "\n")


def json_text(value: Any, *, indent: int | None = None) -> str:
    """JSON for stdout; with escapes where its encoding has not every character."""
    ascii_only = not (sys.stdout.encoding or "").lower().startswith("utf")
    return json.dumps(value, indent=indent, ensure_ascii=ascii_only, allow_nan=False)


def fail(message: str, code: int = EXIT_INPUT) -> None:
    """One line on stderr, then the end."""
    narrate("error: " + " ".join(message.split()))
    sys.exit(code)


def discard(stream: TextIO) -> None:
    """Send what else is written to a stream nowhere, what Python flushes at exit included."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def prepare_streams() -> None:
    """Make stdin, stdout and stderr usable: open where they were closed, and able to write any character."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        # A title in a script that the terminal's encoding lacks, or a file name that is not UTF-8.
        utf = (stream.encoding or "").lower().startswith("utf")
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="surrogateescape" if utf else "backslashreplace")  # pyright: ignore


@contextmanager
def handle_errors() -> Generator[None]:
    """Turn what a user can cause into one line and an exit status; let our own faults through."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except ErrorElsewhere:
        sys.exit(EXIT_INPUT)  # the process it happened to says what it is
    except UserError as error:
        fail(str(error))
    except KeyboardInterrupt:
        fail("interrupted", EXIT_INTERRUPTED)
    except BrokenPipeError:
        discard(sys.stdout)  # the reader (head, less) has enough
        sys.exit(0)
    except OSError as error:
        # A full or read-only disk, a folder that has gone, too many open files, …
        discard(sys.stdout)
        reason = error.strerror or str(error)
        fail(f"{error.filename}: {reason}" if error.filename else f"the output cannot be written: {reason}")
    except MemoryError:
        fail(OUT_OF_MEMORY)
    except RuntimeError as error:
        if is_out_of_memory(error):
            fail(OUT_OF_MEMORY)
        if is_process_lost(error):
            narrate("error: another process of this training is gone")
            os._exit(EXIT_FAULT)  # taking down what is left of the connections may wait for it
        raise


@contextmanager
def interruptible() -> Generator[None]:
    """Let SIGTERM and SIGHUP end what is under way as Ctrl-C does."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = {
        number: signal.signal(number, interrupt)
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) == signal.SIG_DFL
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
