"""`diffurec train`."""

from __future__ import annotations

import shlex
import shutil
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from diffurec.errors import UserError
from diffurec.launch import launch_id
from diffurec.parallel import ALONE, World
from diffurec_tui.cli.console import EXIT_INTERRUPTED, discard, narrate, print_json
from diffurec_tui.cli.options import Device, Json

if TYPE_CHECKING:
    from diffurec.config import Config
    from diffurec.data.dataset import Dataset
    from diffurec.run import Run
    from diffurec.training_state import Observer
    from diffurec_tui.cli.detaching import Detached

app = typer.Typer()

RECIPE = "paper-clean"


@app.command()
def train(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="Dataset folder.")],
    recipe: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help=f"Settings to start from; {RECIPE} unless given.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a setting; repeatable.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="RUN", help="Run folder; runs/NAME-RECIPE.")] = None,
    device: Device = "auto",
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue what is there; start where nothing is.")
    ] = False,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Write TensorBoard event files into the run, too.")
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Train in the background; what is said goes to RUN/train.log.")
    ] = False,
    json_: Json = False,
) -> None:
    """Train on a dataset folder; stop with Ctrl-C at any time and continue with --resume.

    Under torchrun, all processes train one model together.
    """
    folder = out or Path("runs") / f"{dataset.resolve().name}-{Path(recipe or RECIPE).stem}"
    detached = None
    if detach:
        from diffurec_tui.cli.detaching import Parent, go_into_background

        detached = go_into_background()
        if isinstance(detached, Parent):
            detached.leave(folder, json_=json_)
            return
    from diffurec.data.dataset import open_dataset
    from diffurec.launch import joined
    from diffurec.recipe import build_config, load_recipe, parse_overrides

    with joined() as world:
        with world.together():
            data = open_dataset(dataset)
            overrides = parse_overrides(set_ or [])
            config = build_config(load_recipe(recipe or RECIPE), overrides)
        result = train_run(
            data,
            config,
            folder,
            device=device,
            resume=resume,
            tensorboard=tensorboard,
            asked={f"{section}.{key}" for section, table in overrides.items() for key in table},
            recipe=recipe,
            world=world,
            detached=detached,
        )
    if not world.first:
        return
    if json_:
        print_json(result)
    else:
        narrate(
            f"run folder {folder}; look into it with `diffurec explore --ckpt {shlex.quote(str(folder))}`"
        )


def train_run(
    data: Dataset,
    config: Config,
    folder: Path,
    *,
    device: str = "auto",
    resume: bool = False,
    tensorboard: bool = False,
    asked: set[str] | None = None,
    recipe: str | None = None,
    world: World = ALONE,
    detached: Detached | None = None,
) -> dict[str, Any]:
    """Train or continue a run with progress on stderr; returns the result as JSON values.

    Of several processes, the first makes the folder, holds its lock and tells what happens.

    Raises:
        UserError: the folder is taken, the data is not the run's, the disk is full, …
        SystemExit: interrupted, with everything saved.
    """
    from diffurec.device import choose_device
    from diffurec.model import DiffuRec
    from diffurec.status import read_status
    from diffurec.train import Trainer, build_and_seed
    from diffurec.training_lock import training_lock
    from diffurec.training_state import Interrupted
    from diffurec.trainings import LOG
    from diffurec_tui.cli.progress import NoProgress

    going_on = False
    with world.together():
        chosen = choose_device(device, one_a_process=not world.alone)
        if world.first:
            going_on = folder.exists() and (resume or _is_of_this_launch(folder))
            if not going_on:
                _create(folder, config, data, str(chosen), recipe, world)
    (going_on,) = world.any(going_on)
    with world.together():
        run = _continue(folder, config, data, asked or set(), recipe)

    stop = _StopRequest(patient=not world.alone)
    with ExitStack() as held:
        with world.together():
            if world.first:
                held.enter_context(training_lock(run.path))
            status = read_status(run)
        if status.state == "finished" and status.epochs >= run.config.train.epochs:
            if world.first:
                narrate(f"{folder}: finished already, after epoch {status.epoch}")
            return _summary(run, status.best, dict(status.test or {}), stopped_early=False)
        try:
            with world.together():
                observer = _observer(run, tensorboard, detached) if world.first else NoProgress()
                model = build_and_seed(lambda: DiffuRec(run.num_items, run.config), run.config.train.seed)
                trainer = Trainer(run, model, data, chosen, observer, should_stop=stop, world=world)
        except BaseException:
            if world.first and not going_on:  # made a moment ago, and nothing in it
                shutil.rmtree(run.path, ignore_errors=True)
            raise
        started = time.perf_counter()
        try:
            with stop, observer:
                if detached is not None:
                    detached.begin(run.path / LOG)
                result = trainer.run(resume=going_on)
        except Interrupted:
            if world.first:
                narrate(
                    "interrupted; everything is saved. Continue with `diffurec train"
                    f" {shlex.quote(str(data.path))} --out {shlex.quote(str(folder))} --resume`"
                )
            sys.exit(EXIT_INTERRUPTED)
    best = {"epoch": result.best.epoch, "metric": run.config.train.metric, "value": result.best.value}
    summary = _summary(run, best, result.test, stopped_early=result.stopped_early)
    return {**summary, "seconds": time.perf_counter() - started}


