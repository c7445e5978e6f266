"""Which users' clouds are on the map, how many samples they have, and what they say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from diffurec.inspection.cases import Case
from diffurec.inspection.clouds import apart, centre, spread
from diffurec_tui.jobs.clouds import CloudJob
from diffurec_tui.kept import Kept
from diffurec_tui.mapping import Floats
from diffurec_tui.snapshots import User, WalkSpec
from diffurec_tui.walking import drawn_of
from diffurec_tui.widgets.text import symbols

NUMBERS = (0, 100, 200, 500, 1_000)
"""Samples of a cloud; 0 is none."""
MOST_CLOUDS = 5
KEPT = 20
"""Clouds that are not drawn again when one comes back to them."""


@dataclass(frozen=True, eq=False)
class Cloud:
    """Where walks of one user end; walk i has the seed `spec.seed + i`."""

    spec: WalkSpec
    name: str
    wanted: int
    vectors: Floats  # (N, D) N ≤ wanted

    @property
    def complete(self) -> bool:
        return len(self.vectors) >= self.wanted

    @cached_property
    def centre(self) -> Floats:
        return centre(self.vectors)

    @cached_property
    def spread(self) -> float:
        """Mean distance of the samples to their mean."""
        return spread(self.vectors)


class Clouds:
    """The user looked at and up to four others, all with the same seed, dials and number of samples."""

    def __init__(self, data_case: Callable[[User], Case], name: Callable[[User], str]) -> None:
        """Start without clouds.

        Args:
            data_case: history of a user.
            name: id of a user.
        """
        self.number = 0
        self.others: tuple[int, ...] = ()
        self._data_case, self._name = data_case, name
        self._drawn = Kept[Floats](KEPT)
        self._shown: dict[tuple[WalkSpec, int], Cloud] = {}
        self._asked: tuple[tuple[WalkSpec, ...], int] | None = None

    def turn_number(self, by: int) -> None:
        place = NUMBERS.index(self.number) + by
        self.number = NUMBERS[min(len(NUMBERS) - 1, max(0, place))]

    def add(self, user: int) -> None:
        """Another user's cloud beside the first."""
        self.number = self.number or NUMBERS[1]
        self.others = (*self.others, user)

    def clear(self) -> None:
        """No clouds; what is drawn is kept."""
        self.number, self.others = 0, ()

    def specs(self, spec: WalkSpec) -> tuple[WalkSpec, ...]:
        """The first walk of each cloud, beside the one looked at."""
        first = drawn_of(spec, lists=False)
        others = [user for user in self.others if user != spec.user]
        return (first, *(replace(first, user=user, case=self._data_case(user)) for user in others))

    def job(self, spec: WalkSpec) -> CloudJob | None:
        """What to do to see the clouds; None where it is done, or asked for."""
        wanted = (self.specs(spec), self.number)
        if wanted == self._asked:
            return None
        self._asked = wanted
        return CloudJob(*wanted, self._drawn.all()) if self.number else None

    def take(self, spec: WalkSpec, vectors: Floats) -> None:
        """Keep what came."""
        self._drawn.put(spec, vectors)

    def shown(self, spec: WalkSpec) -> tuple[Cloud, ...]:
        """What there is of the clouds wanted; the same again as long as nothing came."""
        if not self.number:
            return ()
        kept, self._shown = self._shown, {}
        for one in self.specs(spec):
            vectors = self._drawn.get(one)
            if vectors is None:
                continue
            key = (one, min(self.number, len(vectors)))
            cloud = kept.get(key)
            if cloud is None or cloud.wanted != self.number:
                cloud = Cloud(one, self._name(one.user), self.number, vectors[: self.number])
            self._shown[key] = cloud
        return tuple(self._shown.values())

    def pause(self) -> None:
        """What is not drawn yet is not being drawn any more."""
        self._asked = None

    def forget(self) -> None:
        """Other weights: what was drawn says nothing of them."""
        self._drawn.forget()
        self._shown, self._asked = {}, None


def said(clouds: tuple[Cloud, ...]) -> str:
    """In a sentence, how wide the clouds are against how far they are apart."""
    if not clouds:
        return ""
    first, x = clouds[0], symbols().x_0_hat
    if len(clouds) == 1:
        return f"{len(first.vectors):,} samples of {x} lie {first.spread:.2g} from their mean on average."
    within = sum(cloud.spread for cloud in clouds) / len(clouds)
    between = apart([cloud.centre for cloud in clouds])
    share = within / between if between else float("inf")
    if share < 0.05:
        verdict = "each user is one point"
    elif share < 0.25:
        verdict = "each user is a cloud of its own"
    elif share < 0.7:
        verdict = "the clouds reach one another"
    else:
        verdict = "the clouds lie in one another"
    near = f"The samples of a user lie {within:.2g} from their mean, the users {between:.2g} apart"
    return f"{near} ({100 * share:.2g} %): {verdict}."
