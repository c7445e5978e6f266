"""Training: the loop, from the first example to the test figures.

Read `Trainer.run` top-down. A run is a function of configuration, data and seed; the order of the
examples of an epoch is one of (seed, epoch), every other draw comes from generators whose states are
saved with the weights. Stopped or killed at any moment, a resumed training therefore repeats the
numbers of one that was never interrupted, bit for bit on the CPU.

Several processes (`World`) run the same code on the same batches and act as one: each computes its rows
of a batch, and whatever one decides by a clock or a signal, all decide together. The first one writes.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from diffurec.checkpoint import load_checkpoint, save_checkpoint
from diffurec.data.batches import Examples, training_examples
from diffurec.data.dataset import Dataset, IntArray, Split
from diffurec.errors import UserError, in_one_line
from diffurec.evaluate import choose_users, evaluate
from diffurec.parallel import ALONE, World
from diffurec.recommender import Recommender
from diffurec.run import Run
from diffurec.training_log import TrainingLog
from diffurec.training_state import (
    Best,
    Interrupted,
    Observer,
    Position,
    pack_position,
    pack_state,
    unpack_position,
    unpack_state,
)
from diffurec.training_step import TrainingStep

LOGS_PER_EPOCH = 20
MAX_LOG_STEPS = 50


@dataclass(frozen=True)
class Result:
    """How a training ended."""

    best: Best
    test: dict[str, float]
    stopped_early: bool


class Trainer:
    """One training of one model in one run folder."""

    def __init__(
        self,
        run: Run,
        model: Recommender,
        dataset: Dataset,
        device: torch.device,
        observer: Observer,
        *,
        should_stop: Callable[[], bool] = lambda: False,
        world: World = ALONE,
    ) -> None:
        """Put everything on the device; nothing is written yet.

        Raises:
            UserError: the data has no training example or no validation target.
        """
        self.run_folder = run
        self.config = run.config.train
        self.max_len = run.config.data.max_len
        self.model = model.to(device)
        self.dataset = dataset
        self.device = device
        self.observer = observer
        self.should_stop = should_stop
        self.world = world
        self.examples: Examples = training_examples(
            dataset, self.max_len, device, full_width=model.needs_full_width
        )
        if not len(self.examples):
            raise UserError(
                f"{dataset.path}: no user has two items in the training part; nothing to learn from"
            )
        self.validation_users = choose_users(dataset, "val", self.config.eval_users, self.config.seed)
        if not len(self.validation_users):
            raise UserError(f"{dataset.path}: no user has a validation target; prepare it with another split")
        self.model.know_counts(torch.from_numpy(dataset.training_counts()))
        self.steps_per_epoch = math.ceil(len(self.examples) / self.config.batch_size)
        self.log_steps = min(MAX_LOG_STEPS, max(1, self.steps_per_epoch // LOGS_PER_EPOCH))
        self.position = Position()
        self._saved_at = time.monotonic()

    def run(self, *, resume: bool) -> Result:
        """Train to the end, or until asked to stop.

        Raises:
            Interrupted: `should_stop` said so; the state is saved.
            UserError: the disk is full, …; the last checkpoint is intact.
        """
        self.step = TrainingStep(
            self.model,
            self.examples,
            self.config,
            self.device,
            self.world,
            steps_per_epoch=self.steps_per_epoch,
        )
        self.log = TrainingLog(self.run_folder, self.observer, self.device, self.world)
        with self.world.together():
            log_bytes = self._restore() if resume and self.run_folder.last_path.is_file() else 0
        try:
            self.log.open(self.position, keep_bytes=log_bytes)
            with self.world.together():
                self.log.status(self.position, "running")
            self.observer.started(self.position, self.steps_per_epoch, len(self.examples))
            stopped_early = self._fit()
            test = self._test()
            with self.world.together():
                self.log.status(self.position, "finished", test=test)
        except Interrupted:
            self.log.status(self.position, "interrupted")
            raise
        except Exception as error:
            with contextlib.suppress(UserError):  # the disk that is full takes no status either
                self.log.status(self.position, "failed", error=in_one_line(error))
            raise
        finally:
            self.log.close()
        return Result(self.position.best, test, stopped_early)

    def _fit(self) -> bool:
        """All epochs that are left; whether patience ended them early."""
        try:
            while self.position.epoch <= self.config.epochs and not self._out_of_patience():
                self._train_epoch()
                self._validate()
                self.position.epoch += 1
                self.position.batch = 0
                self._save()
        except Interrupted:
            self._save()
            raise
        return self._out_of_patience()

    def _train_epoch(self) -> None:
        self.model.train()
        position, config = self.position, self.config
        order = torch.Generator().manual_seed(epoch_seed(config.seed, position.epoch))
        batches = self.examples.epoch(config.batch_size, order)
        for index in batches[position.batch :]:
            loss = self.step(index, position.step)
            position.step += 1
            position.batch += 1
            position.loss_count += len(index)
            self.log.add_loss(loss, len(index))
            # Of a share of the batch, the mean over its rows: near enough to look at.
            self.observer.stepped(position, lambda loss=loss: loss.item() * self.world.size, len(index))
            if position.batch % self.log_steps == 0 or position.batch == len(batches):
                self._log_training()
            overdue = time.monotonic() - self._saved_at > config.checkpoint_seconds
            stop, save = self.world.any(self.should_stop(), overdue)
            if stop:
                raise Interrupted
            if save:
                self._save()

    def _log_training(self) -> None:
        position = self.position
        loss = self.log.loss_sum() / position.loss_count
        with self.world.together():
            if not math.isfinite(loss):
                raise UserError(
                    f"{self.run_folder.path}: the loss is {loss} at step {position.step}; lower"
                    " train.learning_rate or set train.grad_clip=1.0"
                )
            self.log.write_training(position, loss, self.step.learning_rate)

    def _validate(self) -> None:
        position, config = self.position, self.config
        last = position.epoch == config.epochs
        if position.epoch % config.eval_every and not last:
            return
        started = time.perf_counter()
        with self.step.evaluated_weights():
            metrics = self._evaluate("val", self.validation_users, steps=config.eval_steps or None)
        seconds = time.perf_counter() - started
        with self.world.together():
            self.log.write(position, "val", metrics, {"seconds": seconds})
            value = metrics[config.metric]
            if value > position.best.value:
                position.best = Best(position.epoch, value, metrics)
                if self.world.first:
                    with self.step.evaluated_weights():
                        save_checkpoint(self.run_folder.best_path, self.model.state_dict(), self._meta())
                self.observer.saved(position, best=True)
            else:
                position.best.since += 1
        self.log.start_clock(position.step)

    def _test(self) -> dict[str, float]:
        """Test figures of the best epoch, on all users with the full walk."""
        users = choose_users(self.dataset, "test")
        if not len(users):
            return {}
        with self.world.together():
            path = self.run_folder.best_path
            try:
                self.model.load_state_dict(load_checkpoint(path).weights)
            except RuntimeError as error:
                reason = str(error).splitlines()[-1].strip()
                raise UserError(f"{path}: does not fit the run's config.json: {reason}") from None
        metrics = self._evaluate("test", users, steps=None)
        with self.world.together():
            self.log.write(self.position, "test", metrics, {}, epoch=self.position.best.epoch)
            self.log.sync()
        return metrics

    def _evaluate(self, split: Split, users: IntArray, *, steps: int | None) -> dict[str, float]:
        def progress(done: int, total: int) -> None:
            self.observer.evaluating(split, done, total)
            if self.world.any(self.should_stop())[0]:
                raise Interrupted

        # In full precision whatever the training's: half precision ties scores that differ.
        evaluation = evaluate(
            self.model,
            self.dataset,
            users,
            split,
            max_len=self.max_len,
            device=self.device,
            seed=self.config.seed,
            steps=steps,
            exclude_seen=self.config.exclude_seen,
            batch_size=self.config.eval_batch_size,
            progress=progress,
            world=self.world,
        )
        return evaluation.metrics

    def _out_of_patience(self) -> bool:
        return 0 < self.config.patience <= self.position.best.since

    def _meta(self) -> dict[str, Any]:
        best = self.position.best
        return {"epoch": best.epoch, "step": self.position.step, "split": "val", "metrics": best.metrics}

    def _save(self) -> None:
        """Save the state to resume from. Draws nothing, so when it happens changes no number."""
        position = self.position
        position.loss_sum = self.log.loss_sum()
        with self.world.together():
            if self.world.first:
                self._write_state()
        self._saved_at = time.monotonic()
        self.observer.saved(position, best=False)

    def _write_state(self) -> None:
        position = self.position
        meta = {
            **self._meta(),
            "epoch": position.epoch if position.batch else position.epoch - 1,
            "position": pack_position(position),
            "log_bytes": self.log.sync(),
        }
        state = pack_state(self.step.optimizer, self.step.generator)
        state |= self.step.average.state() if self.step.average else {}
        with self.step.evaluated_weights():
            save_checkpoint(self.run_folder.last_path, self.model.state_dict(), meta, state)
        self.log.status(position, "running")

    def _restore(self) -> int:
        """Take up the saved state; returns how many bytes of metrics.jsonl it knows of."""
        path = self.run_folder.last_path
        saved = load_checkpoint(path, with_training=True)
        if not saved.training:
            raise UserError(f"{path}: holds weights only; nothing to resume from")
        try:
            self.model.load_state_dict(saved.weights)
            self.position = unpack_position(saved.meta["position"])
            if self.step.average:
                self.step.average.restore(saved.training)
            unpack_state(saved, self.step.optimizer, self.step.generator)
            return int(saved.meta["log_bytes"])
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[-1].strip() if str(error) else type(error).__name__
            raise UserError(
                f"{path}: cannot be resumed from ({reason}); start anew with another --out"
            ) from None


def epoch_seed(seed: int, epoch: int) -> int:
    """The seed that orders the examples of an epoch."""
    words = np.random.SeedSequence([seed, epoch]).generate_state(1, np.uint64)
    return int(words[0]) >> 1


def build_and_seed(build: Callable[[], Recommender], seed: int) -> Recommender:
    """A model whose initial weights, like every later draw of torch's own (dropout), follow from `seed`."""
    torch.manual_seed(seed)
    return build()
