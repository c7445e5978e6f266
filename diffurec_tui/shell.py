"""The program around the views: its keys, themes and hints, help, palette and the way out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.actions import ActionParseResult
from textual.app import App
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.filter import LineFilter

from diffurec_tui.hints import Hint, Hints
from diffurec_tui.keymap import Keymap
from diffurec_tui.keys import Scope, bindings
from diffurec_tui.remembered import Remembered
from diffurec_tui.screens.top import TopScreen
from diffurec_tui.theme.palette import ANSI_THEMES, THEMES, WithoutColour
from diffurec_tui.widgets.footer import Footer, owner_of


class Shell(App[None]):
    """Knows which view is on top, and nothing of what the views show."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings("everywhere"),
        Binding("escape", "end_hint", show=False, priority=True),
    ]
    ENABLE_COMMAND_PALETTE = False  # Textual's own fails when it is closed before it is complete

    def __init__(self, keymap: Keymap, theme: str, state: Path | None, *, hints: bool) -> None:
        """Set up what holds in every view.

        Args:
            keymap: the user's keys.
            theme: a theme's name; empty for the one chosen last.
            state: the file of what is remembered; None remembers nothing.
            hints: whether to say what to do first in a view that was never opened.
        """
        super().__init__()
        self.keymap = keymap
        self.set_keymap(keymap.own)
        self.remembered = Remembered(state)
        self.hints = Hints(keymap, self.remembered, wanted=hints)
        self._hinting: Footer | None = None
        for one in THEMES:
            self.register_theme(one)
        for name in ANSI_THEMES:
            self.unregister_theme(name)
        chosen = theme or self.remembered.theme
        self.theme = chosen if chosen in self.available_themes else THEMES[0].name

    @property
    def on_top(self) -> TopScreen | None:
        """The view that takes the keys; None while something lies over it."""
        screen = self.screen
        return screen if isinstance(screen, TopScreen) else None

    # Themes.

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [WithoutColour()] if self.no_color else super().get_line_filters()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """What the style sheet takes from a theme that is not ours."""
        return {"muted": "#808890"}

    def action_theme(self) -> None:
        names = [theme.name for theme in THEMES]
        place = names.index(self.theme) + 1 if self.theme in names else 0
        self.choose_theme(names[place % len(names)])

    def choose_theme(self, name: str) -> None:
        """Take a theme, this time and the next."""
        self.theme = self.remembered.theme = name

    # Hints.

    def greet(self, view: Scope) -> None:
        """Say what to do first, where a view is opened that never was."""
        hint = self.hints.first(view)
        if hint is not None:
            self._hinting = self.screen.query_one(Footer)
            self._show_hint(hint)

    def _show_hint(self, hint: Hint | None) -> None:
        footer = self._hinting
        if footer is not None:
            footer.show_hint(hint)
            if isinstance(footer.screen, TopScreen):
                footer.screen.rearrange()

    @property
    def hinting(self) -> bool:
        """Whether a hint is on screen."""
        footer = self._hinting
        return footer is not None and footer.hint is not None and footer.screen is self.screen

    def action_end_hint(self) -> None:
        self._show_hint(None)
        self._hinting = None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape ends a hint first, where there is one."""
        return self.hinting if action == "end_hint" else super().check_action(action, parameters)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """What a hint speaks of ends it, whether by key, click or palette."""
        hint = self._hinting.hint if self.hinting and self._hinting is not None else None
        handled = await super().run_action(action, default_namespace, namespaces)
        if handled and hint is not None and str(action).rpartition(".")[2] in hint.actions:
            self.action_end_hint()
        return handled

    # Help, palette, the end.

    def action_help(self) -> None:
        if self.on_top is not None:
            from diffurec_tui.screens.help import HelpScreen

            self.push_screen(HelpScreen(self.on_top.scope))

    def action_command_palette(self) -> None:
        """Every action of the screen by name, and every theme."""
        if self.on_top is not None:
            from diffurec_tui.screens.palette import PaletteScreen, choices_of

            choices = choices_of(self.on_top.scope, self.available_themes, self.keymap)
            self.push_screen(PaletteScreen(choices), self._run_choice)

    async def _run_choice(self, chosen: str | None) -> None:
        if chosen is None:
            return
        kind, _, theme = chosen.partition(":")
        if theme:
            self.choose_theme(theme)
        else:
            await owner_of(self.screen, kind).run_action(kind)

    async def action_quit(self) -> None:
        self.exit()

    async def on_event(self, event: events.Event) -> None:
        """Keys and clicks that come after the one that quits find nothing any more to act on."""
        if self.return_code is None or not isinstance(event, events.InputEvent):
            await super().on_event(event)
