"""Figures that need a process of their own: the first step after a start, the memory of a large catalogue."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch

FIRST = """
import sys
import torch
from diffurec.config import Config
from diffurec.data.batches import training_examples
from diffurec.data.dataset import open_dataset
from diffurec.model import DiffuRec
from diffurec.training_step import TrainingStep

dataset, config, device = open_dataset(sys.argv[1]), Config(), torch.device(sys.argv[2])
model = DiffuRec(dataset.num_items, config).to(device).train()
examples = training_examples(dataset, config.data.max_len, device)
step = TrainingStep(model, examples, config.train, device, steps_per_epoch=1)
loss = step(examples.epoch(512, torch.Generator().manual_seed(0))[0], 0)
print(float(loss))
"""

MEMORY = """
import json, sys
import torch
from diffurec.config import Config
from diffurec.data.batches import Examples
from diffurec.model import DiffuRec
from diffurec.training_step import TrainingStep

V, B, L, device = 1_000_000, 512, 50, torch.device(sys.argv[1])
config = Config()


def used() -> float:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    lines = open("/proc/self/status").read().split("\\n")
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**10


warm = torch.randn(64, 64, device=device) @ torch.randn(64, 64, device=device)
before = used()
model = DiffuRec(V, config).to(device).train()
items = torch.randint(1, V + 1, (B * (L + 1),), dtype=torch.int32, device=device)
starts = torch.arange(B, device=device) * (L + 1)
examples = Examples(items, starts + L, starts, L)
step = TrainingStep(model, examples, config.train, device, steps_per_epoch=1)
for number in range(2):
    step(torch.arange(B, device=device), number)
state = 4 * 4 * sum(parameter.numel() for parameter in model.parameters()) / 2**20
print(json.dumps({"mib": round(used() - before - state, 1), "state_mib": round(state, 1)}))
"""


def first_step_seconds(dataset: Path, device: torch.device) -> dict[str, float]:
    """From the start of an interpreter to the first loss of a training on this data set."""
    began = time.perf_counter()
    _run(FIRST, str(dataset), str(device))
    return {"seconds": round(time.perf_counter() - began, 2)}


def peak_of_a_million_items(device: torch.device) -> dict[str, Any]:
    """Most memory beyond table, gradient and moments: exact loss, batch 512, histories of 50."""
    return json.loads(_run(MEMORY, str(device)))


def _run(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout
