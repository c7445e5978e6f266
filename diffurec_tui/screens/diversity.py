"""Many walks of one history: would another draw, or another dial, have said something else?"""

from __future__ import annotations

from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Container

from diffurec_tui.difference import difference
from diffurec_tui.export import draws_snapshot
from diffurec_tui.jobs.samples import SampleJob
from diffurec_tui.keymap import keymap_of
from diffurec_tui.keys import Scope, bindings
from diffurec_tui.sampling import Sampling
from diffurec_tui.screens.dialing import Dialing
from diffurec_tui.snapshots import Draws
from diffurec_tui.verdict import verdict
from diffurec_tui.widgets.curves import Curves, Series
from diffurec_tui.widgets.dials import Dials
from diffurec_tui.widgets.footer import Footer
from diffurec_tui.widgets.header import Header
from diffurec_tui.widgets.item_shares import ItemShares
from diffurec_tui.widgets.measures import Measures, Sentence
from diffurec_tui.widgets.rank_spread import RankSpread
from diffurec_tui.widgets.text import symbols

PATIENCE_SECONDS = 0.25


class DiversityScreen(Dialing):
    """Keys say what is drawn; the engine's thread draws it, and sets it against what is pinned."""

    BINDINGS = bindings("diversity")
    CSS_PATH = "../theme/diversity.tcss"
    scope: Scope = "diversity"

    def __init__(self, k: int) -> None:
        super().__init__()
        self.sampling = Sampling(k)
        self._drawn: Draws | None = None
        """What is on screen, of this walk or of the one before."""

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
        yield Dials(id="dials")
        yield Footer("diversity")

    def on_mount(self) -> None:
        self.query_one("#converging").border_title = "Mean Jaccard as walks come in"

    def on_resize(self) -> None:
        width, height = self.size
        self.set_class(width >= 160, "wide")
        self.set_class(width < 100 or height < 30, "small")
        self.set_class(width < 60 or height < 16, "tiny")
        if self._drawn is not None:
            self._show_curves(self._drawn)

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
            self.query_one(Dials).show(app.spec.view, app.facts.num_steps)
        draws = self.sampling.draws
        there = 0 if draws is None else len(draws.samples.seeds)
        walks = f"walks {min(there, self.sampling.number):,}/{self.sampling.number:,}"
        _, changes = app.told  # seeds of forks are of one walk alone
        self.query_one(Header).show(app.facts, app.subject, app.seed, walks, changes=changes)
        if draws is not None:
            self._show_draws(draws)
        elif app.trouble or self._drawn is None:
            self._show_waiting()
        else:  # what is on screen stays for a moment: the first walks are there before one could read more
            self.set_timer(PATIENCE_SECONDS, self._show_waiting)

    def take(self, draws: Draws) -> None:
        """What the engine's thread drew."""
        if self.sampling.take(draws) and self.drawable and self.is_current:
            self.show()

    def _show_draws(self, draws: Draws) -> None:
        app = self.explorer
        self.query_one(ItemShares).show(draws, app.names, app.tracked)
        self.query_one(Sentence).say(self._said(draws))
        if draws is self._drawn:
            return
        self._drawn = draws
        self.query_one(Measures).show(draws)
        self.query_one(RankSpread).show(draws, app.facts.num_items)
        self._show_curves(draws)

    def _show_curves(self, draws: Draws) -> None:
        """Both on one axis: dashed where there is room for a plot, a row each where there is not."""
        now, count = tuple(draws.jaccard.tolist()), max(2, draws.wanted)
        series = [Series("Jaccard", now, 0.0, 1.0)]
        if draws.against is not None:
            pinned = tuple(draws.against.pinned.jaccard.tolist())
            count = max(count, len(pinned))
            if self.has_class("small"):
                series = [Series("now", now, 0.0, 1.0), Series("pinned", pinned, 0.0, 1.0)]
            else:
                beside = pinned + (float("nan"),) * (count - len(pinned))
                series = [replace(series[0], beside=beside)]
        self.query_one(Curves).show(series, count, len(now) - 1)

    def _said(self, draws: Draws) -> str:
        app, against = self.explorer, draws.against
        if against is None:
            said = verdict(draws, app.facts)
        else:
            said = difference(draws, against.pinned, against.contrast, app.index.name) or self._pinned()
        heated = app.spec is not None and app.spec.view.temperature != 1
        return f"Temperature changes no list. {said}" if heated else said

    def _pinned(self) -> str:
        """What one can do with pinned draws."""
        key = keymap_of(self).key
        return (
            f"Pinned: the next user ({key('views.next_user')}), other draws ({key('views.seed')}), dials"
            f" ({key('diversity.dials')}) and other lengths ({key('diversity.longer')}) will be shown beside"
            f" these. {key('diversity.pin')} lets go."
        )

    def _show_waiting(self) -> None:
        if self.sampling.draws is not None:
            return
        app = self.explorer
        self._drawn = None
        doing = "drawing" if app.model_read else "loading the model"
        self.query_one(ItemShares).say(app.trouble or f"{doing}{symbols().more}")
        self.query_one(Measures).show(None)
        self.query_one(RankSpread).show(None, 0)
        self.query_one(Curves).show((), 0, 0)
        self.query_one(Sentence).say(app.remedy if app.trouble else "")

    # What is drawn.

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

    def action_seed(self) -> None:
        """As many other draws: seeds that none of these had."""
        app = self.explorer
        if app.spec is not None:
            app.ask_for(replace(app.spec, seed=self.sampling.other_seed(app.spec.seed), forks=()))
            self.show()

    def open_dials(self, on: bool) -> None:
        self.dialing = on
        self.scope = "dials" if on else "diversity"  # the palette offers what the keys do
        self.query_one(Dials).open(on)
        self.query_one(Footer).use(self.scope)
        self.set_class(on, "dialing")

    # What it is set against.

    def action_pin(self) -> None:
        if self.sampling.pinned is not None:
            self.sampling.unpin()
        elif not self.sampling.pin():
            self.notify("not all walks are drawn yet", timeout=3)
        self._compare()
        self.show()

    def _compare(self) -> None:
        """Make room for a second column, or take it back."""
        self.set_class(self.sampling.pinned is not None, "comparing")

    def forget(self) -> None:
        """Other weights: what was drawn says nothing of them."""
        if self.sampling.pinned is not None:
            self.app.notify("other weights: the pinned draws are let go", timeout=4)
        self.sampling.forget()
        self._compare()

    # Looking.

    def action_up(self) -> None:
        self.query_one(ItemShares).scroll_items(-1)

    def action_down(self) -> None:
        self.query_one(ItemShares).scroll_items(1)

    def action_page_up(self) -> None:
        self.query_one(ItemShares).scroll_pages(-1)

    def action_page_down(self) -> None:
        self.query_one(ItemShares).scroll_pages(1)

    async def action_export(self) -> None:
        app, draws = self.explorer, self.sampling.draws
        if draws is None:
            self.notify("nothing to export yet", timeout=3)
            return
        await self.export(draws_snapshot, app.facts, draws, app.names, app.index.name)
