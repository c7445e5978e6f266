"""Which process it was: a process id alone names another one as soon as the first is gone."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PROC = Path("/proc")
STATE, STARTED = 0, 19  # fields of /proc/PID/stat after the name, which may have spaces and brackets in it


@dataclass(frozen=True)
class Process:
    """A process of some machine, told from every other by when it was started."""

    pid: int
    host: str
    started: str
    """Empty where the system does not tell."""

    @property
    def here(self) -> bool:
        """Whether it is, or was, one of this machine, whose name may have changed since."""
        boot = self.started.rpartition("/")[0]
        return self.host == socket.gethostname() or (bool(boot) and boot == _boot())

    @property
    def alive(self) -> bool:
        """Whether it still runs; False for one of another machine, of which nothing can be known."""
        if not self.started:
            return self.here and _exists(self.pid)
        return self.here and self.started == started(self.pid)

    def pack(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def this_process() -> Process:
    return Process(os.getpid(), socket.gethostname(), started(os.getpid()))


def unpack_process(packed: Mapping[str, Any]) -> Process | None:
    """Undo `pack`; None where these are not its values."""
    pid, host, begun = packed.get("pid"), packed.get("host"), packed.get("started", "")
    if type(pid) is int and isinstance(host, str) and isinstance(begun, str):
        return Process(pid, host, begun)
    return None


def started(pid: int) -> str:
    """When a process was started, in whatever words the system has; empty if it is gone or a zombie."""
    if PROC.joinpath("self/stat").exists():
        try:
            fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[STATE] in "ZX" else f"{_boot()}/{fields[STARTED]}"
    try:
        told = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return told.stdout.strip()


def _boot() -> str:
    """Names the time since this machine was started; empty where the system does not."""
    try:
        return (PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _exists(pid: int) -> bool:
    if pid <= 0:  # to the system, a whole group of processes
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
