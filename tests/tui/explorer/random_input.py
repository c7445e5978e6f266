"""Keys, mouse and sizes of the terminal drawn at random: a seed gives the same ones in the same order."""

from __future__ import annotations

import asyncio
import itertools
import random
import unicodedata
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from textual import events
from textual.events import Event
from textual.geometry import Size
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
from textual.message import Message
from textual.pilot import Pilot

from diffurec_tui import shell
from diffurec_tui.app import ExplorerApp
from diffurec_tui.keys import ACTIONS
from diffurec_tui.messages import Failed
from diffurec_tui.watching import Opened

OTHERS = ["a", "1", "9", "tab", "shift+tab", "backspace", "delete", "enter", "escape", "pageup", "pagedown",
          "up", "down", "left", "right", "home", "end", "j", "k", "ctrl+f", "f1", ">", "<", "space", "ctrl+e",
          "ctrl+u", "ctrl+w", "ctrl+a", "ctrl+q", "ctrl+c", "~", "=", "é", "世"]  # fmt: skip
KEYS = [key for action in ACTIONS for key in action.keys.split(",")] + OTHERS
PASTED = ["user1", "title 12 | number 30 => i7", "", "[bold]", "\n\n", "len>3 hit", "\x1b[31m", "世" * 40]

HOME = ("escape",) * 4
WAYS: dict[str, tuple[str, ...]] = {
    "users": (),
    "walk": ("enter",),
    "diversity": ("enter", "2"),
    "map": ("enter", "3"),
    "metrics": ("4",),
    "settings": ("enter", "4", "o", "d"),
    "jobs": ("5",),
    "new job": ("enter", "5", "n"),
    "t-SNE": ("enter", "3", "T"),
    "filter": ("/",),
    "dials of the walk": ("enter", "1", "d"),
    "dials of the draws": ("enter", "2", "d"),
    "edited history": ("enter", "1", "w"),
    "title": ("enter", "1", "w", "a"),
    "tree": ("enter", "1", "T"),
    "own history": ("i",),
    "palette": ("ctrl+p",),
    "palette on the map": ("enter", "3", "ctrl+p"),
    "help": ("?",),
    "jump": ("enter", "2", "g"),
}
"""Keys that lead from the list of users to all there is."""

PLACES = {
    "UsersScreen users", "UsersScreen filter", "WalkScreen walk", "WalkScreen dials", "WalkScreen edit",
    "DiversityScreen diversity", "DiversityScreen dials", "MapScreen map", "HelpScreen", "PaletteScreen",
    "JumpScreen", "MetricsScreen metrics", "SettingsScreen", "JobsScreen jobs", "NewJobScreen",
    "OwnHistoryScreen", "TitleSearch", "TreeScreen",
}  # fmt: skip
KINDS = ("hover", "resize", "wheel", "drag", "paste", "click", "double", "key")
WHEELS = (events.MouseScrollDown, events.MouseScrollUp, events.MouseScrollLeft, events.MouseScrollRight)
TAKEN: dict[type[Event], str] = {
    events.Key: "keys",
    events.MouseUp: "clicks",
    events.MouseMove: "moves",
    events.Resize: "sizes",
    **dict.fromkeys(WHEELS, "wheel"),
}
"""What must have come to every place, by the event that it is."""
EVERY = 2_000
"""Inputs between two looks at how the app is."""


@dataclass(frozen=True)
class Input:
    """Something a person does, and what is waited for before the next thing."""

    kind: str
    what: str | tuple[int, ...]
    then: Literal["", "taken", "drawn"] = ""


def draw(seed: int, number: int) -> Iterator[Input]:
    """About `number` inputs: to one place after the other, and there whatever comes.

    Nothing in here looks at the app, so that a seed can be played again.
    """
    choose = random.Random(seed)
    size, made = (120, 40), 0
    for turn in itertools.count():
        for place, name in choose.sample(list(enumerate(WAYS)), len(WAYS)):
            for key in (*HOME, *WAYS[name]):
                yield Input("key", key, "taken")
            first = (2 * turn + place // 2 * 2) % len(
                KINDS
            )  # in every place each two of them come first once
            kinds = [
                *KINDS[first : first + 2],
                *choose.choices(KINDS, weights=(2, 1, 3, 2, 1, 5, 2, 26), k=28),
            ]
            for kind in kinds:
                size = _size(choose) if kind == "resize" else size
                drawn = kind == "resize" or choose.random() < 0.1
                yield Input(kind, _details(kind, size, choose), "drawn" if drawn else "")
            made += len(HOME) + len(WAYS[name]) + len(kinds)
            if made >= number:
                return


def _size(choose: random.Random) -> tuple[int, int]:
    """Mostly what terminals have; now and then the least and the most."""
    usual = choose.randint(60, 160), choose.randint(15, 50)
    odd = choose.randint(20, 300), choose.randint(5, 80)
    return choose.choices([usual, (80, 24), odd, (20, 5), (300, 80)], weights=(8, 4, 2, 2, 1))[0]


