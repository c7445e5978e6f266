"""The one exception that carries a message meant for the person at the keyboard."""

from __future__ import annotations


class UserError(Exception):
    """Something outside the program is wrong: an input file, an option, a full disk.

    The message is one line that names the file, the row or the option and says what to do.
    The command line prints it alone, without a traceback, and exits with status 2.
    """

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class ErrorElsewhere(UserError):  # noqa: N818 - says where, not what
    """Another process of a data-parallel training failed, and tells why itself."""
