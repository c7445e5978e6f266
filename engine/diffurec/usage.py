"""What a training takes of the machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import torch

_STATM = Path("/proc/self/statm")


class Usage:
    """Processor, memory and GPU of this process; what a machine does not tell is left out."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._utilisation: Callable[[torch.device], int] | None = (
            torch.cuda.utilization if device.type == "cuda" else None
        )
        self._clock = (time.perf_counter(), time.process_time())

    def read(self) -> dict[str, float]:
        """Since the last call, in percent of a core and of the GPU, and MiB now."""
        wall, used = time.perf_counter(), time.process_time()
        wall_before, used_before = self._clock
        self._clock = (wall, used)
        told = {"cpu_percent": 100 * (used - used_before) / max(wall - wall_before, 1e-9)}
        memory = resident_mb()
        if memory is not None:
            told["memory_mb"] = memory
        if self.device.type == "cuda":
            told["gpu_memory_mb"] = torch.cuda.memory_reserved(self.device) / 2**20
            busy = self._busy()
            if busy is not None:
                told["gpu_percent"] = busy
        return told

    def _busy(self) -> float | None:
        """Share of time in which the GPU did something; None where nvidia-ml-py is not installed."""
        if self._utilisation is not None:
            try:
                return float(self._utilisation(self.device))
            except Exception:  # whatever the driver says: it is not worth a training
                self._utilisation = None
        return None


def resident_mb() -> float | None:
    """Memory of this process now, in MiB; None where the system does not say."""
    import resource

    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * resource.getpagesize() / 2**20
