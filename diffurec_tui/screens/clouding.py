"""Clouds on the map: where many walks of one user end, beside where those of other users end."""

from __future__ import annotations

import random

import numpy as np

from diffurec_tui.clouds import MOST_CLOUDS, Clouds
from diffurec_tui.jobs.clouds import CloudJob
from diffurec_tui.screens.looking import Looking
from diffurec_tui.snapshots import User


class Clouding(Looking):
    """More and fewer samples, more and fewer users."""

    clouds: Clouds

    def __init__(self) -> None:
        super().__init__()
        self._near = 0
        """Which cloud is looked at from near by: 0 all of them, 1 the first, …"""

    def draw_clouds(self) -> None:
        """Ask for what there is not."""
        app = self.explorer
        job = self.clouds.job(app.spec) if app.spec is not None else None
        if job is not None:
            app.engine.ask(job)
        elif not self.clouds.number:
            app.engine.drop(CloudJob.kind)

    def action_cloud_more(self) -> None:
        self.clouds.turn_number(1)
        self.show()

    def action_cloud_fewer(self) -> None:
        self.clouds.turn_number(-1)
        self.show()

    def action_cloud_clear(self) -> None:
        self.clouds.clear()
        self.show()

    def action_cloud_other(self) -> None:
        """The next of the list that is not there yet."""
        rows, there = self.explorer.users.list.rows, self._users()
        in_data = [one for one in there if isinstance(one, int)]
        place = np.flatnonzero(rows == in_data[-1]) if in_data else rows[:0]
        begin = int(place[0]) + 1 if len(place) else 0
        after = [int(row) for part in (rows[begin : begin + 9], rows[:9]) for row in part]
        self._add(next((row for row in after if row not in there), None))

    def action_cloud_random(self) -> None:
        there, number = self._users(), len(self.explorer.index)
        drawn = random.sample(range(number), min(number, MOST_CLOUDS + 1))
        self._add(next((row for row in drawn if row not in there), None))

    def action_cloud_near(self) -> None:
        """All clouds, then each of them, then all again."""
        scene = self.map.scene
        if scene is None or not scene.clouds:
            self.notify("no clouds yet: m draws samples", timeout=3)
            return
        self._near %= len(scene.clouds) + (len(scene.clouds) > 1)
        parts = scene.samples if self._near == 0 else scene.samples[self._near - 1 : self._near]
        self._near += 1
        self.map.look_at(np.concatenate(parts))

    def _users(self) -> list[User]:
        spec = self.explorer.spec
        return [] if spec is None else [one.user for one in self.clouds.specs(spec)]

    def _add(self, user: int | None) -> None:
        if user is None:
            self.notify("there is no other user", timeout=3)
        elif len(self._users()) >= MOST_CLOUDS:
            self.notify(f"{MOST_CLOUDS} clouds at the most: C clears them", timeout=3)
        else:
            self.clouds.add(user)
            self.show()
