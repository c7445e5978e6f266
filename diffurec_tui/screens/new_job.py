"""A form for a training: data, recipe, settings, device and run folder, checked as one types."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from rich.cells import chop_cells
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from diffurec.errors import UserError
from diffurec.recipe import shipped_recipes
from diffurec_tui.launching import Plan, free_folder
from diffurec_tui.screens.overlay import Overlay
from diffurec_tui.theme.palette import Palette
from diffurec_tui.widgets.panel import Panel
from diffurec_tui.widgets.text import clean, spelled, symbols

FIELDS: tuple[tuple[str, str], ...] = (
    ("data", "folder of a data set"),
    ("recipe", "a name, or a .toml file"),
    ("settings", "none; such as train.epochs=20 model.hidden_size=64"),
    ("device", "auto, cpu, cuda or cuda:N"),
    ("out", "folder of the run"),
)
"""Of a plan, and what goes into each."""


@dataclass(frozen=True)
class Report:
    """What is to be said of a plan."""

    plan: Plan
    troubles: tuple[str, ...]
    facts: tuple[str, ...]


def report(plan: Plan) -> Report:
    """Look at the files that a plan names, and at every setting."""
    troubles: list[str] = []
    facts: list[str] = []
    try:
        data = plan.dataset()
        counts = f"{data.num_users:,} users, {data.num_items:,} items, {len(data.items):,} interactions"
        facts.append(f"{data.name}: {counts}")
    except UserError as error:
        troubles.append(str(error))
    try:
        config = plan.config()
        train, model = config.train, config.model
        blocks = f"{model.num_blocks} block{'s' * (model.num_blocks != 1)} of width {model.hidden_size}"
        facts += (
            f"{train.epochs} epochs, batches of {train.batch_size}, learning rate {train.learning_rate:g}",
            f"{blocks}, {config.diffusion.steps} steps of noise",
        )
    except UserError as error:
        troubles.append(str(error))
    try:
        plan.check_rest()
    except UserError as error:
        troubles.append(str(error))
    return Report(plan, tuple(troubles), tuple(facts))


class Checked(Message):
    """A plan was looked at."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


class Said(Panel):
    """What is wrong, or what will be trained."""

    report: Report | None = None

    def show(self, report: Report) -> None:
        self.report = report
        self.changed()

    def paint(self, width: int, height: int, colours: Palette) -> list[Text]:
        if self.report is None:
            return []
        sign, room = symbols(), max(1, width - 4)
        lines: list[Text] = []
        for entries, mark, style in (
            (self.report.troubles, sign.differs, colours.target),
            (self.report.facts, " ", colours.muted),
        ):
            for entry in entries:
                for place, row in enumerate(chop_cells(spelled(clean(entry)), room)):
                    lines.append(Text(f" {mark if place == 0 else ' '} {row}", style))
        known = f"recipes: {', '.join(shipped_recipes())}"
        return [*lines, Text(f"   {spelled(known)}", colours.faint)]


class NewJobScreen(Overlay[Plan]):
    """Dismissed with a plan that can be started, or with nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False, priority=True),
        Binding("up", "app.focus_previous", show=False, priority=True),
        Binding("down", "app.focus_next", show=False, priority=True),
    ]

    def __init__(self, plan: Plan, folder: Path) -> None:
        """Begin with a plan.

        Args:
            plan: what stands in the fields at first.
            folder: where a run folder is suggested.
        """
        super().__init__()
        self.folder = folder
        self.plan = plan
        if Path(plan.out).exists():
            self.plan = replace(plan, out=str(free_folder(folder, plan.data, plan.recipe)))
        self._suggested = self.plan.out
        self._wants_out = False

    def compose(self) -> ComposeResult:
        with Vertical(id="pick", classes="form") as box:
            box.border_title = "Start a training"
            box.border_subtitle = spelled("enter starts · tab ↑↓ next field · esc leaves")
            for name, hint in FIELDS:
                with Horizontal(classes="field"):
                    yield Static(f" {'run folder' if name == 'out' else name}", classes="label", markup=False)
                    yield Input(getattr(self.plan, name), placeholder=hint, id=name, select_on_focus=False)
            yield Said(id="matches")

    def on_mount(self) -> None:
        self._check()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._wants_out = False
        values = {entry.id or "": entry.value for entry in self.query(Input)}
        plan = Plan(**values)
        if plan.out == self._suggested and (plan.data, plan.recipe) != (self.plan.data, self.plan.recipe):
            self._suggested = str(free_folder(self.folder, plan.data, plan.recipe))
            self.query_one("#out", Input).value = self._suggested
            plan = replace(plan, out=self._suggested)
        if plan != self.plan:
            self.plan = plan
            self._check()

    def _check(self) -> None:
        """In a thread: the files may lie far away."""
        plan = self.plan
        self.run_worker(lambda: self._look_at(plan), thread=True, exclusive=True, exit_on_error=False)

    def _look_at(self, plan: Plan) -> None:
        self.post_message(Checked(report(plan)))

    @on(Checked)
    def _checked(self, message: Checked) -> None:
        if message.report.plan != self.plan:
            return
        for said in self.query(Said):  # none, where the program ends before it is drawn
            said.show(message.report)
        if self._wants_out and not message.report.troubles:
            self.dismiss(self.plan)
        self._wants_out = False

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self._wants_out = True
        self._check()

    def action_cancel(self) -> None:
        self.dismiss(None)
