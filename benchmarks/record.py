"""Figures of runs as JSON: `python -m benchmarks.record RUN… --out benchmarks/results/NAME.json`.

Of each run: data fingerprint, settings that differ from the recipe paper-clean, seed, every validation, test.
Times are seconds from the first line of the log on, whatever else the machine was doing.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from diffurec.config import flatten
from diffurec.recipe import build_config, load_recipe
from diffurec.run import Run, open_run

METRICS = ("HR@5", "NDCG@5", "HR@10", "NDCG@10", "HR@20", "NDCG@20")


def record(run: Run) -> dict[str, Any]:
    base = flatten(build_config(load_recipe("paper-clean")))
    settings = {k: v for k, v in flatten(run.config).items() if v != base[k] and k != "train.seed"}
    lines = [json.loads(line) for line in run.metrics_path.read_text().splitlines()]
    began = lines[0]["wall_time"]
    figures = [
        {
            "split": line["split"],
            "epoch": line["epoch"],
            "seconds": round(line["wall_time"] - began, 1),
            **{name: round(line["values"][name], 4) for name in METRICS},
        }
        for line in lines
        if line["split"] in ("val", "test")
    ]
    info = run.info
    command = "diffurec train BEAUTY --recipe paper-clean " + " ".join(
        f"--set {key}={value}" for key, value in settings.items()
    )
    return {
        "name": run.path.name,
        "data": {key: info["data"][key] for key in ("name", "sha256", "users", "items")},
        "command": command,
        "seed": run.config.train.seed,
        "validation_users": run.config.train.eval_users or "all",
        "validation_steps": run.config.train.eval_steps or "all",
        "epochs": run.config.train.epochs,
        "versions": info.get("versions"),
        "finished": any(one["split"] == "test" for one in figures),
        "figures": figures,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    told = parser.parse_args()
    told.out.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"runs": [record(open_run(path)) for path in told.runs]}, indent=1)
    told.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
