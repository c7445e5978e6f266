"""Fit a t-SNE: python -m diffurec.inspection.tsne_worker FOLDER; tsne.py starts it.

FOLDER has vectors.npy (N, D) and rows.npy, the rows that are fitted; points.npy (N, 2) comes into it. On
standard output are lines with the share that is done. It ends when its standard input does.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from pathlib import Path

import numpy as np
import numpy.typing as npt

from diffurec.inspection.neighbours import Neighbours
from diffurec.inspection.projection import principal_plane

Floats = npt.NDArray[np.float32]
PERPLEXITY = 30
EARLY, LATE = 250, 500
"""Rounds with and without exaggeration."""
EVERY = 25
"""Rounds between two lines."""
STARTED = 0.1
"""Share of the work that finding the nearest neighbours counts as."""
ROWS = 1_024


def main() -> None:
    folder = Path(sys.argv[1])
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    vectors = np.load(folder / "vectors.npy", allow_pickle=False)
    rows = np.load(folder / "rows.npy", allow_pickle=False)
    rest = np.setdiff1d(np.arange(len(vectors)), rows)
    fitting = len(rows) / len(vectors)
    points = np.empty((len(vectors), 2), dtype=np.float32)
    points[rows] = _fit(vectors[rows], fitting)
    place = Neighbours(vectors[rows], points[rows])
    for begin in range(0, len(rest), ROWS):
        part = rest[begin : begin + ROWS]
        points[part] = place(vectors[part])
        _tell(fitting + (1 - fitting) * begin / len(rest))
    temporary = folder / "temporary.npy"
    np.save(temporary, points)
    temporary.replace(folder / "points.npy")


def _fit(vectors: Floats, share: float) -> Floats:
    """Positions (N, 2), the same every time; it begins as the plane of greatest variance.

    Args:
        vectors: (N, D).
        share: of the whole work that this is.
    """
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN

    def told(round_: int, _error: float, _embedding: object) -> bool:
        done = (began + round_) / (EARLY + LATE)
        _tell(share * (STARTED + (1 - STARTED) * done))
        return False

    perplexity = min(PERPLEXITY, (len(vectors) - 1) // 3)
    near = PerplexityBasedNN(vectors, perplexity=perplexity, n_jobs=1, random_state=0)
    _tell(share * STARTED)
    start = principal_plane(vectors)(vectors).astype(np.float64)
    start = 1e-4 * start / (start[:, 0].std() or 1.0)
    start += np.random.default_rng(0).normal(scale=1e-6, size=start.shape)  # equal vectors come apart
    embedding = TSNEEmbedding(start, near, n_jobs=1, random_state=0)
    began = 0
    for rounds, exaggeration, momentum in ((EARLY, 12, 0.5), (LATE, 1, 0.8)):
        embedding.optimize(
            rounds,
            exaggeration=exaggeration,
            momentum=momentum,
            inplace=True,
            callbacks=[told],
            callbacks_every_iters=EVERY,
        )
        began += rounds
    return np.asarray(embedding, dtype=np.float32)


def _tell(share: float) -> None:
    print(f"{share:.3f}", flush=True)  # noqa: T201


def _end_with_parent(folder: Path) -> None:
    while os.read(sys.stdin.fileno(), 1):  # not through a buffer, whose lock would be held at the end
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


if __name__ == "__main__":
    main()
