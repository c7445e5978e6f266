"""Options that several commands share, worded once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from diffurec.errors import UserError

Ckpt = Annotated[Path, typer.Option("--ckpt", metavar="RUN", help="Run folder, or a weights file in one.")]
Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Dataset folder, if it is not where the run was trained."),
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:N.")]
Seed = Annotated[
    int, typer.Option("--seed", min=0, max=2**62, help="Names the draws: same seed, same result.")
]
Steps = Annotated[
    int | None,
    typer.Option("--steps", min=1, help="Length of the reverse walk; the full one unless given."),
]
TopK = Annotated[int, typer.Option("--top-k", min=1, help="Items a list.")]
ExcludeSeen = Annotated[
    bool, typer.Option("--exclude-seen", help="Leave items of the history out of the ranking.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def theme_name(name: str) -> str:
    """The full name of a theme; empty where none is asked for."""
    if not name:
        return ""
    from textual.theme import BUILTIN_THEMES

    from diffurec_tui.theme.palette import ANSI_THEMES, THEMES

    there = [*(theme.name for theme in THEMES), *(one for one in BUILTIN_THEMES if one not in ANSI_THEMES)]
    for full in (f"diffurec-{name}", name):
        if full in there:
            return full
    raise UserError(f"--theme {name}: there are {', '.join(there)}")
