from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diffurec.inspection.cases import Case, case_of_user
from diffurec.inspection.frames import Frame, Trajectory
from diffurec.inspection.inspector import Inspector, load_inspector
from diffurec.inspection.views import Fork, View
from diffurec.run import open_run
from diffurec.walk_options import WalkOptions
from diffurec_tui import walking
from diffurec_tui.seen import SeenWalks
from diffurec_tui.snapshots import WalkSpec
from diffurec_tui.widgets.braille import same_place
from tests.tui.command import diffurec

STEPS = 32
SPEC = WalkSpec(5, Case((3, 1, 4, 1), 9), 7, View())
NAMED = {dial.name: dial for dial in walking.DIALS}


def test_a_fork_keeps_those_before_it_and_draws_what_was_not_drawn():
    one = walking.fork(SPEC, 12, STEPS)
    assert one is not None
    assert (one.seed, one.forks) == (7, (Fork(12, 8),))
    two = walking.fork(one, 20, STEPS)
    assert two is not None
    assert two.forks == (Fork(12, 8), Fork(20, 9))
    assert walking.path(two) == "seed 7 ⑂12:8 ⑂20:9"
    back = walking.fork(two, 5, STEPS)
    assert back is not None
    assert back.forks == (Fork(5, 10),)
    again = walking.fork(two, 20, STEPS)
    assert again is not None
    assert again.forks == (Fork(12, 8), Fork(20, 10)), "the same state again is another future"


def test_there_is_no_fork_at_the_end():
    assert walking.fork(SPEC, 31, STEPS) is not None
    assert walking.fork(SPEC, 32, STEPS) is None
    short = walking.set_dial(SPEC, NAMED["steps"], 8, STEPS)
    assert walking.fork(short, 8, STEPS) is None


def test_a_new_seed_drops_forks():
    forked = replace(SPEC, forks=(Fork(3, 50),))
    assert walking.reseed(forked) == replace(SPEC, seed=8)
    assert walking.reseed(replace(SPEC, seed=walking.MAX_SEED)).seed == 0


def test_what_decides_many_draws():
    view = View(top_k=20, temperature=2.0, exclude_seen=True, walk=WalkOptions(lambda_scale=5))
    spec = replace(SPEC, view=view, forks=(Fork(3, 50),))
    lists, ends = walking.drawn_of(spec), walking.drawn_of(spec, lists=False)
    assert lists == replace(SPEC, view=View(1, exclude_seen=True, walk=view.walk))
    assert ends == replace(SPEC, view=View(1, walk=view.walk)), "what is ranked moves no end"


def test_dials_stop_at_both_ends_and_say_what_is_changed():
    lam = NAMED["lambda"]
    up = walking.turn(SPEC, lam, 1, STEPS)
    assert up.view.walk.lambda_scale == 2
    assert walking.turned(up.view) == "λ ×2"
    for _ in range(20):
        up = walking.turn(up, lam, 1, STEPS)
    assert up.view.walk.lambda_scale == 1000
    assert walking.turned(SPEC.view) == ""
    assert walking.reset(up, lam, STEPS) == SPEC
    assert NAMED["steps"].values(32) == (None, 16, 8, 4, 2, 1)
    assert NAMED["steps"].values(1000)[:2] == (None, 512)
    assert NAMED["steps"].values(1) == (None,)


def test_a_shorter_walk_drops_forks_that_lie_outside():
    forked = replace(SPEC, forks=(Fork(3, 8), Fork(20, 9)))
    assert walking.set_dial(forked, NAMED["steps"], 16, STEPS).forks == (Fork(3, 8),)


def test_a_dial_at_a_value_it_does_not_have():
    odd = replace(SPEC, view=View(walk=WalkOptions(steps=7, lambda_scale=3.3)))
    assert walking.turn(odd, NAMED["steps"], 1, STEPS).view.walk.steps == 16
    assert walking.turn(odd, NAMED["lambda"], 1, STEPS).view.walk.lambda_scale == 2


def test_edits():
    def history(spec: WalkSpec | None) -> tuple[int, ...] | None:
        return spec.case.history if spec else None

    assert history(walking.remove(SPEC, 1)) == (3, 4, 1)
    assert walking.remove(replace(SPEC, case=Case((3,))), 0) is None
    assert history(walking.insert(SPEC, 4, 6)) == (3, 1, 4, 1, 6)
    assert history(walking.substitute(SPEC, 0, 6)) == (6, 1, 4, 1)
    assert history(walking.move(SPEC, 0, 1)) == (1, 3, 4, 1)
    assert history(walking.move(SPEC, 3, -1)) == (3, 1, 1, 4)
    assert walking.move(SPEC, 3, 1) is None
    assert walking.move(SPEC, 0, -1) is None


def test_edits_are_told():
    data = SPEC.case
    for history, told in (
        ((3, 1, 4, 1), ""),
        ((3, 1, 4), "history edited −1"),
        ((3, 4, 1, 5, 6), "history edited −1 +2"),
        ((1, 3, 4, 1), "history in another order"),
    ):
        assert walking.edited(data, Case(history, 9)) == told


