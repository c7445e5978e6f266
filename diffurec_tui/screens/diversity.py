"""Many walks of one history: would another draw have said something else?"""

from __future__ import annotations

from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Container

from diffurec.errors import UserError
from diffurec_tui.export import draws_snapshot, write_snapshot
from diffurec_tui.jobs.samples import SampleJob
from diffurec_tui.keys import Scope, bindings
from diffurec_tui.sampling import Sampling
from diffurec_tui.screens.view import ViewScreen
from diffurec_tui.snapshots import Draws
from diffurec_tui.verdict import verdict
from diffurec_tui.widgets.curves import Curves, Series
from diffurec_tui.widgets.footer import Footer
from diffurec_tui.widgets.header import Header
from diffurec_tui.widgets.item_shares import ItemShares
from diffurec_tui.widgets.measures import Measures, Sentence
from diffurec_tui.widgets.rank_spread import RankSpread
from diffurec_tui.widgets.text import symbols

PATIENCE_SECONDS = 0.25


class DiversityScreen(ViewScreen):
    """The dials say how many walks and how long their lists; the engine's thread draws and measures them."""

    BINDINGS = bindings("diversity")
    CSS_PATH = "../theme/diversity.tcss"
    scope: Scope = "diversity"

    def __init__(self, k: int) -> None:
        super().__init__()
        self.sampling = Sampling(k)
        self._drawn = False
        """Whether draws are on screen, of this walk or of the one before."""

    def compose(self) -> ComposeResult:
        yield Header(id="header")
        with Container(id="diversity"):
            yield ItemShares(id="items")
            with Container(id="measured"):
                yield Measures(id="measures")
                with Container(id="plots"):
                    yield RankSpread(id="ranks")
                    yield Curves(id="converging")
        yield Sentence(id="sentence")
        yield Footer("diversity")

    def on_mount(self) -> None:
        self.query_one("#converging").border_title = "Mean Jaccard as walks come in"

    def on_resize(self) -> None:
        width, height = self.size
        self.set_class(width >= 160, "wide")
        self.set_class(width < 100 or height < 30, "small")
        self.set_class(width < 60 or height < 16, "tiny")

    def on_screen_suspend(self) -> None:
        """Nobody looks: what is drawn is kept, and the rest is drawn when one comes back."""
        self.explorer.engine.drop(SampleJob.kind)
        self.sampling.pause()

    # Drawing.

    def show(self) -> None:
        """Draw what there is, and ask for what there is not."""
        app = self.explorer
        if app.spec is not None:
            job = self.sampling.job(app.spec)
            if job is not None:
                app.engine.ask(job)
        draws = self.sampling.draws
        there = 0 if draws is None else len(draws.samples.seeds)
        walks = f"walks {min(there, self.sampling.number):,}/{self.sampling.number:,}"
        _, changes = app.told  # seeds of forks are of one walk alone
        self.query_one(Header).show(app.facts, app.subject, app.seed, walks, changes=changes)
        if draws is not None:
            self._show_draws(draws)
        elif app.trouble or not self._drawn:
            self._show_waiting()
        else:  # what is on screen stays for a moment: the first walks are there before one could read more
            self.set_timer(PATIENCE_SECONDS, self._show_waiting)

    def take(self, draws: Draws) -> None:
        """What the engine's thread drew."""
        if self.sampling.take(draws) and self.is_current:
            self.show()

    def _show_draws(self, draws: Draws) -> None:
        app = self.explorer
        self._drawn = True
        self.query_one(ItemShares).show(draws, app.names)
        self.query_one(Measures).show(draws)
        self.query_one(RankSpread).show(draws, app.facts.num_items)
        series = Series("Jaccard", tuple(draws.jaccard.tolist()), 0.0, 1.0)
        self.query_one(Curves).show((series,), max(2, draws.wanted), len(draws.jaccard) - 1)
        self.query_one(Sentence).say(verdict(draws, app.facts))

    def _show_waiting(self) -> None:
        if self.sampling.draws is not None:
            return
        app = self.explorer
        self._drawn = False
        doing = "drawing" if app.model_read else "loading the model"
        self.query_one(ItemShares).say(app.trouble or f"{doing}{symbols().more}")
        self.query_one(Measures).show(None)
        self.query_one(RankSpread).show(None, 0)
        self.query_one(Curves).show((), 0, 0)
        self.query_one(Sentence).say(app.remedy if app.trouble else "")

    # What one does.

    def action_more(self) -> None:
        self.sampling.turn_number(1)
        self.show()

    def action_fewer(self) -> None:
        self.sampling.turn_number(-1)
        self.show()

    def action_longer(self) -> None:
        self.sampling.turn_k(1)
        self.show()

    def action_shorter(self) -> None:
        self.sampling.turn_k(-1)
        self.show()

    def action_up(self) -> None:
        self.query_one(ItemShares).scroll_items(-1)

    def action_down(self) -> None:
        self.query_one(ItemShares).scroll_items(1)

    def action_page_up(self) -> None:
        self.query_one(ItemShares).scroll_pages(-1)

    def action_page_down(self) -> None:
        self.query_one(ItemShares).scroll_pages(1)

    def action_export(self) -> None:
        app, draws = self.explorer, self.sampling.draws
        if draws is None or app.subject is None:
            self.notify("nothing to export yet", timeout=3)
            return
        try:
            path = write_snapshot(Path.cwd(), draws_snapshot(app.facts, app.subject, draws, app.names))
        except UserError as error:
            self.notify(str(error), severity="warning", markup=False)
            return
        self.notify(f"written to {path.name}", timeout=4, markup=False)
