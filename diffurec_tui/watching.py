"""What is looked at, and what the engine's thread is asked about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events

from diffurec.data.dataset import Dataset
from diffurec.inspection.cases import Case, case_lengths, case_of_user
from diffurec.inspection.frames import RankPaths, Trajectory
from diffurec.inspection.views import View
from diffurec.run import Run
from diffurec_tui.heats import Heats
from diffurec_tui.jobs.paths import PathsJob
from diffurec_tui.jobs.walk import WalkJob
from diffurec_tui.kept import Kept
from diffurec_tui.keymap import DEFAULT, Keymap
from diffurec_tui.seen import SeenWalks
from diffurec_tui.shell import Shell
from diffurec_tui.snapshots import Heat, Names, NumberedNames, Own, Subject, User, WalkSpec
from diffurec_tui.walking import edited, told
from diffurec_tui.widgets.user_index import UserIndex
from diffurec_tui.workers import Engine, run_facts

if TYPE_CHECKING:  # the first frame does without them
    from diffurec_tui.mapping import ItemMap
    from diffurec_tui.screens.title_search import TitleIndex

MOST_PATHS = 64


@dataclass(frozen=True)
class Opened:
    """What the command line asked for, checked."""

    run: Run
    dataset: Dataset
    user: User | None = None
    """Whom to open; None starts with the list."""
    seed: int = 0
    device: str = "auto"
    top_k: int = 10
    keymap: Keymap = DEFAULT
    theme: str = ""
    """Empty: the one chosen last."""
    state: Path | None = None
    """The file of what is remembered; None remembers nothing."""
    hints: bool = False
    """Whether to say what to do first in a view that was never opened."""


class Watching(Shell):
    """A user, the walk of the history, and what is known of it; nothing of how that is drawn."""

    def __init__(self, opened: Opened) -> None:
        super().__init__(opened.keymap, opened.theme, opened.state, hints=opened.hints)
        self.opened = opened
        self.facts = run_facts(opened.run, opened.dataset)
        self.names: Names = NumberedNames()
        self._titles: TitleIndex | None = None
        self.tracked: int | None = None
        self.seed = opened.seed
        self.index = UserIndex(*case_lengths(opened.dataset))
        self.spec: WalkSpec | None = None
        self.trajectory: Trajectory | None = None
        self.item_map: ItemMap | None = None
        self.map_failed = False
        self.walks = SeenWalks()
        self.trouble = ""
        self.model_read = False
        self.engine = Engine(opened.run, opened.dataset, opened.device, self.post_message)
        self.heats = Heats(self.engine.ask, self.engine.drop)
        self.paths = Kept[RankPaths](MOST_PATHS)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.InputEvent):
            self.engine.hush()
        await super().on_event(event)

    @property
    def subject(self) -> Subject | None:
        """The user looked at."""
        if self.spec is None:
            return None
        return Subject(self.spec.user, self.index.name(self.spec.user), self.spec.case)

    def ask(self, user: User, seed: int | None = None, patience: float = 0.0) -> None:
        """Look at the walk of a user's history, without edits; it may begin after some seconds."""
        self.seed = self.seed if seed is None else seed
        view = self.spec.view if self.spec is not None else View(top_k=self.opened.top_k)
        self.ask_for(WalkSpec(user, self.data_case(user), self.seed, view), patience)

    def ask_for(self, spec: WalkSpec, patience: float = 0.0) -> None:
        """Look at a walk; one that is there already is not walked again."""
        if spec == self.spec:
            return
        self.spec, self.seed, self.trajectory = spec, spec.seed, self.walks.get(spec)
        if self.trajectory is None:
            self.engine.ask(WalkJob(spec, patience))
        else:
            self.trouble = ""
            self.engine.drop(WalkJob.kind)
            self.ask_about_walk()

    def data_case(self, user: User) -> Case:
        """The history of a user as the data has it, or as it was typed."""
        return user.case if isinstance(user, Own) else case_of_user(self.opened.dataset, user)

    @property
    def edits(self) -> str:
        """How the history differs from the one of the data."""
        return "" if self.spec is None else edited(self.data_case(self.spec.user), self.spec.case)

    @property
    def told(self) -> tuple[str, tuple[str, ...]]:
        """For the header: the seeds of a walk with forks, and what is changed of the model and the data."""
        return ("", ()) if self.spec is None else told(self.spec, self.data_case(self.spec.user))

    @property
    def titles(self) -> TitleIndex:
        """All titles, to find items by; made when they are first looked for."""
        if self._titles is None or self._titles.names is not self.names:
            from diffurec_tui.screens.title_search import TitleIndex

            self._titles = TitleIndex(self.names, self.facts.num_items)
        return self._titles

    @property
    def remedy(self) -> str:
        """What to do where there is trouble."""
        return f"{self.keymap.key('everywhere.reload')} reads the newest weights"

    def want_influence(self, wanted: bool) -> None:
        """Whether to find out what each item of the history does, after every walk."""
        self.heats.want(wanted)
        self.ask_about_walk()

    @property
    def heat(self) -> Heat | None:
        """What the items of the history do, where it is known."""
        return None if self.spec is None else self.heats.get(self.spec)

    def track(self, item: int | None) -> None:
        """Follow one more item through every walk."""
        self.tracked = item
        self.ask_about_walk()

    def ask_about_walk(self) -> None:
        """What is to be known of a finished walk, beside the walk."""
        spec, trajectory = self.spec, self.trajectory
        if spec is None or trajectory is None or not trajectory.complete:
            return
        self.heats.ask_for(spec)
        paths = self.paths.get(spec)
        if paths is None or (self.tracked is not None and paths.of(self.tracked, "x_t") is None):
            self.engine.ask(PathsJob(spec, trajectory, self.tracked))

    def forget_walks(self) -> None:
        """All that was computed by weights that are no more."""
        self.walks.forget()
        self.heats.kept.forget()
        self.paths.forget()
        self.item_map, self.map_failed = None, False
