"""Screens that lie over others."""

from __future__ import annotations

from typing import TypeVar

from textual import events
from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

Result = TypeVar("Result")


class Overlay(ModalScreen[Result]):
    """Closes once, however many keys come before it is gone: Textual fails on the second time.

    Keys may also come before there is anything in it; then they can only close it, once there is.
    """

    _gone = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return super().check_action(action, parameters) if self.is_mounted else action == "cancel"

    def on_click(self, event: events.Click) -> None:
        """Beside it."""
        if event.widget is self:
            self.dismiss()

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        if self._gone:
            return AwaitComplete.nothing()
        self._gone = True
        if self.is_mounted:
            return super().dismiss(result)
        self.call_later(self._go, result)  # taken from the queue when it is mounted
        return AwaitComplete.nothing()

    def _go(self, result: Result | None) -> None:
        super().dismiss(result)
