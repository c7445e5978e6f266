"""`diffurec watch`: the metrics of trainings as plots, while they go on and afterwards."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from diffurec.errors import UserError
from diffurec_tui.cli.options import theme_name

app = typer.Typer()


@app.command()
def watch(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...",
            help="Run folders, there already or not; a metrics.jsonl; a folder of runs; TensorBoard events.",
        ),
    ],
    theme: Annotated[
        str, typer.Option(metavar="NAME", help="dark, light, or a theme of Textual; t changes it.")
    ] = "",
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Draw with plain ASCII signs alone.")] = False,
    hints: Annotated[
        bool, typer.Option("--hints/--no-hints", help="Say at the first time what to press first.")
    ] = True,
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Your own keys, in place of keys.toml in the configuration folder."
        ),
    ] = None,
) -> None:
    """Plot the metrics of trainings live, several over each other."""
    gc.disable()  # collecting while importing costs a tenth of the time to the first frame
    from diffurec_tui.keymap import read_keymap

    if ascii_only:
        os.environ["DIFFUREC_ASCII"] = "1"
    keymap, full_name = read_keymap(keys), theme_name(theme)
    from diffurec_tui.metrics.followed import Following

    following = Following(runs)
    if not (sys.stdin.isatty() and sys.__stderr__ is not None and sys.__stderr__.isatty()):
        raise UserError(
            "watch draws on a terminal and there is none; `diffurec runs --json` prints how runs do"
        )
    from diffurec_tui.cli.opening import opening

    with opening("metrics") as hand_over:
        from diffurec_tui.remembered import default_path
        from diffurec_tui.watch import WatchApp

        shown = WatchApp(following, keymap, full_name, default_path(), hints=hints)
        hand_over()
        shown.run()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(shown.return_code or 0)  # the terminal is restored: leave without taking everything down