def test_ids_that_spaces_cannot_part_are_written_as_json():
    class Odd:
        original_ids = ("", "a b", "c", "[d", "e,f", "ok", "-7")

    plain = replace(SPEC, case=Case((2, 5), 6))
    assert walking.trace_options(plain, Odd())[:2] == ["--history=c ok", "--target=-7"]
    odd = replace(SPEC, case=Case((1, 2, 3, 4)))
    (history, *_) = walking.trace_options(odd, Odd())
    assert json.loads(history.removeprefix("--history=")) == ["a b", "c", "[d", "e,f"]


@pytest.mark.parametrize(("last", "other"), [(32, 32), (32, 8), (8, 32), (1, 32), (0, 5)])
def test_linked_states_meet_at_both_ends(last: int, other: int):
    assert same_place(0, last, other) == 0
    assert last == 0 or same_place(last, last, other) == other
    assert all(0 <= same_place(index, last, other) <= other for index in range(last + 1))


def walk_of(frames: int) -> Trajectory:
    return Trajectory((object(),) * frames, frames)  # type: ignore[arg-type]


def test_walks_seen_are_kept_in_order_and_bounded():
    seen = SeenWalks(most_frames=100)
    specs = [replace(SPEC, seed=seed) for seed in range(4)]
    for spec in specs[:3]:
        seen.put(spec, walk_of(32))
    assert seen.of_user(5) == specs[:3]
    assert seen.get(specs[0]) is not None
    seen.put(specs[3], walk_of(32))
    assert seen.of_user(5) == [specs[0], specs[2], specs[3]], "the one not looked at for longest goes"
    seen.put(replace(SPEC, seed=9), walk_of(1000))
    assert len(seen) == 1, "one that is larger than all is kept alone"


# Any sequence of actions is a walk that the command line walks, too.

actions = st.one_of(
    st.tuples(st.just("fork"), st.integers(0, 40)),
    st.tuples(st.just("seed"), st.just(0)),
    st.tuples(st.sampled_from(sorted(NAMED)), st.sampled_from([-1, 1])),
    st.tuples(st.sampled_from(["remove", "up", "down", "reset", "restore"]), st.integers(0, 30)),
    st.tuples(st.sampled_from(["insert", "replace"]), st.integers(0, 1800)),
)


def act(spec: WalkSpec, name: str, number: int, data: Case, items: int) -> WalkSpec:
    length = len(spec.case.history)
    place, item = number % length, 1 + number % items
    match name:
        case "fork":
            return walking.fork(spec, number, STEPS) or spec
        case "seed":
            return walking.reseed(spec)
        case "remove":
            return walking.remove(spec, place) or spec
        case "up" | "down":
            return walking.move(spec, place, -1 if name == "up" else 1) or spec
        case "insert":
            return walking.insert(spec, place, item)
        case "replace":
            return walking.substitute(spec, place, item)
        case "restore":
            return walking.restore(spec, data)
        case "reset":
            return walking.reset_all(spec, STEPS)
        case dial:
            return walking.turn(spec, NAMED[dial], number, STEPS)


@pytest.fixture(scope="module")
def inspector(run_path: Path) -> Inspector:
    return load_inspector(open_run(run_path), device="cpu")


def told(frame: Frame) -> list[object]:
    """What `trace --json` tells of a step."""
    return [
        frame.index, frame.t, frame.moved,
        *(
            [
                one.items.tolist(), one.scores.tolist(), one.probabilities.tolist(),
                one.target_rank, one.entropy,
            ]
            for one in (frame.x_0_hat, frame.x_t)
        ),
    ]  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(actions, max_size=12), st.integers(0, 39))
def test_trace_walks_what_the_explorer_walks(
    run_path: Path, inspector: Inspector, done: list[tuple[str, int]], user: int
):
    dataset = open_run(run_path).dataset()
    data = case_of_user(dataset, user)
    spec = WalkSpec(user, data, 3, View())
    for name, number in done:
        spec = act(spec, name, number, data, inspector.model.num_items)
    steps = walking.length(spec, STEPS)
    assert [one.step for one in spec.forks] == sorted({one.step for one in spec.forks})
    assert all(0 <= one.step < steps for one in spec.forks)
    options = walking.trace_options(spec, inspector.catalogue)
    traced = diffurec("trace", "--ckpt", run_path, "--device", "cpu", *options, "--json").json
    ours = list(inspector.walk(spec.case, spec.seed, spec.view, spec.forks))
    catalogue = inspector.catalogue
    theirs = [
        [
            step["index"], step["t"], step["moved"],
            *(
                [
                    [catalogue.find(item["item_id"]) for item in step[lens]["top_k"]],
                    [item["score"] for item in step[lens]["top_k"]],
                    [item["probability"] for item in step[lens]["top_k"]],
                    step[lens]["target_rank"],
                    step[lens]["entropy"],
                ]
                for lens in ("x_0_hat", "x_t")
            ),
        ]
        for step in traced["steps"]
    ]  # fmt: skip
    assert [told(frame) for frame in ours] == theirs
