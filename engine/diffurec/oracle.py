"""Replay a recorded run of the authors' code and report how far this engine is from it.

    python -m diffurec.oracle FILE.npz…

Every random draw of the recording is replayed, so the two computations differ by rounding alone. Prints
a JSON object of maximum absolute errors (one object a file); exits 1 if one is above 1e-4, 2 if a file
cannot be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from diffurec.authors import authors_config, our_names
from diffurec.diffusion import q_sample, reverse
from diffurec.errors import UserError
from diffurec.model import DiffuRec
from diffurec.schedule import betas

TOLERANCE = 1e-4


class RecordedDraws:
    """Noise tensors in the order in which they were recorded."""

    def __init__(self, tensors: Sequence[Tensor]) -> None:
        self._tensors: Iterator[Tensor] = iter(tensors)

    def normal(self, shape: Sequence[int]) -> Tensor:
        tensor = next(self._tensors)
        assert tensor.shape == torch.Size(shape)
        return tensor


def replay(path: str) -> dict[str, float]:
    """Maximum absolute error of every recorded quantity, by its name in the recording.

    Raises:
        UserError: the file is not a recording.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            recorded = {name: archive[name] for name in archive.files}
        return _replay_model(recorded) if "config" in recorded else _replay_betas(recorded)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path}: cannot be read as a recording ({error})") from None
    except KeyError as error:
        raise UserError(f"{path}: the recording has no {error}") from None


def _replay_betas(recorded: Mapping[str, Any]) -> dict[str, float]:
    """A file of schedules alone: `NAME.T` -> betas."""
    errors: dict[str, float] = {}
    for key, values in recorded.items():
        name, _, steps = key.rpartition(".")
        try:
            errors[key] = _distance(betas(name, int(steps)), values)  # pyright: ignore[reportArgumentType]
        except (ValueError, UnboundLocalError):
            raise UserError(f"{key!r} is not SCHEDULE.STEPS") from None
    return errors


@torch.no_grad()
def _replay_model(recorded: Mapping[str, Any]) -> dict[str, float]:
    settings = json.loads(str(recorded["config"]))
    prefix = "state_dict."
    state = our_names(
        {k.removeprefix(prefix): _tensor(v) for k, v in recorded.items() if k.startswith(prefix)}
    )
    config = authors_config(
        state,
        max_len=recorded["sequences"].shape[1],
        num_heads=settings["num_heads"],
        steps=settings["diffusion_steps"],
        schedule=settings["noise_schedule"],
        lambda_mean=settings["lambda_uncertainty"],
        rescale_timesteps=settings["rescale_timesteps"],
    )
    model = DiffuRec(settings["num_items"], config).eval()
    model.load_state_dict(state)

    errors = {
        f"schedule.{name}": _distance(getattr(model.schedule, name), recorded[f"schedule.{name}"])
        for name in (
            "betas",
            "alphas_cumprod",
            "posterior_mean_coef1",
            "posterior_mean_coef2",
            "posterior_variance",
        )
    }

    # One pass in the training direction.
    targets = _tensor(recorded["targets"]).long().squeeze(-1)  # (B,)
    t = _tensor(recorded["forward.t"])
    history = model.condition(_tensor(recorded["sequences"]))
    x_s = q_sample(model.schedule, model.item_embeddings(targets), t, _tensor(recorded["forward.noise"]))
    x_0_hat = model.denoise(history, x_s, t, _tensor(recorded["forward.lambda"]))
    loss = model.cross_entropy(x_0_hat, targets).mean()
    errors["forward.x_s"] = _distance(x_s, recorded["forward.x_s"])
    errors["forward.x0_hat"] = _distance(x_0_hat, recorded["forward.x0_hat"])
    errors["forward.cross_entropy"] = _distance(loss, recorded["forward.cross_entropy"])

    # The walk, every step.
    noise = _tensor(recorded["reverse.noise"])  # (T+1, B, D)
    lambdas = iter(_tensor(recorded["reverse.lambda"]))  # T of (B, L, D)

    def approximate(x_t: Tensor, t: int) -> Tensor:
        return model.denoise(history, x_t, torch.tensor([t]), next(lambdas))

    draws = RecordedDraws(list(noise[1:]))
    steps = list(reverse(model.schedule, approximate, noise[0], draws, variance="fixed_large"))
    x_0 = steps[-1].x_prev
    errors["reverse.x_t"] = _distance(torch.stack([s.x_t for s in steps]), recorded["reverse.x_t"])
    errors["reverse.x0_hat"] = _distance(torch.stack([s.x_0_hat for s in steps]), recorded["reverse.x0_hat"])
    errors["reverse.x_final"] = _distance(x_0, recorded["reverse.x_final"])
    errors["scores.inner_product"] = _distance(
        model.round(x_0, "inner_product"), recorded["scores.inner_product"]
    )
    errors["scores.neg_sq_distance"] = _distance(
        model.round(x_0, "distance"), recorded["scores.neg_sq_distance"]
    )
    return errors


def _tensor(array: Any) -> Tensor:
    return torch.from_numpy(np.array(array))


def _distance(ours: Any, theirs: Any) -> float:
    difference = np.asarray(ours, dtype=np.float64) - np.asarray(theirs, dtype=np.float64)
    if np.isnan(difference).any():
        return float("inf")
    return float(np.abs(difference).max())


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line of `python -m diffurec.oracle`."""
    parser = argparse.ArgumentParser(
        prog="python -m diffurec.oracle", description="Replay recorded runs of the authors' code."
    )
    parser.add_argument("files", nargs="+", metavar="FILE.npz", help="recorded runs")
    files: list[str] = parser.parse_args(arguments).files
    worst = 0.0
    try:
        for path in files:
            errors = replay(path)
            worst = max(worst, *errors.values())
            report = {
                "file": path,
                "max_abs_error": max(errors.values()),
                "tolerance": TOLERANCE,
                "errors": errors,
            }
            sys.stdout.write(json.dumps(report, indent=2) + "\n")
    except UserError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    return 0 if worst <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
