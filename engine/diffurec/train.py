"""Training: the loop, from the first example to the test figures.

Read `Trainer.run` top-down. A run is a function of configuration, data and seed; the order of the
examples of an epoch is one of (seed, epoch), every other draw comes from generators whose states are
saved with the weights. Stopped or killed at any moment, a resumed training therefore repeats the
numbers of one that was never interrupted, bit for bit on the CPU.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from diffurec.checkpoint import load_checkpoint, save_checkpoint
from diffurec.data.batches import Examples, training_examples
from diffurec.data.dataset import Dataset, IntArray, Split
from diffurec.device import autocast, peak_memory_mb
from diffurec.errors import UserError
from diffurec.evaluate import choose_users, evaluate
from diffurec.learning_rate import learning_rate
from diffurec.metrics_log import LogSplit, MetricsLog
from diffurec.recommender import Recommender
from diffurec.run import Run
from diffurec.status import write_status
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
        self.optimizer = torch.optim.AdamW(
            model.parameters(), lr=0.0, weight_decay=self.config.weight_decay, fused=True
        )
        self.generator = torch.Generator(device).manual_seed(self.config.seed)
        self.position = Position()
        self._loss_sum = torch.zeros((), dtype=torch.float64, device=device)
        self._clock = (time.perf_counter(), 0)  # since the last log line: start, examples
        self._saved_at = time.monotonic()

    def run(self, *, resume: bool) -> Result:
        """Train to the end, or until asked to stop.

        Raises:
            Interrupted: `should_stop` said so; the state is saved.
            UserError: the disk is full, …; the last checkpoint is intact.
        """
        log_bytes = self._restore() if resume and self.run_folder.last_path.is_file() else 0
        self.log = MetricsLog(self.run_folder.metrics_path, keep_bytes=log_bytes)
        self._status("running")
        self.observer.started(self.position, self.steps_per_epoch, len(self.examples))
        try:
            stopped_early = self._fit()
            test = self._test()
        except Interrupted:
            self._status("interrupted")
            raise
        except UserError as error:
            with contextlib.suppress(UserError):  # the disk that is full takes no status either
                self._status("failed", error=str(error))
            raise
        finally:
            self.log.close()
        self._status("finished", test=test)
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
            for group in self.optimizer.param_groups:
                group["lr"] = learning_rate(config, position.step, self.steps_per_epoch)
            with autocast(self.device, config.precision):
                loss = self.model.loss(self.examples.gather(index), self.generator)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            if config.grad_clip:
                torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.grad_clip)
            self.optimizer.step()

            position.step += 1
            position.batch += 1
            position.loss_count += len(index)
            self._loss_sum += loss.detach().double() * len(index)
            self.observer.stepped(position, loss.item, len(index))
            if position.batch % self.log_steps == 0 or position.batch == len(batches):
                self._log_training()
            if self.should_stop():
                raise Interrupted
            if time.monotonic() - self._saved_at > config.checkpoint_seconds:
                self._save()

    def _log_training(self) -> None:
        position = self.position
        loss = float(self._loss_sum) / position.loss_count
        if not math.isfinite(loss):
            raise UserError(
                f"{self.run_folder.path}: the loss is {loss} at step {position.step}; lower"
                " train.learning_rate or set train.grad_clip=1.0"
            )
        rate = self.optimizer.param_groups[0]["lr"]
        started, steps_before = self._clock
        seconds = max(time.perf_counter() - started, 1e-9)
        system = {
            "examples_per_s": (position.step - steps_before) * self.config.batch_size / seconds,
            "peak_memory_mb": peak_memory_mb(self.device),
        }
        self._write("train", {"loss": loss, "learning_rate": rate}, system)
        self._loss_sum.zero_()
        position.loss_count = 0
        self._clock = (time.perf_counter(), position.step)

    def _validate(self) -> None:
        position, config = self.position, self.config
        last = position.epoch == config.epochs
        if position.epoch % config.eval_every and not last:
            return
        started = time.perf_counter()
        metrics = self._evaluate("val", self.validation_users, steps=config.eval_steps or None)
        seconds = time.perf_counter() - started
        self._write("val", metrics, {"seconds": seconds})
        value = metrics[config.metric]
        best = position.best
        if value > best.value:
            position.best = Best(position.epoch, value, metrics)
            save_checkpoint(self.run_folder.best_path, self.model.state_dict(), self._meta())
            self.observer.saved(position, best=True)
        else:
            best.since += 1
        self._clock = (time.perf_counter(), position.step)

    def _test(self) -> dict[str, float]:
        """Test figures of the best epoch, on all users with the full walk."""
        users = choose_users(self.dataset, "test")
        if not len(users):
            return {}
        path = self.run_folder.best_path
        try:
            self.model.load_state_dict(load_checkpoint(path).weights)
        except RuntimeError as error:
            reason = str(error).splitlines()[-1].strip()
            raise UserError(f"{path}: does not fit the run's config.json: {reason}") from None
        metrics = self._evaluate("test", users, steps=None)
        self.log.append(step=self.position.step, epoch=self.position.best.epoch, split="test", values=metrics)
        self.log.sync()
        self.observer.logged(self.position, "test", metrics, {})
        return metrics

    def _evaluate(self, split: Split, users: IntArray, *, steps: int | None) -> dict[str, float]:
        def progress(done: int, total: int) -> None:
            self.observer.evaluating(split, done, total)
            if self.should_stop():
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
        )
        return evaluation.metrics

    def _out_of_patience(self) -> bool:
        return 0 < self.config.patience <= self.position.best.since

    def _write(self, split: LogSplit, values: Mapping[str, float], system: Mapping[str, float]) -> None:
        position = self.position
        self.log.append(step=position.step, epoch=position.epoch, split=split, values=values, system=system)
        self.observer.logged(position, split, values, system)

    def _meta(self) -> dict[str, Any]:
        best = self.position.best
        return {"epoch": best.epoch, "step": self.position.step, "split": "val", "metrics": best.metrics}

    def _status(self, state: str, **facts: Any) -> None:
        best = self.position.best
        told = (
            {"epoch": best.epoch, "metric": self.config.metric, "value": best.value} if best.epoch else None
        )
        epoch = min(self.position.epoch, self.config.epochs)
        write_status(self.run_folder, state, epoch=epoch, epochs=self.config.epochs, best=told, **facts)

    def _save(self) -> None:
        """Save the state to resume from. Draws nothing, so when it happens changes no number."""
        position = self.position
        position.loss_sum = float(self._loss_sum)
        meta = {
            **self._meta(),
            "epoch": position.epoch if position.batch else position.epoch - 1,
            "position": pack_position(position),
            "log_bytes": self.log.sync(),
        }
        state = pack_state(self.optimizer, self.generator)
        save_checkpoint(self.run_folder.last_path, self.model.state_dict(), meta, state)
        self._status("running")
        self._saved_at = time.monotonic()
        self.observer.saved(position, best=False)

    def _restore(self) -> int:
        """Take up the saved state; returns how many bytes of metrics.jsonl it knows of."""
        path = self.run_folder.last_path
        saved = load_checkpoint(path, with_training=True)
        if not saved.training:
            raise UserError(f"{path}: holds weights only; nothing to resume from")
        try:
            self.model.load_state_dict(saved.weights)
            self.position = unpack_position(saved.meta["position"])
            self._loss_sum.fill_(self.position.loss_sum)
            unpack_state(saved, self.optimizer, self.generator)
            log_bytes = int(saved.meta["log_bytes"])
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[-1].strip() if str(error) else type(error).__name__
            raise UserError(
                f"{path}: cannot be resumed from ({reason}); start anew with another --out"
            ) from None
        self._clock = (time.perf_counter(), self.position.step)
        return log_bytes


def epoch_seed(seed: int, epoch: int) -> int:
    """The seed that orders the examples of an epoch."""
    words = np.random.SeedSequence([seed, epoch]).generate_state(1, np.uint64)
    return int(words[0]) >> 1


def build_and_seed(build: Callable[[], Recommender], seed: int) -> Recommender:
    """A model whose initial weights, like every later draw of torch's own (dropout), follow from `seed`."""
    torch.manual_seed(seed)
    return build()
