"""By the name of an action: press its key, and see the effect."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import numpy as np

from diffurec_tui.screens.help import HelpScreen
from diffurec_tui.screens.jump import JumpScreen
from diffurec_tui.screens.own_history import OwnHistoryScreen
from diffurec_tui.screens.palette import PaletteScreen
from diffurec_tui.screens.title_search import TitleSearch
from diffurec_tui.screens.tree import TreeScreen
from diffurec_tui.walking import DIALS
from diffurec_tui.widgets.history import History
from diffurec_tui.widgets.item_shares import ItemShares
from diffurec_tui.widgets.raster import Window
from diffurec_tui.widgets.user_filter import HIT
from tests.tui.explorer.checks import At

Check = Callable[[At, str], Awaitable[None]]
CHECKS: dict[str, Check] = {}


def check(binding: str) -> Callable[[Check], Check]:
    def noted(one: Check) -> Check:
        assert binding not in CHECKS
        CHECKS[binding] = one
        return one

    return noted


# Steps.


def steps_to(binding: str, start: int, end: int) -> None:
    @check(binding)
    async def _(at: At, key: str) -> None:
        at.stepped.start_at(start)
        await at.press(key)
        assert at.stepped.index == end


steps_to("steps.forward", 3, 4)
steps_to("steps.back", 3, 2)
steps_to("steps.forward_5", 3, 8)
steps_to("steps.back_5", 9, 4)
steps_to("steps.first", 9, 0)
steps_to("steps.last", 9, 16)


@check("steps.play")
async def play(at: At, key: str) -> None:
    at.stepped.start_at(2)
    await at.press(key)
    await at.until(lambda: at.stepped.index > 2)
    assert at.stepped.player is not None
    await at.press(key)
    assert at.stepped.player is None


@check("steps.faster")
async def faster(at: At, key: str) -> None:
    at.stepped.speed = 1.0
    await at.press(key)
    assert at.stepped.speed == 2


@check("steps.slower")
async def slower(at: At, key: str) -> None:
    at.stepped.speed = 1.0
    await at.press(key)
    assert at.stepped.speed == 0.5


@check("steps.loop")
async def loop(at: At, key: str) -> None:
    at.stepped.start_at(16)
    at.stepped.speed = 8.0
    await at.press(key)
    assert at.stepped.loop
    at.stepped._play()
    await at.until(lambda: 0 < at.stepped.index < 16)
    at.stepped.pause()
    await at.press(key)
    assert not at.stepped.loop


@check("steps.follow")
async def follow(at: At, key: str) -> None:
    at.stepped.start_at(2)
    await at.press(key)
    assert at.stepped.shown == 16
    await at.press(key)
    assert not at.stepped.follow


@check("steps.lens")
async def lens(at: At, key: str) -> None:
    before = at.stepped.lens
    await at.press(key)
    assert {before, at.stepped.lens} == {"x_t", "x_0_hat"}


# Walks.


@check("views.seed")
async def seed(at: At, key: str) -> None:
    before, draws = at.spec.seed, at.app.screen is at.app.diversity
    await at.walk(key)
    assert at.spec.seed == before + (at.app.diversity.sampling.number if draws else 1)


@check("walk.fork")
async def fork(at: At, key: str) -> None:
    at.stepped.start_at(4)
    await at.walk(key)
    assert at.spec.forks[-1].step == 4


@check("walk.previous_walk")
async def previous_walk(at: At, key: str) -> None:
    walks = [branch.spec for branch in at.app.walk.branches()]
    place = walks.index(at.spec)
    assert place > 0
    await at.walk(key)
    assert at.spec == walks[place - 1]


@check("walk.next_walk")
async def next_walk(at: At, key: str) -> None:
    walks = [branch.spec for branch in at.app.walk.branches()]
    place = walks.index(at.spec)
    await at.walk(key)
    assert at.spec == walks[place + 1]


@check("walk.tree")
async def tree(at: At, key: str) -> None:
    await at.press(key)
    assert isinstance(at.app.screen, TreeScreen)
    before = at.spec
    await at.walk("up", "enter")
    assert at.spec != before


@check("walk.dials")
@check("diversity.dials")
async def dials(at: At, key: str) -> None:
    await at.press(key)
    assert at.app.focused is at.dials
    assert at.dials.display


@check("walk.edit")
async def edit(at: At, key: str) -> None:
    await at.press(key)
    assert at.app.focused is at.editor
    assert at.editor.cursor == len(at.history) - 1


@check("walk.pin")
async def pin(at: At, key: str) -> None:
    await at.press(key)
    assert at.app.walk.pinned is not None
    assert at.app.walk.pinned.spec == at.spec
    await at.press(key)
    assert at.app.walk.pinned is None


@check("walk.flip")
async def flip(at: At, key: str) -> None:
    await at.press("P", key)
    assert at.app.walk.query_one("#pinned").display
    await at.press(key)
    assert not at.app.walk.flipped
    await at.press("P")


@check("walk.why")
async def why(at: At, key: str) -> None:
    for shown in ("top-1", "target", "attention", "off"):
        await at.press(key)
        assert at.app.walk.why == shown
        assert (at.app.walk.heat is None) == (shown == "off")


@check("walk.track")
async def track(at: At, key: str) -> None:
    await at.press(key)
    assert isinstance(at.app.screen, TitleSearch)
    await at.press(*"title 17", "enter")
    assert at.app.tracked == 17
    await at.press(key)
    assert at.app.tracked is None


@check("walk.history_up")
async def history_up(at: At, key: str) -> None:
    history = at.app.walk.query_one(History)
    history.scrolled = 0
    await at.press(key)
    assert history.scrolled == 1


@check("walk.history_down")
async def history_down(at: At, key: str) -> None:
    history = at.app.walk.query_one(History)
    history.scrolled = 2
    await at.press(key)
    assert history.scrolled == 1


@check("walk.export")
@check("diversity.export")
@check("map.export")
async def export(at: At, key: str) -> None:
    written = json.loads((await at.written(key)).read_text())
    assert str(at.spec.seed) in json.dumps(written)


# Views.


@check("views.view_walk")
async def view_walk(at: At, key: str) -> None:
    await at.press(key)
    assert at.app.screen is at.app.walk


@check("views.view_diversity")
async def view_diversity(at: At, key: str) -> None:
    await at.press(key)
    assert at.app.screen is at.app.diversity


@check("views.view_map")
async def view_map(at: At, key: str) -> None:
    await at.press(key)
    assert at.app.screen is at.app.map


@check("views.users")
async def users(at: At, key: str) -> None:
    await at.press(key)
    assert at.app.screen is at.app.users


@check("views.next_user")
async def next_user(at: At, key: str) -> None:
    before = at.spec.user
    await at.walk(key)
    assert at.spec.user == before + 1


@check("views.previous_user")
async def previous_user(at: At, key: str) -> None:
    before = at.spec.user
    await at.walk(key)
    assert at.spec.user == before - 1


# Along the list.


def seeks(binding: str, by: int, *, hit: bool) -> None:
    @check(binding)
    async def _(at: At, key: str) -> None:
        rows = at.app.users.list.rows
        ranks = at.app.index.ranks[rows]
        places = np.flatnonzero((ranks > 0) & ((ranks <= HIT) == hit))
        start = 20
        at.app.users.list.go_to(int(rows[start]))
        await at.walk(key)
        beyond = places[places > start] if by > 0 else places[places < start][::-1]
        assert at.user == rows[beyond[0]]
        assert at.spec.user == at.user


seeks("along.next_miss", 1, hit=False)
seeks("along.previous_miss", -1, hit=False)
seeks("along.next_hit", 1, hit=True)
seeks("along.previous_hit", -1, hit=True)


@check("along.random_user")
async def random_user(at: At, key: str) -> None:
    before = at.user
    await at.walk(key)
    assert at.user != before
    assert at.spec.user == at.user


# Diversity.


@check("diversity.more")
async def more(at: At, key: str) -> None:
    before = at.app.diversity.sampling.number
    await at.press(key)
    assert at.app.diversity.sampling.number > before
    await at.drawn()
    draws = at.app.diversity.sampling.ready
    assert draws is not None
    assert len(draws.samples.seeds) > before


@check("diversity.fewer")
async def fewer(at: At, key: str) -> None:
    before = at.app.diversity.sampling.number
    await at.press(key)
    assert at.app.diversity.sampling.number < before
    await at.drawn()


@check("diversity.longer")
async def longer(at: At, key: str) -> None:
    before = at.app.diversity.sampling.k
    await at.press(key)
    await at.drawn()
    assert at.app.diversity.sampling.draws is not None
    assert at.app.diversity.sampling.draws.k > before


@check("diversity.shorter")
async def shorter(at: At, key: str) -> None:
    before = at.app.diversity.sampling.k
    await at.press(key)
    await at.drawn()
    assert at.app.diversity.sampling.draws is not None
    assert at.app.diversity.sampling.draws.k < before


def scrolls(binding: str, start: int, *, down: bool, far: bool) -> None:
    @check(binding)
    async def _(at: At, key: str) -> None:
        items = at.app.diversity.query_one(ItemShares)
        items.scrolled = start
        items._fit()
        before = items.scrolled
        await at.press(key)
        moved = items.scrolled - before if down else before - items.scrolled
        assert moved > 1 if far else moved == 1


scrolls("diversity.down", 0, down=True, far=False)
scrolls("diversity.up", 4, down=False, far=False)
scrolls("diversity.page_down", 0, down=True, far=True)
scrolls("diversity.page_up", 40, down=False, far=True)


@check("diversity.pin")
async def pin_draws(at: At, key: str) -> None:
    sampling = at.app.diversity.sampling
    await at.press(key)
    assert sampling.pinned is not None
    await at.press(key)
    assert sampling.pinned is None


# The map.


def seen(at: At) -> Window:
    widget = at.app.map.map
    assert widget.scene is not None
    return widget.seen(widget.scene, *widget.size)


@check("map.mark_next")
async def mark_next(at: At, key: str) -> None:
    await at.press("backspace", key)
    assert at.app.map.map.scene is not None
    assert at.app.map.picked == at.app.map.map.scene.marks[0].item


@check("map.mark_back")
async def mark_back(at: At, key: str) -> None:
    await at.press("backspace", "tab", "tab")
    second = at.app.map.picked
    await at.press("tab", key)
    assert at.app.map.picked == second


@check("map.unpick")
async def unpick(at: At, key: str) -> None:
    await at.press("tab", key)
    assert at.app.map.picked is None


def looks(binding: str, true: Callable[[Window, Window], bool]) -> None:
    @check(binding)
    async def _(at: At, key: str) -> None:
        at.app.map.map.fit_all()
        before = seen(at)
        await at.press(key)
        assert true(before, seen(at))


looks("map.zoom_in", lambda old, new: new.scale < old.scale)
looks("map.zoom_out", lambda old, new: new.scale > old.scale)
looks("map.pan_left", lambda old, new: (new.x < old.x) and (new.y, new.scale) == (old.y, old.scale))
looks("map.pan_right", lambda old, new: (new.x > old.x) and (new.y, new.scale) == (old.y, old.scale))
looks("map.pan_up", lambda old, new: (new.y > old.y) and (new.x, new.scale) == (old.x, old.scale))
looks("map.pan_down", lambda old, new: (new.y < old.y) and (new.x, new.scale) == (old.x, old.scale))
looks("map.centre", lambda old, new: new != old)


@check("map.fit_all")
async def fit_all(at: At, key: str) -> None:
    at.app.map.map.fit_all()
    before = seen(at)
    await at.press("z", "A")
    assert seen(at) != before
    await at.press(key)
    assert seen(at) == before


@check("map.cloud_more")
async def cloud_more(at: At, key: str) -> None:
    await at.press("C", *["M"] * 4, key)
    await at.until(
        lambda: at.app.map.map.scene and [one.wanted for one in at.app.map.map.scene.clouds] == [100]
    )


@check("map.cloud_fewer")
async def cloud_fewer(at: At, key: str) -> None:
    await at.press("C", *["M"] * 4, "m", key)
    assert at.app.map.clouds.number == 0


@check("map.cloud_other")
async def cloud_other(at: At, key: str) -> None:
    await at.press("C", key)
    assert [spec.user for spec in at.app.map.clouds.specs(at.spec)] == [at.spec.user, at.user + 1]


@check("map.cloud_random")
async def cloud_random(at: At, key: str) -> None:
    await at.press("C", key)
    one, other = (spec.user for spec in at.app.map.clouds.specs(at.spec))
    assert one == at.spec.user
    assert other != one


@check("map.cloud_near")
async def cloud_near(at: At, key: str) -> None:
    await at.press("C", "m")
    await at.until(lambda: at.app.map.map.scene and at.app.map.map.scene.clouds)
    at.app.map.map.fit_all()
    before = seen(at)
    await at.press(key)
    assert seen(at).scale < before.scale


@check("map.cloud_clear")
async def cloud_clear(at: At, key: str) -> None:
    await at.press("N", key)
    assert at.app.map.clouds.specs(at.spec) == () or not at.app.map.clouds.number


@check("map.tsne")
async def tsne(at: At, key: str) -> None:
    plane = at.app.map.items
    await at.press("C", key)
    await at.until(lambda: at.app.map.fitting is None and at.app.map.items is not plane)
    await at.press(key)
    assert at.app.map.items is plane


@check("map.colour")
async def colour(at: At, key: str) -> None:
    await at.press(key)
    assert at.app.map.by == "popularity", "there are no categories"
    await at.until(lambda: at.app.map.map.scene and at.app.map.map.scene.colouring)
    await at.press(key, key)
    assert at.app.map.by == "nothing"


# The list of users.


@check("users.choose")
async def choose(at: At, key: str) -> None:
    user = at.user
    await at.press(key)
    assert at.app.screen is at.app.walk
    assert at.spec.user == user


@check("users.order")
async def order(at: At, key: str) -> None:
    before = at.app.users.ordering
    await at.press(key)
    assert at.app.users.ordering == before.next()


@check("users.order_back")
async def order_back(at: At, key: str) -> None:
    rows = at.app.users.list.rows.tolist()
    await at.press(key)
    assert at.app.users.list.rows.tolist() != rows
    await at.press(key)
    assert at.app.users.list.rows.tolist() == rows


@check("users.own")
async def own(at: At, key: str) -> None:
    await at.press(key)
    assert isinstance(at.app.screen, OwnHistoryScreen)
    await at.walk("ctrl+u", *"title 3|title 4", "enter")
    assert at.app.screen is at.app.walk
    assert at.history == (3, 4)


@check("users.clear")
async def clear(at: At, key: str) -> None:
    await at.press("slash", *"user1", "enter")
    assert len(at.app.users.list.rows) == 11
    await at.press(key)
    assert len(at.app.users.list.rows) == 40


# The dials.


@check("dials.dial_up")
async def dial_up(at: At, key: str) -> None:
    at.dials.cursor = 2
    await at.press(key)
    assert at.dials.cursor == 1


@check("dials.dial_down")
async def dial_down(at: At, key: str) -> None:
    at.dials.cursor = 2
    await at.press(key)
    assert at.dials.cursor == 3


@check("dials.dial_left")
async def dial_left(at: At, key: str) -> None:
    at.dials.cursor = 4
    before = at.spec.view.temperature
    await at.walk(key)
    assert at.spec.view.temperature < before


@check("dials.dial_right")
async def dial_right(at: At, key: str) -> None:
    at.dials.cursor = 0
    before = at.spec.view.walk.lambda_scale
    await at.walk(key)
    assert at.spec.view.walk.lambda_scale > before


@check("dials.dial_reset")
async def dial_reset(at: At, key: str) -> None:
    at.dials.cursor = 0
    await at.walk("right")
    at.dials.cursor = 4
    await at.walk("right")
    await at.walk(key)
    assert at.spec.view.temperature == 1
    assert at.spec.view.walk.lambda_scale != 1


@check("dials.dials_reset")
async def dials_reset(at: At, key: str) -> None:
    at.dials.cursor = 0
    await at.walk("right")
    assert at.spec.view.walk.lambda_scale != 1
    await at.walk(key)
    assert all(dial.get(at.spec.view) == dial.own for dial in DIALS)


@check("dials.dials_close")
async def dials_close(at: At, key: str) -> None:
    before = at.spec.view
    await at.press(key)
    assert not at.dials.has_focus
    assert at.app.screen.scope in ("walk", "diversity")  # type: ignore[attr-defined]
    assert at.spec.view == before


# The edited history.


def edits(binding: str, place: int, after: Callable[[tuple[int, ...]], tuple[int, ...]], *then: str) -> None:
    @check(binding)
    async def _(at: At, key: str) -> None:
        await at.walk("0")
        before = at.history
        at.editor.put_cursor(place)
        await at.walk(key, *then)
        assert at.history == after(before)


edits("edit.edit_remove", 1, lambda old: (old[0], *old[2:]))
edits("edit.edit_add", 1, lambda old: (*old[:2], 17, *old[2:]), *"title 17", "enter")
edits("edit.edit_replace", 1, lambda old: (old[0], 17, *old[2:]), *"title 17", "enter")
edits("edit.edit_earlier", 1, lambda old: (old[1], old[0], *old[2:]))
edits("edit.edit_later", 1, lambda old: (old[0], old[2], old[1], *old[3:]))


@check("edit.edit_restore")
async def edit_restore(at: At, key: str) -> None:
    await at.walk("x")
    await at.walk(key)
    assert at.spec.case == at.app.data_case(at.spec.user)


@check("edit.edit_up")
async def edit_up(at: At, key: str) -> None:
    at.editor.put_cursor(2)
    await at.press(key)
    assert at.editor.cursor == 1


@check("edit.edit_down")
async def edit_down(at: At, key: str) -> None:
    at.editor.put_cursor(1)
    await at.press(key)
    assert at.editor.cursor == 2


@check("edit.edit_leave")
async def edit_leave(at: At, key: str) -> None:
    await at.walk("x")
    await at.press(key)
    assert at.app.walk.mode == "walk"
    assert at.app.edits
    await at.press("w", "0")


# Everywhere.


@check("everywhere.go_to")
async def go_to(at: At, key: str) -> None:
    await at.press(key)
    assert isinstance(at.app.screen, JumpScreen)
    await at.walk(*"user9", "enter")
    assert at.spec.user == 9


@check("everywhere.filter")
async def start_filter(at: At, key: str) -> None:
    await at.press(key)
    assert at.app.screen is at.app.users
    assert at.app.focused is not None
    assert at.app.focused.id == "filter"


@check("everywhere.reload")
async def reload(at: At, key: str) -> None:
    await at.until(lambda: at.app.item_map)
    await at.changed(lambda: id(at.app.item_map), key)
    assert "newest weights" in at.said()


@check("everywhere.theme")
async def theme(at: At, key: str) -> None:
    before = at.app.theme
    await at.press(key)
    assert at.app.theme != before
    assert at.app.remembered.theme == at.app.theme


@check("everywhere.help")
async def help_(at: At, key: str) -> None:
    await at.press(key)
    assert isinstance(at.app.screen, HelpScreen)


@check("everywhere.command_palette")
async def palette(at: At, key: str) -> None:
    before = at.app.theme
    await at.press(key)
    assert isinstance(at.app.screen, PaletteScreen)
    await at.press(*"the next theme", "enter")
    assert at.app.theme != before


@check("everywhere.quit")
async def quit_(at: At, key: str) -> None:
    left: list[bool] = []
    leave = at.app.exit
    at.app.exit = lambda *_, **__: left.append(True)  # type: ignore[method-assign]
    await at.press(key)
    at.app.exit = leave  # type: ignore[method-assign]
    assert left == [True]
