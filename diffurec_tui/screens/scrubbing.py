"""Moving along a walk: every key moves an index into frames that are there; nothing is computed here."""

from __future__ import annotations

from textual import on
from textual.timer import Timer

from diffurec_tui.export import NamedWalk
from diffurec_tui.reading import States
from diffurec_tui.screens.view import ViewScreen
from diffurec_tui.widgets.curves import Curves
from diffurec_tui.widgets.timeline import Position, Timeline

STEPS_A_SECOND = 8.0
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


class Scrubbing(ViewScreen):
    """An index into the states of the walk that the app holds, and a player that moves it."""

    def __init__(self) -> None:
        super().__init__()
        self.index = 0
        self.speed = 1.0
        self.loop = False
        """At the end the player starts again."""
        self.follow = False
        """The newest state is on screen, while walks come in and when another one is asked for."""
        self.player: Timer | None = None
        self._states: States | None = None

    @property
    def states(self) -> States | None:
        """The walk, state by state."""
        trajectory = self.explorer.trajectory
        if trajectory is None:
            return None
        if self._states is None or self._states.trajectory is not trajectory:
            self._states = States(trajectory)
        return self._states

    @property
    def walked(self) -> NamedWalk | None:
        """The walk, as it is exported."""
        app = self.explorer
        if app.spec is None:
            return None
        user = app.spec.user
        return NamedWalk(app.spec, app.index.name(user), app.data_case(user))

    @property
    def shown(self) -> int:
        """Number of the state on screen: the one wanted, or the last there is as yet."""
        if self.states is None:
            return 0
        return self.states.last if self.follow else min(self.index, self.states.last)

    def show_timeline(self, states: States | None, said: str) -> None:
        """Draw where the cursor is, how far the walk is there, and one line about it."""
        self.query_one(Timeline).show(
            Position(
                index=self.shown,
                num_steps=states.num_steps if states else self.explorer.facts.num_steps,
                there=states.last if states else 0,
                t=states.t(self.shown) if states else None,
                playing=self.player is not None,
                loop=self.loop,
                follow=self.follow,
                speed=self.speed,
                note=said,
            )
        )

    # Moving.

    @property
    def _last(self) -> int:
        """The state a walk ends in, whether it is there already or not."""
        return self.states.num_steps if self.states else self.explorer.facts.num_steps

    def _go(self, index: int) -> None:
        self.pause()
        self.follow = False
        self._go_on(index)

    def _go_by(self, steps: int) -> None:
        self._go((self.shown if self.follow else self.index) + steps)

    def _go_on(self, index: int) -> None:
        self.index = min(self._last, max(0, index))
        self.show()

    def action_forward(self) -> None:
        self._go_by(1)

    def action_back(self) -> None:
        self._go_by(-1)

    def action_forward_5(self) -> None:
        self._go_by(5)

    def action_back_5(self) -> None:
        self._go_by(-5)

    def action_first(self) -> None:
        self._go(0)

    def action_last(self) -> None:
        self._go(self._last)

    def start_at(self, step: int) -> None:
        """Be at a step when it is drawn next."""
        self.pause()
        self.index, self.follow = step, False

    @on(Timeline.Picked)
    def _timeline_picked(self, event: Timeline.Picked) -> None:
        self._go(event.index)

    @on(Curves.Picked)
    def _curves_picked(self, event: Curves.Picked) -> None:
        self._go(event.index)

    # Playing.

    def action_play(self) -> None:
        if self.player is not None:
            self.pause()
        else:
            if self.index >= self._last or self.follow:
                self.index = 0
            self.follow = False
            self._play()
        self.show()

    def action_loop(self) -> None:
        self.loop = not self.loop
        self.show()

    def action_follow(self) -> None:
        self.pause()
        self.index, self.follow = self.shown, not self.follow
        self.show()

    def action_faster(self) -> None:
        self._set_speed(1)

    def action_slower(self) -> None:
        self._set_speed(-1)

    def _set_speed(self, by: int) -> None:
        place = SPEEDS.index(self.speed) + by
        self.speed = SPEEDS[min(len(SPEEDS) - 1, max(0, place))]
        if self.player is not None:
            self.pause()
            self._play()
        self.show()

    def _play(self) -> None:
        self.player = self.set_interval(1 / (STEPS_A_SECOND * self.speed), self._tick)

    def pause(self) -> None:
        if self.player is not None:
            self.player.stop()
            self.player = None

    def _tick(self) -> None:
        if self.index >= self._last and not self.loop:
            self.pause()
            self.show()
        elif self.index >= self._last:
            self._go_on(0)
        elif (
            self.states is not None and self.index < self.states.last
        ):  # else wait for what is not walked yet
            self._go_on(self.index + 1)
