"""The two pictures of the map: the plane in which items differ the most, and t-SNE on demand."""

from __future__ import annotations

from diffurec.inspection.tsne import INSTALL, LEAST_ITEMS, is_installed
from diffurec_tui.jobs.tsne import PlaceJob, TsneJob
from diffurec_tui.mapping import Floats, ItemMap
from diffurec_tui.messages import Fitted, Fitting, Placed
from diffurec_tui.screens.clouding import Clouding
from diffurec_tui.widgets.scene import Places
from diffurec_tui.widgets.text import symbols


class Picturing(Clouding):
    """Which picture is shown, and where on it everything lies that is no item."""

    def __init__(self) -> None:
        super().__init__()
        self.fitting: Fitting | None = None
        """How far the t-SNE is that was asked for."""
        self._tsne: ItemMap | None = None
        """What is shown instead of the plane."""
        self._places: Places | None = None
        self._placing: tuple[Floats, ...] = ()

    @property
    def items(self) -> ItemMap | None:
        """The picture shown."""
        return self._tsne or self.explorer.item_map

    def action_tsne(self) -> None:
        plane = self.explorer.item_map
        if self._tsne is not None or self.fitting is not None:
            self._back_to_the_plane()
        elif plane is None:
            self.notify("the items are not there yet", timeout=3)
        elif not is_installed():
            self.notify(INSTALL, timeout=6, markup=False)
        elif len(plane.points) < LEAST_ITEMS:
            self.notify(f"t-SNE needs {LEAST_ITEMS} items or more", timeout=3)
        else:
            spec = self.explorer.spec
            clouds = self.clouds.shown(spec) if spec is not None else ()
            samples = tuple(cloud.vectors for cloud in clouds if cloud.complete)
            self.fitting = Fitting(0.0, 0.0)
            self.explorer.engine.ask(TsneJob(plane, samples))
        self.show()

    def _back_to_the_plane(self) -> None:
        self.explorer.engine.drop(TsneJob.kind)
        self._tsne = self.fitting = None

    def forget_picture(self) -> None:
        """Other weights; the engine's thread has ended its jobs."""
        self._tsne = self.fitting = self._places = None

    def take_picture(self, message: Fitting | Fitted | Placed) -> None:
        """What the engine's thread tells of it."""
        if isinstance(message, Placed):
            if self._places is not None and self._places.items is message.items:
                self._places.put(message.vectors, message.points)
        elif self.fitting is None:
            return  # nobody waits for it any more
        elif isinstance(message, Fitting):
            self.fitting = message
        elif message.plane is self.explorer.item_map:
            self._tsne, self.fitting = message.items, None
            if message.reason:
                self.notify(message.reason, severity="warning", timeout=6, markup=False)

    def places(self, items: ItemMap) -> Places:
        """Where vectors lie on the picture shown."""
        if self._places is None or self._places.items is not items:
            self._places, self._placing = Places(items), ()
        return self._places

    def place(self, wanted: tuple[Floats, ...]) -> None:
        """Have those placed that are not, unless that was asked for."""
        if self._places is None:
            return
        missing = self._places.missing(wanted)
        asked = {id(vectors) for vectors in self._placing}
        if not all(id(vectors) in asked for vectors in missing):
            self._placing = missing
            self.explorer.engine.ask(PlaceJob(self._places.items, missing))

    @property
    def told_of_fit(self) -> str:
        """How far the t-SNE is, if one is under way."""
        if self.fitting is None:
            return ""
        done, spent = 100 * self.fitting.share, self.fitting.seconds
        return f"t-SNE of all items{symbols().more} {done:.0f} %, {spent:.0f} s"
