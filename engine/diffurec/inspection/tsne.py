"""t-SNE of items and samples in a process of its own, and its pictures kept in the run.

The process gets arrays in a temporary folder and tells how far it is on a line a time. It goes when it is
closed, and also when the program that started it is gone: its standard input then ends.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from diffurec.errors import UserError
from diffurec.files import write_array
from diffurec.inspection.weights import content_name
from diffurec.run import Run

Floats = npt.NDArray[np.float32]
INSTALL = 't-SNE needs openTSNE: pip install "diffurec[map]"'
FITTED_ITEMS = 20_000
"""Of more items a sample is fitted; the others lie where their nearest fitted ones lie."""
LEAST_ITEMS = 10
KEPT = 20
"""Pictures of one run that are kept."""
VERSION = 1
"""Of how pictures are made: others are not read."""


def is_installed() -> bool:
    """Whether the optional library is there; it is not imported."""
    return find_spec("openTSNE") is not None


def fitted_rows(number_items: int, number: int) -> npt.NDArray[np.int64]:
    """Which of `number` vectors, items first, are fitted: not more items than that, and all others."""
    items = np.arange(number_items)
    if number_items > FITTED_ITEMS:
        items = np.sort(np.random.default_rng(0).permutation(number_items)[:FITTED_ITEMS])
    return np.concatenate([items, np.arange(number_items, number)])


class TsnePictures:
    """The pictures that a run keeps, by weights and by everything that is in them."""

    def __init__(self, run: Run, vectors: Floats) -> None:
        """Find the place of one.

        Args:
            run: whose weights they are of.
            vectors: (N, D) items, then samples of clouds.
        """
        digest = hashlib.sha256(f"{VERSION} {vectors.shape}".encode())
        digest.update(np.ascontiguousarray(vectors).data)
        name = f"tsne-{content_name(run.weights_path)}-{digest.hexdigest()[:16]}.npy"
        self.path: Path = run.path / "maps" / name
        self._shape = (len(vectors), 2)

    def load(self) -> Floats | None:
        """The points (N, 2), if they are there."""
        try:
            points = np.load(self.path, allow_pickle=False)
        except (OSError, ValueError):  # nothing kept yet, or not ours
            return None
        good = points.shape == self._shape and points.dtype == np.float32 and np.isfinite(points).all()
        return points if good else None

    def save(self, points: Floats) -> None:
        """Keep a picture, and let go of the oldest; a folder that cannot be written is left alone."""
        try:
            write_array(self.path, points)
            kept = sorted(self.path.parent.glob("tsne-*.npy"), key=lambda path: path.stat().st_mtime)
            for path in kept[:-KEPT]:
                path.unlink(missing_ok=True)
        except (OSError, UserError):
            pass


class TsneProcess:
    """A fit under way; leave the `with` block to end it."""

    def __init__(self, vectors: Floats, number_items: int) -> None:
        """Start it.

        Args:
            vectors: (N, D) items, then samples of clouds.
            number_items: how many of them are items.

        Raises:
            UserError: there is no room for the arrays, or no process.
        """
        self.share = 0.0
        """How much of it is done."""
        try:
            self._folder = Path(tempfile.mkdtemp(prefix="diffurec-tsne-"))
        except OSError as error:
            raise UserError(f"t-SNE: {error}") from None
        try:
            np.save(self._folder / "vectors.npy", vectors)
            np.save(self._folder / "rows.npy", fitted_rows(number_items, len(vectors)))
            with (self._folder / "errors").open("wb") as errors:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "diffurec.inspection.tsne_worker", str(self._folder)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    env=os.environ | {"OMP_NUM_THREADS": "1"},  # one core, and the same sums every time
                    start_new_session=True,  # Ctrl-C is for the program, which then ends this
                )
        except OSError as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise UserError(f"t-SNE: {error}") from None
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)

    def __enter__(self) -> TsneProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def pid(self) -> int:
        return self._process.pid

    def look(self) -> Floats | None:
        """The points (N, 2), or None as long as they are not there; `share` tells how far it is.

        Raises:
            UserError: the process failed.
        """
        assert self._process.stdout is not None
        ended = self._process.poll() is not None
        told = (self._process.stdout.read() or b"").split()
        if told:
            self.share = float(told[-1])
        if not ended:
            return None
        try:
            return np.load(self._folder / "points.npy", allow_pickle=False)
        except (OSError, ValueError):
            lines = (self._folder / "errors").read_text(errors="replace").strip().splitlines()
            reason = lines[-1] if lines else f"the process ended with {self._process.returncode}"
            raise UserError(f"t-SNE failed: {reason}") from None
