"""What the explorer remembers of a user of this machine: the theme, and which hints were shown."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any, cast


def default_path() -> Path:
    """In the folder for the state of programs."""
    from platformdirs import user_state_path

    return user_state_path("diffurec") / "explorer.json"


class Remembered:
    """A small JSON file; without a path, or where it cannot be written, what is said lasts for this run."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._kept = self._read()

    def _read(self) -> dict[str, Any]:
        if self.path is not None:
            with contextlib.suppress(OSError, ValueError):
                kept = json.loads(self.path.read_text(encoding="utf-8"))
                if isinstance(kept, dict):
                    return cast("dict[str, Any]", kept)
        return {}

    def _put(self, name: str, value: Any) -> None:
        self._kept[name] = value
        if self.path is None:
            return
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside = self.path.with_name(f"{self.path.name}.{os.getpid()}")
            beside.write_text(json.dumps(self._kept, indent=1) + "\n", encoding="utf-8")
            beside.replace(self.path)

    @property
    def theme(self) -> str:
        """The theme chosen last; empty where none was."""
        theme = self._kept.get("theme")
        return theme if isinstance(theme, str) else ""

    @theme.setter
    def theme(self, name: str) -> None:
        self._kept |= self._read()  # another explorer may have written
        if name != self.theme:
            self._put("theme", name)

    @property
    def hinted(self) -> tuple[str, ...]:
        """Views whose hint was shown."""
        hinted = self._kept.get("hinted")
        names = cast("list[object]", hinted) if isinstance(hinted, list) else []
        return tuple(name for name in names if isinstance(name, str))

    def shown(self, view: str) -> None:
        """The hint of a view is on screen: that is once and for all."""
        self._kept |= self._read()
        self._put("hinted", sorted({*self.hinted, view}))
