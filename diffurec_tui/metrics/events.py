"""TensorBoard event files, of any tool that writes them: their scalars, while they are written."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from diffurec.errors import UserError
from diffurec.following.curves import Curves, Points

EVENT_BYTES = 60
"""About the size of an event with one scalar."""


class EventFiles:
    """All event files of a folder, in the order of their names, which is that of time."""

    def __init__(self, path: Path) -> None:
        try:
            from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
        except ImportError:
            raise UserError(
                f"{path}: to read event files, the package tensorboard is needed;"
                " pip install 'diffurec[tensorboard]'"
            ) from None
        self._loader: Any = LegacyEventFileLoader
        self.path = path
        self.curves = Curves()
        self._files: dict[Path, Any] = {}
        self._reading: Iterator[Any] = iter(())
        self.trouble = ""
        self.behind = 0.0

    def read(self, most: int) -> bool:
        """Take the next events."""
        number = max(1, most // EVENT_BYTES)
        found: defaultdict[str, Points] = defaultdict(lambda: ([], [], []))
        events = list(islice(self._reading, number))
        if len(events) < number:
            self._reading = self._all()
            events += islice(self._reading, number - len(events))
        self.behind = 0.5 if len(events) == number else 0.0  # how much there is, the files do not tell
        for event in events:
            self._take(event, found)
        for name, points in found.items():
            self.curves.add(name, points)
        if found:
            self.curves.version += 1
            self.curves.lines += len(events)
        return bool(found)

    def _all(self) -> Iterator[Any]:
        """What is new in every file."""
        paths = [self.path] if self.path.is_file() else sorted(self.path.glob("*tfevents*"))
        for path in paths:
            try:
                if path not in self._files:
                    self._files[path] = self._loader(str(path))
                yield from self._files[path].Load()
            except Exception as error:  # the package has no one name for a damaged file
                self.trouble = f"{path.name}: {error}"

    def _take(self, event: Any, found: defaultdict[str, Points]) -> None:
        curves = self.curves
        if math.isnan(curves.started) and event.wall_time:
            curves.started = event.wall_time
        for value in event.summary.value:
            number = _scalar(value)
            if number is not None:
                steps, times, numbers = found[value.tag]
                steps.append(float(event.step))
                times.append(float(event.wall_time))
                numbers.append(number)
                curves.step = max(curves.step, float(event.step))


def _scalar(value: Any) -> float | None:
    """A scalar as either format has it; None for pictures, histograms and the like."""
    if value.HasField("simple_value"):
        return float(value.simple_value)
    if value.HasField("tensor") and not value.tensor.tensor_shape.dim:
        make: Any = import_module("tensorboard.util.tensor_util").make_ndarray
        try:
            return float(make(value.tensor))
        except (TypeError, ValueError):
            return None
    return None
