"""What is on screen as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from diffurec.files import cannot_write, clean
from diffurec.inspection.frames import Ranking
from diffurec_tui.reading import States
from diffurec_tui.snapshots import Draws, Names, RunFacts, Subject


def snapshot(
    facts: RunFacts, subject: Subject, seed: int, states: States, index: int, names: Names
) -> dict[str, Any]:
    """The step one looks at in full, and the curves of the whole walk."""
    frames = states.trajectory.frames
    target = subject.case.target
    return {
        "dataset": facts.dataset,
        "weights": facts.weights,
        "epoch": facts.epoch,
        "user": subject.name,
        "seed": seed,
        "history": [{"item": item, "title": names.name(item)} for item in subject.case.history],
        "target": None if target is None else {"item": target, "title": names.name(target)},
        "step": index,
        "steps": states.num_steps,
        "t": states.t(index),
        "x_0_hat": _ranking(states.ranking(index, "x_0_hat"), names),
        "x_t": _ranking(states.ranking(index, "x_t"), names),
        "walk": {
            "t": [one.t for one in frames],
            "moved": [one.moved for one in frames],
            "target_rank": {
                "x_0_hat": [one.x_0_hat.target_rank for one in frames],
                "x_t": [one.x_t.target_rank for one in frames],
            },
            "entropy": {
                "x_0_hat": [one.x_0_hat.entropy for one in frames],
                "x_t": [one.x_t.entropy for one in frames],
            },
        },
    }


def draws_snapshot(facts: RunFacts, draws: Draws, names: Names, user: Callable[[int], str]) -> dict[str, Any]:
    """Many lists and their measures, under the names that `diffurec sample --json` has for them.

    Where other draws are pinned, the same of them, and what is between the two.
    """
    run = {"dataset": facts.dataset, "weights": facts.weights, "epoch": facts.epoch}
    value = run | _draws(draws, names, user)
    if draws.against is not None:
        pinned, contrast = draws.against.pinned, draws.against.contrast
        value["pinned"] = _draws(pinned, names, user)
        value["one_of_each"] = {
            "mean_jaccard": contrast.jaccard,
            "shared_items": contrast.shared_items,
            "same_seed_jaccard": contrast.same_seed_jaccard,
        }
    return value


def _draws(draws: Draws, names: Names, user: Callable[[int], str]) -> dict[str, Any]:
    spec, samples = draws.spec, draws.samples
    target, ranks = spec.case.target, samples.target_ranks
    return {
        "user": user(spec.user),
        "seed": spec.seed,
        "n": len(samples.seeds),
        "top_k": draws.k,
        "dials": {**asdict(spec.view.walk), "exclude_seen": spec.view.exclude_seen},
        "history": [{"item": item, "title": names.name(item)} for item in spec.case.history],
        "target": None if target is None else {"item": target, "title": names.name(target)},
        "target_rank": None if ranks is None else ranks.tolist(),
        "diversity": asdict(draws.measures),
        "mean_jaccard_of_first": draws.jaccard.tolist(),
        "items": [{"item": item, "title": names.name(item), "lists": count} for item, count in draws.items],
        "lists": [
            {"seed": seed, "items": items}
            for seed, items in zip(samples.seeds, samples.lists.tolist(), strict=True)
        ],
    }


def _ranking(ranking: Ranking, names: Names) -> dict[str, Any]:
    return {
        "top": [
            {
                "rank": place + 1,
                "item": int(item),
                "title": names.name(int(item)),
                "score": float(ranking.scores[place]),
                "probability": float(ranking.probabilities[place]),
            }
            for place, item in enumerate(ranking.items)
        ],
        "entropy": ranking.entropy,
        "target_rank": ranking.target_rank,
    }


def write_snapshot(folder: Path, value: dict[str, Any]) -> Path:
    """Write to a name that says what it is, and that no other content has.

    Raises:
        UserError: it cannot be written.
    """
    text = json.dumps(clean(value), indent=2, ensure_ascii=False) + "\n"
    user = re.sub(r"[^\w.-]+", "_", str(value["user"]))[:60] or "user"
    what = f"step{value['step']}" if "step" in value else f"walks{value['n']}"
    stem = f"diffurec-{user}-seed{value['seed']}-{what}"
    number = 1
    while True:
        path = folder / (f"{stem}.json" if number == 1 else f"{stem}-{number}.json")
        try:
            if path.exists() and path.read_text(encoding="utf-8") != text:
                number += 1
                continue
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise cannot_write(path, error) from None
        return path
