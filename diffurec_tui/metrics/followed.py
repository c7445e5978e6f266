"""The trainings that are followed: where their curves come from, and what is known of each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Protocol

from diffurec.errors import UserError
from diffurec.files import as_object
from diffurec.following.curves import Curves, FollowedCurves
from diffurec_tui.widgets.text import clean

LETTERS = ascii_uppercase + ascii_lowercase
MOST_RUNS = len(LETTERS)
METRICS = "metrics.jsonl"


class Source(Protocol):
    """Curves that grow."""

    curves: Curves

    def read(self, most: int) -> bool:
        """Read on, about `most` bytes; whether there is something new."""
        ...

    @property
    def behind(self) -> float:
        """Share of what is there that is not read yet."""
        ...

    @property
    def trouble(self) -> str:
        """Why there is nothing, or nothing new; empty where there is."""
        ...


class MetricsFile:
    """A metrics.jsonl, there already or not."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.curves: Curves = FollowedCurves(path)

    def read(self, most: int) -> bool:
        assert isinstance(self.curves, FollowedCurves)
        return self.curves.read(most)

    @property
    def behind(self) -> float:
        assert isinstance(self.curves, FollowedCurves)
        tail = self.curves.tail
        return tail.behind / tail.size if tail.size else 0.0

    @property
    def trouble(self) -> str:
        assert isinstance(self.curves, FollowedCurves)
        tail = self.curves.tail
        if tail.trouble or tail.there:
            return tail.trouble
        return "the file is gone" if self.curves.lines else f"waiting for {self.path}"


class Followed:
    """A training one looks at; its letter and colour stay while others come and go."""

    def __init__(self, place: int, folder: Path, source: Source, name: str = "") -> None:
        self.place, self.folder, self.source = place, folder, source
        self.name = clean(name or folder.resolve().name or str(folder)) or "?"
        self.letter = LETTERS[place % len(LETTERS)]
        self.state = ""
        """As status.json and the system have it; empty where nothing is known."""
        self.epochs = 0
        self._config: tuple[object, dict[str, Any]] = (None, {})

    @property
    def curves(self) -> Curves:
        return self.source.curves

    def read_state(self) -> bool:
        """Look whether it runs; whether that has changed."""
        before = self.state, self.epochs
        if (self.folder / "config.json").is_file():
            from diffurec.run import open_run
            from diffurec.status import read_status

            try:
                status = read_status(open_run(self.folder))
                self.state, self.epochs = status.state, status.epochs
            except UserError:  # half a folder; the metrics are there all the same
                self.state, self.epochs = "", 0
        return before != (self.state, self.epochs)

    def config(self) -> dict[str, Any]:
        """What config.json says; nothing where there is none."""
        path = self.folder / "config.json"
        try:
            facts = path.stat()
            stamp = (facts.st_mtime_ns, facts.st_size)
            if stamp != self._config[0]:
                self._config = (stamp, as_object(json.loads(path.read_bytes())) or {})
        except (OSError, ValueError, RecursionError):
            return {}
        return self._config[1]


class Following:
    """All trainings that are followed, in the order in which they were named."""

    def __init__(self, paths: Iterable[Path] = ()) -> None:
        self.runs: list[Followed] = []
        self._next = 0
        for path in paths:
            self.add(path)
        self._own = len(self.runs)

    def add(self, path: Path) -> int:
        """Follow what a path names: a run, a metrics.jsonl, event files, or a folder of runs.

        Returns:
            How many are new.

        Raises:
            UserError: there are event files, and what reads them is not installed.
        """
        before = len(self.runs)
        for folder, source in sources_of(path):
            known = {_real(run.folder) for run in self.runs}
            if _real(folder) not in known and len(self.runs) < MOST_RUNS:
                self.runs.append(Followed(len(self.runs), folder, source))
        self._tell_apart()
        return len(self.runs) - before

    def read(self, most: int) -> bool:
        """Read on, `most` bytes of them together; whether there is something new."""
        changed = False
        for _ in range(len(self.runs)):
            run = self.runs[self._next % len(self.runs)]
            self._next += 1
            before = run.curves.lines
            changed = run.source.read(most) or changed
            if run.curves.lines > before and run.source.behind:
                break  # it has used up what may be read at once
        return changed

    @property
    def behind(self) -> float:
        """Share of the file that is furthest behind."""
        return max((run.source.behind for run in self.runs), default=0.0)

    def read_states(self) -> bool:
        return sum(run.read_state() for run in self.runs) > 0

    def add_all(self, folder: Path) -> int:
        """Follow every run in a folder; how many are new."""
        return sum(self.add(run) for run in runs_of(folder))

    def let_go(self) -> bool:
        """Keep the runs alone that one began with; whether there were others."""
        others = len(self.runs) > self._own
        del self.runs[self._own :]
        return others

    def _tell_apart(self) -> None:
        """Runs of one name are told apart by the folders above."""
        names = [run.name for run in self.runs]
        for run in self.runs:
            if names.count(run.name) > 1:
                run.name = clean("/".join(run.folder.resolve().parts[-2:]))


def sources_of(path: Path) -> Sequence[tuple[Path, Source]]:
    """What a path names; what is not there yet is taken to become a run."""
    if path.suffix == ".safetensors":
        path = path.parent
    if path.name == METRICS or path.is_file():
        if "tfevents" in path.name:
            return [(path, _events(path))]
        return [(path.parent, MetricsFile(path))]
    if is_run(path) or not path.is_dir():
        return [(path, MetricsFile(path / METRICS))]
    runs = runs_of(path)
    if runs:
        return [(run, MetricsFile(run / METRICS)) for run in runs]
    events = sorted({found.parent for found in path.rglob("*tfevents*") if found.is_file()})
    if events:
        return [(folder, _events(folder)) for folder in events[:MOST_RUNS]]
    return [(path, MetricsFile(path / METRICS))]


def runs_of(folder: Path) -> list[Path]:
    """The runs in a folder."""
    try:
        return sorted(path for path in folder.iterdir() if path.name[0] != "." and is_run(path))
    except OSError:
        return []


def is_run(path: Path) -> bool:
    return (path / METRICS).is_file() or (path / "config.json").is_file()


def _events(path: Path) -> Source:
    from diffurec_tui.metrics.events import EventFiles

    return EventFiles(path)


def _real(path: Path) -> Path:
    return path.resolve()
