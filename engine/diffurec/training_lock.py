"""One training a run folder: a lock that the operating system lets go of, however the process ends."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from diffurec.errors import UserError
from diffurec.files import as_object, cannot_write
from diffurec.process import Process, this_process, unpack_process

NAME = ".lock"
TRIES, PAUSE = 5, 0.1  # `is_locked` holds the lock for a moment, too


@contextmanager
def training_lock(folder: Path) -> Generator[None]:
    """Keep every other training out of a run folder, and say in the lock's file who does.

    A file system that knows no locks is taken at its word: then nothing is kept out.

    Raises:
        UserError: another process trains there, or the folder cannot be written.
    """
    path = folder / NAME
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise cannot_write(path, error) from None
    try:
        if not _acquire(descriptor):
            raise UserError(f"{folder}: is being trained by another process; stop that one first")
        with suppress(OSError):  # a full disk: the lock holds all the same
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(this_process().pack()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int) -> bool:
    for _ in range(TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(PAUSE)
        except OSError:  # no locks here
            return True
        else:
            return True
    return False


def is_locked(folder: Path) -> bool | None:
    """Whether a training holds the folder; None where that cannot be told."""
    try:
        descriptor = os.open(folder / NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    else:
        return False
    finally:
        os.close(descriptor)


def last_holder(folder: Path) -> Process | None:
    """Who holds the lock, or held it last; None where the file does not say."""
    try:
        told = as_object(json.loads((folder / NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
        return None
    return unpack_process(told) if told is not None else None
