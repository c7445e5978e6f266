"""Screens that lie over others."""

from __future__ import annotations

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

Result = TypeVar("Result")


class Overlay(ModalScreen[Result]):
    """Closes once, however many keys come before it is gone: Textual fails on the second time."""

    _gone = False

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        if self._gone:
            return AwaitComplete.nothing()
        self._gone = True
        return super().dismiss(result)
