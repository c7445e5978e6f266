"""`diffurec import-weights`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from diffurec_tui.cli.console import narrate

app = typer.Typer()


@app.command("import-weights")
def import_weights(
    state: Annotated[
        Path, typer.Argument(metavar="STATE", help="State dict of the authors' code: .pt or .safetensors.")
    ],
    data: Annotated[
        Path, typer.Option("--data", metavar="DATASET", help="Dataset folder it was trained on.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="RUN", help="Run folder to make.")],
    steps: Annotated[int, typer.Option(help="diffusion_steps it was trained with.")] = 32,
    schedule: Annotated[str, typer.Option(help="noise_schedule it was trained with.")] = "trunc_lin",
    lambda_mean: Annotated[float, typer.Option(help="lambda_uncertainty it was trained with.")] = 0.001,
    max_len: Annotated[int, typer.Option(help="max_len it was trained with.")] = 50,
    heads: Annotated[int, typer.Option(help="Attention heads; the authors' code has 4.")] = 4,
) -> None:
    """Turn weights trained with the DiffuRec authors' code into a run folder."""
    from diffurec.data.dataset import open_dataset
    from diffurec.import_weights import import_authors_weights

    run = import_authors_weights(
        state,
        open_dataset(data),
        out,
        steps=steps,
        schedule=schedule,
        lambda_mean=lambda_mean,
        max_len=max_len,
        num_heads=heads,
    )
    narrate(f"{run.path}: ready; look into it with `diffurec explore --ckpt {run.path}`")
