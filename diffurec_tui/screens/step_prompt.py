"""Asks for the number of a step."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from diffurec_tui.screens.overlay import Overlay


class StepPrompt(Overlay[int]):
    """Dismissed with a step, or with nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", show=False)]

    def __init__(self, num_steps: int) -> None:
        super().__init__()
        self.num_steps = num_steps

    def compose(self) -> ComposeResult:
        with Vertical(id="prompt") as box:
            box.border_title = f"Go to step 0 to {self.num_steps}"
            yield Input(type="integer", max_length=6, id="step", select_on_focus=False)

    @on(Input.Submitted)
    def _done(self, event: Input.Submitted) -> None:
        digits = event.value.strip().lstrip("+")
        self.dismiss(min(self.num_steps, max(0, int(digits))) if digits.isdecimal() else None)

    def action_cancel(self) -> None:
        self.dismiss(None)
