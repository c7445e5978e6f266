"""Trainings in processes of their own that can be killed at any moment.

torch is imported once, here; every training is a fork. One thread each, for threads do not survive a fork.
"""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import torch
from torch.distributed import TCPStore

from diffurec.config import Config, DataConfig, DiffusionConfig, ModelConfig, TrainConfig
from diffurec.data.dataset import Dataset, open_dataset
from diffurec.errors import ErrorElsewhere, UserError
from diffurec.launch import joined
from diffurec.model import DiffuRec
from diffurec.parallel import ALONE, World
from diffurec.run import create_run, open_run
from diffurec.train import Trainer, build_and_seed
from diffurec.training_state import Interrupted

CONFIG = Config(
    data=DataConfig(max_len=10),
    model=ModelConfig(hidden_size=16, num_blocks=2, num_heads=2, lambda_mean=0.1),
    diffusion=DiffusionConfig(steps=8, timestep_sampler="loss_aware"),
    train=TrainConfig(
        epochs=4,
        batch_size=16,
        learning_rate=5e-3,
        lr_schedule="cosine",
        warmup_steps=5,
        grad_clip=1.0,
        eval_batch_size=16,
        checkpoint_seconds=0.05,
    ),
)


class Silent:
    def started(self, *_: object) -> None: ...
    def stepped(self, *_: object) -> None: ...
    def logged(self, *_: object) -> None: ...
    def evaluating(self, *_: object) -> None: ...
    def saved(self, *_: object, **__: object) -> None: ...


def train(
    dataset: Dataset,
    path: Path,
    config: Config = CONFIG,
    should_stop: Callable[[], bool] = lambda: False,
    world: World = ALONE,
):
    """What `diffurec train --resume` does."""
    with world.together():
        if world.first and not path.exists():
            create_run(path, config, dataset, device="cpu", command="test", notes={})
    run = open_run(path)
    model = build_and_seed(lambda: DiffuRec(run.num_items, run.config), run.config.train.seed)
    trainer = Trainer(
        run, model, dataset, torch.device("cpu"), Silent(), should_stop=should_stop, world=world
    )
    return trainer.run(resume=True)


def in_a_fork(
    data: Path, path: Path, *, kill_at: float | None = None, die_at_sync: int | None = None
) -> bool:
    """Train in a forked process; whether it came to its end.

    Args:
        data: dataset folder.
        path: run folder.
        kill_at: seconds after which it is killed.
        die_at_sync: number of the fsync at which it kills itself, in the middle of saving.
    """
    child = os.fork()
    if child == 0:
        status = 1
        try:
            torch.set_num_threads(1)
            if die_at_sync is not None:
                _kill_at_sync(die_at_sync)
            train(open_dataset(data), path)
            status = 0
        finally:
            os._exit(status)
    if kill_at is not None:
        time.sleep(kill_at)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the training failed"
    return not os.WIFSIGNALED(status)


def in_a_world(size: int, work: Callable[[World], None]) -> list[int]:
    """Do `work` in so many forked processes that know of each other; the exit status of each.

    0 is success, 2 a UserError, 3 one elsewhere, 130 an interruption, 1 any other failure.
    """
    meeting_place, port = _serve_store()
    children: list[int] = []
    for rank in range(size):
        child = os.fork()
        if child == 0:
            os.environ |= {
                "RANK": str(rank),
                "WORLD_SIZE": str(size),
                "MASTER_ADDR": "localhost",
                "MASTER_PORT": str(port),
                "TORCHELASTIC_USE_AGENT_STORE": "True",
            }
            os._exit(_status(work))
        children.append(child)
    statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    os.kill(meeting_place, signal.SIGKILL)
    os.waitpid(meeting_place, 0)
    return statuses


def _serve_store() -> tuple[int, int]:
    """What torchrun does for its processes; in one of its own, for its thread would not survive a fork."""
    read, write = os.pipe()
    server = os.fork()
    if server == 0:
        store = TCPStore("localhost", 0, is_master=True, wait_for_workers=False)
        os.write(write, str(store.port).encode())
        signal.pause()
    os.close(write)
    port = int(os.read(read, 8))
    os.close(read)
    return server, port


def _status(work: Callable[[World], None]) -> int:
    try:
        torch.set_num_threads(1)
        with joined() as world:
            work(world)
    except ErrorElsewhere:
        return 3
    except UserError:
        return 2
    except Interrupted:
        return 130
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _kill_at_sync(number: int) -> None:
    sync, left = os.fsync, [number]

    def counted(descriptor: int) -> None:
        left[0] -= 1
        if left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        sync(descriptor)

    os.fsync = counted
