"""The walks seen so far, as many as memory should hold: going back to one costs nothing."""

from __future__ import annotations

from diffurec.inspection.frames import Trajectory
from diffurec_tui.snapshots import User, WalkSpec

MOST_FRAMES = 8_000
"""In all of them together; two kilobytes each, more or less."""


class SeenWalks:
    """Finished walks in the order first seen; the one not looked at for longest goes first."""

    def __init__(self, most_frames: int = MOST_FRAMES) -> None:
        self.most_frames = most_frames
        self._walks: dict[WalkSpec, Trajectory] = {}
        self._used: dict[WalkSpec, None] = {}
        """In the order last looked at."""

    def __len__(self) -> int:
        return len(self._walks)

    def get(self, spec: WalkSpec) -> Trajectory | None:
        found = self._walks.get(spec)
        if found is not None:
            self._touch(spec)
        return found

    def put(self, spec: WalkSpec, trajectory: Trajectory) -> None:
        self._walks[spec] = trajectory
        self._touch(spec)
        frames = sum(len(one.frames) for one in self._walks.values())
        for oldest in list(self._used):
            if frames <= self.most_frames or oldest == spec:
                return
            frames -= len(self._walks.pop(oldest).frames)
            del self._used[oldest]

    def forget(self) -> None:
        """Other weights walk other walks."""
        self._walks.clear()
        self._used.clear()

    def of_user(self, user: User) -> list[WalkSpec]:
        """Walks of one user's history, edited ones among them, in the order first seen."""
        return [spec for spec in self._walks if spec.user == user]

    def peek(self, spec: WalkSpec) -> Trajectory | None:
        """The walk, without having looked at it."""
        return self._walks.get(spec)

    def _touch(self, spec: WalkSpec) -> None:
        self._used.pop(spec, None)
        self._used[spec] = None
