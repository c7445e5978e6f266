"""The first picture of the explorer, on screen while everything else is imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

ENTER, LEAVE = "\x1b[?1049h\x1b[?25l\x1b[2J\x1b[H", "\x1b[?25h\x1b[?1049l"
"""To the terminal's other screen, without a cursor, and back."""
BOLD, FAINT, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"


@contextmanager
def opening(name: str) -> Generator[Callable[[], None]]:
    """Name the program and the data at once; the terminal is as it was when the block ends.

    What is typed meanwhile is not echoed over the picture, and waits for the program.

    Args:
        name: of the data set.

    Yields:
        To be called when somebody else takes the screen, and gives it back.
    """
    restore = _silence()
    on_screen = True

    def hand_over() -> None:
        nonlocal on_screen
        on_screen = False

    try:
        _write(ENTER + picture(name, _columns()))
        yield hand_over
    finally:
        if on_screen:
            _write(LEAVE)
        restore()


def picture(name: str, columns: int) -> str:
    """The first line of the explorer, as far as it is known."""
    shown = "".join(character for character in name if character.isprintable())
    room = max(0, columns - len(" diffurec  "))
    return f"{BOLD} diffurec  {shown[:room]}{PLAIN}\r\n\r\n{FAINT}  opening{PLAIN}"


def _columns() -> int:
    try:
        return os.get_terminal_size(2).columns
    except OSError:
        return 80


def _write(text: str) -> None:
    stream = sys.__stderr__  # where Textual draws too
    if stream is not None:
        with suppress(OSError):
            stream.write(text)
            stream.flush()


def _silence() -> Callable[[], None]:
    """Let the terminal echo no keys; what it gives back undoes that."""
    try:
        import termios
    except ImportError:  # not a Unix
        return lambda: None
    try:
        before = termios.tcgetattr(0)
        quiet = [*before]
        quiet[3] = before[3] & ~termios.ECHO
        termios.tcsetattr(0, termios.TCSANOW, quiet)
    except termios.error:
        return lambda: None

    def restore() -> None:
        with suppress(termios.error):
            termios.tcsetattr(0, termios.TCSANOW, before)

    return restore
