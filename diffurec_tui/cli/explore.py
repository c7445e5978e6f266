"""`diffurec explore`: open a checkpoint and watch recommendations emerge from noise."""

from __future__ import annotations

import gc
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from diffurec.errors import UserError
from diffurec_tui.cli import walk_options
from diffurec_tui.cli.opening import opening
from diffurec_tui.cli.options import theme_name

if TYPE_CHECKING:
    from diffurec.data.dataset import Dataset
    from diffurec.run import Run
    from diffurec_tui.keymap import Keymap
    from diffurec_tui.snapshots import User

app = typer.Typer()

SWITCH_SECONDS = 0.0005
"""After which the engine gives way to the thread that draws; the 5 ms of Python are a third of a frame."""


@app.command()
def explore(
    ckpt: Annotated[
        Path | None, typer.Option("--ckpt", metavar="RUN", help="Run folder, or a weights file in it.")
    ] = None,
    user: Annotated[str | None, typer.Option(metavar="ID", help="Open this user at once.")] = None,
    history: walk_options.History = None,
    target: walk_options.Target = None,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Dataset folder, if not the run's own.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first walk and of the ranks.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    top_k: Annotated[int, typer.Option("--top-k", min=1, max=100, help="Items of a list.")] = 10,
    theme: Annotated[
        str, typer.Option(metavar="NAME", help="dark, light, or a theme of Textual; t changes it.")
    ] = "",
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Draw with plain ASCII signs alone.")] = False,
    hints: Annotated[
        bool, typer.Option("--hints/--no-hints", help="Say in a new view what to press first.")
    ] = True,
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Your own keys, in place of keys.toml in the configuration folder."
        ),
    ] = None,
    print_keys: Annotated[
        bool, typer.Option("--print-keys", help="Print all keys as a file for --keys, and open nothing.")
    ] = False,
) -> None:
    """Walk a user's recommendation from noise to item, in the terminal."""
    gc.disable()  # collecting while importing costs a tenth of the time to the first frame
    if print_keys:
        from diffurec_tui.keymap import as_toml, read_keymap

        sys.stdout.write(as_toml(read_keymap(keys)))
        return
    if ckpt is None:
        raise UserError("which run? --ckpt RUN names it; `diffurec runs` lists them")
    from diffurec.run import open_run

    run = open_run(ckpt)
    dataset = run.dataset(data)
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", device):  # whether it is there, torch will tell
        raise UserError(f"--device {device}: there are auto, cpu, cuda and cuda:N")
    opened = _opened(run, dataset, user, history, target)
    if ascii_only:
        os.environ["DIFFUREC_ASCII"] = "1"
    if not (sys.stdin.isatty() and sys.__stderr__ is not None and sys.__stderr__.isatty()):
        theme_name(theme)
        _keymap(keys)  # what is wrong with either is said first
        raise UserError("explore draws on a terminal and there is none; `diffurec trace` prints a walk")
    sys.setswitchinterval(SWITCH_SECONDS)
    with opening(dataset.name) as hand_over:
        from diffurec_tui.app import ExplorerApp
        from diffurec_tui.remembered import default_path
        from diffurec_tui.watching import Opened

        asked = Opened(
            run, dataset, opened, seed, device, top_k, _keymap(keys), theme_name(theme), default_path(), hints
        )
        explorer = ExplorerApp(asked)
        hand_over()
        explorer.run()
    # Everything is saved and the terminal restored. The thread may be importing torch, which nothing can
    # interrupt, and taking torch down takes as long as a second: leave without waiting for either.
    sys.stdout.flush()
    sys.stderr.flush()
    if explorer.next_run is not None:
        _open_next(explorer.next_run, device, seed, top_k, keys, ascii_only=ascii_only, hints=hints)
    os._exit(explorer.return_code or 0)


def _open_next(
    run: Path, device: str, seed: int, top_k: int, keys: Path | None, *, ascii_only: bool, hints: bool
) -> None:
    """Be the explorer of another run, in this very process."""
    arguments = ["--ckpt", run, "--device", device, "--seed", seed, "--top-k", top_k]
    arguments += ["--keys", keys] if keys is not None else []
    arguments += ["--ascii"] if ascii_only else []
    arguments += [] if hints else ["--no-hints"]
    command = [sys.executable, "-m", "diffurec_tui.cli.main", "explore", *map(str, arguments)]
    os.execv(sys.executable, command)


def _keymap(keys: Path | None) -> Keymap:
    from diffurec_tui.keymap import read_keymap

    return read_keymap(keys)


def _opened(
    run: Run, dataset: Dataset, user: str | None, history: str | None, target: str | None
) -> User | None:
    """Whom to open: a user of the data, or a history of one's own."""
    if history is None:
        if target is not None:
            raise UserError(
                f"--target {target}: goes with --history; what a user's next item is, the data say"
            )
        return None if user is None else _find(dataset, user)
    if user is not None:
        raise UserError("--user or --history: give one of them")
    from diffurec.data.catalogue import load_catalogue
    from diffurec_tui.snapshots import Own

    catalogue = load_catalogue(run.num_items, run.items_path, dataset.path / "items.parquet")
    return Own(walk_options.case_of_ids(history, target, catalogue))


def _find(dataset: Dataset, user_id: str) -> int:
    """The row of a user."""
    from diffurec.data.catalogue import load_user_ids, row_of

    row = row_of(load_user_ids(dataset), user_id)
    if row is None:
        raise UserError(f"--user {user_id}: no such user in {dataset.path}; without --user there is a list")
    return row
