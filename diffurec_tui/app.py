"""The explorer: holds what is looked at, asks the engine's thread, and hands answers to the screens."""

from __future__ import annotations

import gc
from dataclasses import dataclass

from textual import on
from textual.app import App
from textual.screen import Screen

from diffurec.data.dataset import Dataset
from diffurec.inspection.cases import case_lengths, case_of_user
from diffurec.inspection.frames import Trajectory
from diffurec.run import Run
from diffurec_tui.keys import Scope, available, bindings
from diffurec_tui.messages import Failed, ModelRead, Ranked, TitlesRead, UsersRead, Walked, WalkRequest
from diffurec_tui.screens.help import HelpScreen
from diffurec_tui.screens.palette import Choice, PaletteScreen
from diffurec_tui.screens.users import UsersScreen
from diffurec_tui.screens.walk import WalkScreen
from diffurec_tui.snapshots import Names, NumberedNames, Subject
from diffurec_tui.theme.palette import DARK, LIGHT
from diffurec_tui.widgets.text import symbols
from diffurec_tui.widgets.user_index import UserIndex
from diffurec_tui.workers import Engine, run_facts

STOP_SECONDS = 0.5


@dataclass(frozen=True)
class Opened:
    """What the command line asked for, checked."""

    run: Run
    dataset: Dataset
    user: int | None = None
    """Row of the user to open; None starts with the list."""
    seed: int = 0
    device: str = "auto"
    top_k: int = 10


class ExplorerApp(App[None]):
    """Users, and the reverse walks of their histories."""

    TITLE = "diffurec"
    CSS_PATH = "theme/explorer.tcss"
    BINDINGS = bindings("everywhere")
    ENABLE_COMMAND_PALETTE = False  # Textual's own fails when it is closed before it is complete

    def __init__(self, opened: Opened) -> None:
        super().__init__()
        self.opened = opened
        self.facts = run_facts(opened.run, opened.dataset)
        self.names: Names = NumberedNames()
        self.seed = opened.seed
        self.index = UserIndex(*case_lengths(opened.dataset))
        self.requested: WalkRequest | None = None
        self.trajectory: Trajectory | None = None
        self.trouble = ""
        self.model_read = False
        self.engine = Engine(
            opened.run, opened.dataset, opened.device, opened.seed, opened.top_k, self.post_message
        )
        self.users = UsersScreen(self.index)
        self.walk = WalkScreen()
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = DARK.name

    def get_default_screen(self) -> Screen[None]:
        return self.users

    def on_mount(self) -> None:
        self.set_class(not symbols().braille, "ascii")
        self.install_screen(self.walk, "walk")
        if self.opened.user is not None:
            self.open_user(self.opened.user)
        self.call_after_refresh(self._first_frame_shown)

    def _first_frame_shown(self) -> None:
        """Only now the slow things."""
        gc.freeze()  # what is imported stays: collections need not look at it
        gc.enable()
        self.engine.start()

    def on_unmount(self) -> None:
        self.engine.stop(STOP_SECONDS)

    # What the screens ask for.

    @property
    def subject(self) -> Subject | None:
        """The user looked at."""
        if self.requested is None:
            return None
        user = self.requested.user
        return Subject(user, self.index.name(user), case_of_user(self.opened.dataset, user))

    def ask(self, user: int, seed: int | None = None) -> None:
        """Look at a walk; one that is there already is not walked again."""
        self.seed = self.seed if seed is None else seed
        if self.requested is not None and (self.requested.user, self.requested.seed) == (user, self.seed):
            return
        self.requested = self.engine.walk(user, self.seed)
        self.trajectory = None

    def open_user(self, user: int) -> None:
        """Show the walk of a user."""
        self.ask(user)
        if self.walk not in self.screen_stack:
            self.push_screen("walk")

    def close_user(self) -> None:
        """Back to the list."""
        if self.screen is self.walk:
            self.pop_screen()

    def refresh_view(self) -> None:
        """Draw the screen on top anew."""
        screen = self.walk if self.walk in self.screen_stack else self.users
        if screen.is_mounted:
            screen.show()

    # What the engine's thread tells.

    @on(UsersRead)
    def _users_read(self, message: UsersRead) -> None:
        self.index.set_ids(message.ids, message.lower)
        self.users.users_read()
        self.refresh_view()

    @on(TitlesRead)
    def _titles_read(self, message: TitlesRead) -> None:
        self.names = message.names
        self.refresh_view()

    @on(ModelRead)
    def _model_read(self, message: ModelRead) -> None:
        self.facts, self.trouble = message.facts, ""
        self.index.forget_ranks()
        if self.requested is not None and self.model_read:
            self.requested = self.engine.walk(self.requested.user, self.requested.seed)
        self.model_read = True
        self.refresh_view()

    @on(Failed)
    def _failed(self, message: Failed) -> None:
        self.trouble = message.reason
        self.refresh_view()

    @on(Walked)
    def _walked(self, message: Walked) -> None:
        if message.request == self.requested:
            self.trajectory = message.trajectory
            self.refresh_view()

    @on(Ranked)
    def _ranked(self, message: Ranked) -> None:
        self.index.ranks[message.users] = message.ranks
        self.users.ranks_arrived()

    # Actions that work everywhere.

    def action_reload(self) -> None:
        self.trouble = ""
        self.engine.reload()
        self.notify("reading the newest weights", timeout=2)

    def action_theme(self) -> None:
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name

    def action_help(self) -> None:
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())

    def action_filter(self) -> None:
        self.close_user()
        self.users.start_filter()

    async def action_quit(self) -> None:
        self.exit()

    def action_command_palette(self) -> None:
        """Every action of the screen by name, and every theme."""
        screen = self.screen
        if isinstance(screen, (UsersScreen, WalkScreen)):
            self.push_screen(PaletteScreen(self._choices(screen.scope)), self._run_choice)

    def _choices(self, scope: Scope) -> list[Choice]:
        actions = [
            Choice(action.id, action.label.capitalize(), action.help, action.shown)
            for action in available(scope)
            if action.id != "command_palette"
        ]
        themes = [Choice(f"theme:{name}", f"Theme {name}", "", "") for name in sorted(self.available_themes)]
        return actions + themes

    async def _run_choice(self, chosen: str | None) -> None:
        if chosen is None:
            return
        kind, _, theme = chosen.partition(":")
        if theme:
            self.theme = theme
        else:
            await self.screen.run_action(kind)