def _summary(run: Run, best: Any, test: dict[str, float], *, stopped_early: bool) -> dict[str, Any]:
    return {
        "run": str(run.path),
        "data": {"name": run.info["data"]["name"], "sha256": run.info["data"]["sha256"]},
        "seed": run.config.train.seed,
        "best": best,
        "test": test,
        "stopped_early": stopped_early,
    }


def _create(
    folder: Path, config: Config, data: Dataset, device: str, recipe: str | None, world: World
) -> None:
    from diffurec.run import create_run

    command = shlex.join(["diffurec", *sys.argv[1:]])
    notes: dict[str, Any] = {"recipe": recipe or RECIPE}
    if launch := launch_id():
        notes |= {"processes": world.size, "launch": launch}
    create_run(folder, config, data, device=device, command=command, notes=notes)


def _is_of_this_launch(folder: Path) -> bool:
    """Whether torchrun has started this run, and now starts it again because a process was lost."""
    from diffurec.run import open_run

    launch = launch_id()
    started = launch is not None and (folder / "config.json").is_file()
    return started and open_run(folder).info.get("launch") == launch


def _continue(folder: Path, config: Config, data: Dataset, asked: set[str], recipe: str | None) -> Run:
    """Open a run to go on with; what was asked for must agree with what it was started with."""
    from dataclasses import replace

    from diffurec.config import flatten
    from diffurec.run import open_run

    run = open_run(folder)
    if run.info["data"]["sha256"] != data.sha256:
        raise UserError(
            f"{data.path}: is not the data that {folder} was trained on"
            f" ({data.sha256[:12]}… is not {run.info['data']['sha256'][:12]}…)"
        )
    before, now = flatten(run.config), flatten(config)
    compared = now if recipe else asked
    for key in compared:
        if now[key] == before[key] or key in ("train.epochs", "train.patience", "train.checkpoint_seconds"):
            continue
        raise UserError(
            f"--set {key}={now[key]}: {folder} was started with {before[key]}; a resumed run keeps it"
        )
    if "train.epochs" in compared and now["train.epochs"] != before["train.epochs"]:
        if run.config.train.lr_schedule == "cosine":
            raise UserError(
                f"--set train.epochs={now['train.epochs']}: {folder} decays its learning rate over"
                f" {before['train.epochs']} epochs; a resumed run keeps that"
            )
        run = replace(
            run, config=replace(run.config, train=replace(run.config.train, epochs=config.train.epochs))
        )
    return run


def _observer(run: Run, tensorboard: bool, detached: Detached | None) -> Any:
    from diffurec_tui.cli.progress import LiveProgress, PlainProgress

    live = sys.stderr.isatty() and detached is None
    console: Observer = LiveProgress(run) if live else PlainProgress(run)
    if not tensorboard:
        return console
    from diffurec_tui.cli.tensorboard import WithTensorBoard

    return WithTensorBoard(console, run.path)


class _StopRequest:
    """Ctrl-C, SIGTERM or a terminal that hangs up ask training to stop at the next step.

    A second Ctrl-C does not wait, unless `patient`: torchrun passes on what it gets itself, so that one
    Ctrl-C can come twice, and sees to it that nobody waits for ever.
    """

    def __init__(self, *, patient: bool) -> None:
        self.asked = False
        self.patient = patient
        self._before: dict[int, Any] = {}

    def __call__(self) -> bool:
        return self.asked

    def __enter__(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            outlive_terminal = number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN  # nohup
            if not outlive_terminal:
                self._before[number] = signal.signal(number, self._ask)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, _frame: object) -> None:
        if self.asked and number == signal.SIGINT and not self.patient:
            raise KeyboardInterrupt
        if number == signal.SIGHUP:
            for stream in (sys.stdout, sys.stderr):
                if stream.isatty():
                    discard(stream)
        self.asked = True
