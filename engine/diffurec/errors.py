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


OUT_OF_MEMORY = (
    "out of memory; take a smaller batch (train.batch_size, train.eval_batch_size, --batch-size), model or"
    " data.max_len"
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether this is how torch says that a GPU, or the machine, has no memory left."""
    said = str(error)
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError)
        and (
            type(error).__name__ == "OutOfMemoryError"
            or "out of memory" in said
            or "can't allocate memory" in said
        )
    )


def in_one_line(error: BaseException) -> str:
    """What went wrong, for a place that has a line."""
    if isinstance(error, UserError):
        return str(error)
    if is_out_of_memory(error):
        return OUT_OF_MEMORY
    first = next(iter(str(error).splitlines()), "").strip()
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
