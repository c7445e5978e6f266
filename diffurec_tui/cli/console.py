"""Where output goes: results to stdout, narration to stderr, one line for an error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from diffurec.errors import UserError

if TYPE_CHECKING:
    from rich.console import Console

EXIT_FAULT, EXIT_INPUT, EXIT_INTERRUPTED = 1, 2, 130


def narrator() -> Console:
    """A console on stderr, for whatever is not the result."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def narrate(message: str) -> None:
    """A line of narration; plain, for a log as for a person."""
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


def results() -> Console:
    """A console on stdout for tables that are the result; wide enough for titles where it is piped."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else int(os.environ.get("COLUMNS", "120"))
    return Console(highlight=False, width=width)


def print_json(value: Mapping[str, Any]) -> None:
    """The result as one JSON object on stdout."""
    from diffurec.files import clean

    sys.stdout.write(json.dumps(clean(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def fail(message: str, code: int = EXIT_INPUT) -> None:
    """One line on stderr, then the end."""
    narrate("error: " + " ".join(message.split()))
    sys.exit(code)


@contextmanager
def handle_errors() -> Generator[None]:
    """Turn what a user can cause into one line and an exit status; let our own faults through."""
    try:
        yield
    except UserError as error:
        fail(str(error))
    except KeyboardInterrupt:
        fail("interrupted", EXIT_INTERRUPTED)
    except BrokenPipeError:
        # The reader (head, less) has enough. Python must not complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except MemoryError:
        fail("out of memory; take a smaller batch, model or data set")