def _details(kind: str, size: tuple[int, int], choose: random.Random) -> str | tuple[int, ...]:
    if kind == "key":
        return choose.choice(KEYS)
    if kind == "paste":
        return choose.choice(PASTED)
    if kind == "resize":
        return size
    width, height = size
    spots = [(choose.randrange(width), choose.randrange(height)) for _ in range(2)]
    if choose.random() < 0.3:  # borders, scrollbars, header and footer
        spots[0] = (choose.choice([0, 1, width - 2, width - 1]), spots[0][1])
    if choose.random() < 0.3:
        spots[0] = (spots[0][0], choose.choice([0, 1, height - 2, height - 1]))
    return (*spots[0], *spots[1], choose.choice([1, 1, 1, 2, 3]), choose.choice([0, 0, 0, 1, 2, 4]))


class Watched(ExplorerApp):
    """Notes what came where; stays until it may leave, for any key may be the one that quits."""

    CSS_PATH = Path(shell.__file__).parent / ExplorerApp.CSS_PATH

    def __init__(self, opened: Opened) -> None:
        super().__init__(opened)
        self.came: Counter[tuple[str, str]] = Counter()
        self.faults: list[str] = []
        self.may_leave = False
        self.kept_in = 0
        post = self.engine._post

        def noted(message: Message) -> object:
            if isinstance(message, Failed):
                self.faults.append(message.reason)
            return post(message)

        self.engine._post = noted

    @property
    def place(self) -> str:
        name, scope = type(self.screen).__name__, getattr(self.screen, "scope", "")
        if not scope or name == "HelpScreen":
            return name
        return f"{name} {'filter' if getattr(self.focused, 'id', '') == 'filter' else scope}"

    async def on_event(self, event: Event) -> None:
        kind = TAKEN.get(type(event))
        if kind is not None and not (isinstance(event, events.InputEvent) and event.is_forwarded):
            self.came[self.place, kind] += 1
        await super().on_event(event)

    def exit(self, *args: object, **more: object) -> None:
        if self.may_leave:
            super().exit(*args, **more)  # type: ignore[arg-type]
        else:
            self.kept_in += 1


@dataclass
class Player:
    """Gives inputs to an app, and keeps the last ones for when it fails."""

    app: Watched
    pilot: Pilot[None]
    last: deque[str] = field(default_factory=lambda: deque(maxlen=100))
    done: int = 0

    async def play(self, inputs: Iterable[Input], every: Callable[[], object] = lambda: None) -> None:
        for one in inputs:
            self.last.append(f"{self.app.place}: {one.kind} {one.what}")
            self._send(one)
            self.done += 1
            if one.then:
                await self._wait(drawn=one.then == "drawn")
            if self.app._exception is not None or self.app._return_code is not None:
                break
            if self.done % EVERY == 0:
                every()

    async def _wait(self, *, drawn: bool) -> None:
        """Wait until what was sent is taken: a pilot's pause waits for the engine's thread as well."""
        await self._until_called(self.app.call_later)
        await self._until_called(self.app.screen.call_later)
        if drawn:
            await self._until_called(self.app.screen.call_after_refresh)

    @staticmethod
    async def _until_called(asked: Callable[[Callable[[], None]], object]) -> None:
        taken = asyncio.Event()
        asked(taken.set)
        with suppress(TimeoutError):  # the screen is gone
            await asyncio.wait_for(taken.wait(), 0.1)

    def _send(self, one: Input) -> None:
        driver = self.app._driver
        assert driver is not None
        if isinstance(one.what, str):
            driver.process_message(key_of(one.what) if one.kind == "key" else events.Paste(one.what))
        elif one.kind == "resize":
            size = Size(*one.what)
            driver._size = size  # type: ignore[attr-defined]
            driver.process_message(events.Resize(size, size))
        else:
            for event in mouse(one.kind, *one.what):
                driver.process_message(event)


def key_of(name: str) -> events.Key:
    """The event of a key, as a terminal's driver makes it."""
    key = _character_to_key(name) if len(name) == 1 and not name.isalnum() else name
    try:
        character = unicodedata.lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(key, key)))
    except KeyError:
        character = key if len(key) == 1 else None
    return events.Key(key, character)


def mouse(
    kind: str, x: int, y: int, to_x: int, to_y: int, button: int, held: int
) -> Iterator[events.MouseEvent]:
    """What a terminal sends for it."""

    def at(what: type[events.MouseEvent], x: int, y: int, button: int = 0) -> events.MouseEvent:
        shift, meta, ctrl = bool(held & 1), bool(held & 2), bool(held & 4)
        return what(None, x, y, 0, 0, button, shift, meta, ctrl, x, y)

    if kind == "wheel":
        yield at(WHEELS[(x + y) % len(WHEELS)], x, y)
        return
    yield at(events.MouseMove, x, y)
    if kind == "hover":
        return
    for _ in range(2 if kind == "double" else 1):
        yield at(events.MouseDown, x, y, button)
        if kind == "drag":
            yield at(events.MouseMove, (x + to_x) // 2, (y + to_y) // 2, button)
            yield at(events.MouseMove, to_x, to_y, button)
            x, y = to_x, to_y
        yield at(events.MouseUp, x, y, button)
