"""Options that several commands share, worded once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
