"""What the words and signs on a screen mean, by view: each in a line of the help."""

from __future__ import annotations

from diffurec_tui.keys import Scope

STATE = ("x_t", "the state of the walk: noise at first, at last an item")
READ_OUT = ("x̂_0", "what the model reads out of x_t; at the end, the list")
NEXT = ("★", "the true next item: what this user came to in the data")
DIFFERS = ("≠", "beside what is pinned: not in the other list")

PLOTS = (
    ("A B C", "runs: a letter and a colour each, at the end of a curve"),
    ("loss", "of the steps since the line before"),
    ("HR, NDCG", "of the validation, in percent"),
    ("CPU %", "of one core: 400 is four of them"),
    ("memory", "of the process now, and at most so far"),
    ("smoothed", "running mean: 0.9 keeps nine tenths at each point"),
    ("x", "below a plot: a value that was not a number"),
    ("broken line", "a line of metrics.jsonl that is no entry"),
)

WORDS: dict[Scope, tuple[tuple[str, str], ...]] = {
    "users": (
        ("★", "the true next item; before a rank, a hit: in the top 10"),
        ("len", "items in the history"),
        ("pop", "how often the true next item occurs in training"),
        ("rank", "of the true next item among all, at the end of the walk"),
        ("lock", "the lock-in: step from which on the top-k of x̂_0 stays"),
        ("test HR@10", "share of hits among the users listed and ranked"),
        ("val HR@10", "the same in training, of the item before"),
        ("seen", "items of the history: here they are ranked too"),
    ),
    "walk": (
        STATE,
        READ_OUT,
        NEXT,
        ("t", "steps of noise still in x_t"),
        ("rank", "of the true next item among all items"),
        ("overlap", "share of the top-k that is in the final list"),
        ("entropy", "of the softmax over all items: high is undecided"),
        ("moved", "how far the state went in the step that led here"),
        ("cosine", "of the state to the final x̂_0"),
        ("noise", "share of noise in x_t, √(1-ᾱ_t)"),
        ("settled", "from the start: no step changed the list"),
        ("locked", "the lock-in: the step from which on a list stays"),
        ("λ0", "scale of x_t where the model sees it; the dial turns it"),
        ("▲2 ▼1 ●", "places risen, fallen, new, since the step before"),
        ("›", "in a list of x_t: recommended in the end"),
        ("grey title", "in the history already"),
        ("◆", "the item you follow"),
        ("⑂", "a fork: from this state on another seed draws"),
        DIFFERS,
    ),
    "diversity": (
        ("distinct", "items that are in any of the lists"),
        ("Jaccard", "of two lists: items in both, by items in either"),
        ("entropy", "of an item out of a list: high is spread out"),
        ("log k", "the entropy where all lists are the same"),
        ("distance", "of two items of a list: 0 where they are alike"),
        ("reached", "coverage: share of all items that is in any list"),
        ("popularity", "share of all items that occur less often"),
        ("median", "of the rank of the true next item over the walks"),
        NEXT,
        ("one of each", "a list of now and a pinned one, in the mean"),
        ("same seed", "two lists that began with the same noise"),
        DIFFERS,
    ),
    "map": (
        STATE,
        READ_OUT,
        ("◆", "the state, or what is read out; the line leads there"),
        ("1-0", "the list of the state, by rank; 0 is the tenth"),
        NEXT,
        ("● ∘", "the newest item of the history, and those before it"),
        ("picture", "two directions of many: what is near may be far"),
        ("away", "a distance in all dimensions, not in the picture"),
        ("cloud", "where many walks of a user end: wide is uncertain"),
        ("t-SNE", "a layout that keeps near what is near, and no more"),
    ),
    "jobs": (
        ("running", "its process is there, whatever its files say"),
        ("finished", "it came to its end"),
        ("interrupted", "stopped on request, everything saved"),
        ("failed", "stopped by an error, which stands above its log"),
        ("killed", "its process is gone without a word"),
        ("elsewhere", "another machine trained it; nothing here tells more"),
        ("best", "the best validation so far"),
        ("speed", "training examples a second, the newest figure"),
        ("age", "since the run was made"),
    ),
    "dials": (
        ("lambda", "scale of x_t where the model sees it; ×0 shuts it out"),
        ("steps", "of the walk: fewer go from noise to item in strides"),
        ("variance", "of the noise that a step adds"),
        ("rounding", "how items near to a vector are found"),
        ("temperature", "below 1 the first item gets more, above 1 less"),
        ("seen items", "those of the history, in the lists or left out"),
    ),
    "edit": (
        ("★", "the true next item: it stays as it is"),
        ("−1 +2", "in the first line: one item less, and two more"),
        ("▌", "the item that the keys are for"),
    ),
    "metrics": PLOTS,
    "watch": PLOTS,
}
"""The most needed first."""
