from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from diffurec.errors import UserError
from diffurec.inspection import tsne
from diffurec.inspection.tsne import TsnePictures, TsneProcess, fitted_rows
from tests.helpers import make_dataset, make_run, write_weights


def blobs(number: int = 4, each: int = 15) -> tuple[np.ndarray, np.ndarray]:
    labels = np.repeat(np.arange(number), each)
    noise = 0.1 * np.random.default_rng(0).normal(size=(len(labels), 8))
    return (10 * np.eye(number, 8)[labels] + noise).astype(np.float32), labels


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def left(folder: Path) -> list[Path]:
    return list(folder.glob("diffurec-tsne-*"))


def fit(vectors: np.ndarray, number_items: int) -> np.ndarray:
    with TsneProcess(vectors, number_items) as process:
        shares = [process.share]
        while (points := process.look()) is None:
            shares.append(process.share)
            time.sleep(0.02)
    assert shares == sorted(shares)
    assert shares[-1] > 0.5
    return points


def soon(holds: Callable[[], object], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(holds())


def runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def test_groups_stay_together_and_the_picture_is_the_same_every_time(tmp_path: Path):
    vectors, labels = blobs()
    points = fit(vectors, 40)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (labels[distances.argmin(axis=1)] == labels).all()
    np.testing.assert_array_equal(points, fit(vectors, 40))
    assert left(tmp_path) == []


def test_of_many_items_a_sample_is_fitted_and_the_others_lie_among_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tsne, "FITTED_ITEMS", 40)
    rows = fitted_rows(55, 60)
    assert len(rows) == 45
    assert (np.diff(rows) > 0).all()
    assert rows[-5:].tolist() == [55, 56, 57, 58, 59], "samples of clouds are always fitted"
    np.testing.assert_array_equal(rows, fitted_rows(55, 60))
    assert fitted_rows(40, 42).tolist() == [*range(42)]
    vectors, labels = blobs()
    points = fit(vectors, 55)
    centres = np.stack([points[rows][labels[rows] == label].mean(axis=0) for label in range(4)])
    nearest = np.linalg.norm(points[:, None] - centres[None], axis=2).argmin(axis=1)
    assert (nearest == labels).all()


def test_leaving_ends_it(tmp_path: Path):
    vectors = np.random.default_rng(0).normal(size=(3_000, 16)).astype(np.float32)
    with TsneProcess(vectors, 3_000) as process:
        assert process.look() is None
        assert runs(process.pid)
    assert not runs(process.pid)
    assert left(tmp_path) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_it_does_not_outlive_a_program_that_is_killed(tmp_path: Path):
    code = (
        "import tempfile, time, numpy as np\n"
        f"tempfile.tempdir = {str(tmp_path)!r}\n"
        "from diffurec.inspection.tsne import TsneProcess\n"
        "process = TsneProcess(np.random.rand(5000, 32).astype('f'), 5000)\n"
        "print(process.pid, flush=True); time.sleep(60)\n"
    )
    program = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    pid = int(program.stdout.readline())
    time.sleep(0.5)
    assert runs(pid)
    os.kill(program.pid, signal.SIGKILL)
    program.wait()
    program.stdout.close()
    assert soon(lambda: not runs(pid))
    assert soon(lambda: not left(tmp_path))


def test_a_failure_is_one_line(tmp_path: Path):
    vectors = np.full((20, 4), np.nan, dtype=np.float32)
    with pytest.raises(UserError, match=r"^t-SNE failed: .+$"):
        fit(vectors, 20)
    assert left(tmp_path) == []


def test_pictures_are_kept_by_weights_and_vectors(tmp_path: Path):
    run = make_run(tmp_path / "run", make_dataset(tmp_path / "data"))
    vectors, _ = blobs()
    points = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)
    kept = TsnePictures(run, vectors)
    assert kept.load() is None
    kept.save(points)
    np.testing.assert_array_equal(TsnePictures(run, vectors.copy()).load(), points)
    assert TsnePictures(run, vectors + 1).load() is None
    kept.path.write_bytes(b"no array")
    assert kept.load() is None
    kept.save(points)
    write_weights(run, seed=3)
    assert TsnePictures(run, vectors).load() is None


def test_the_oldest_pictures_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tsne, "KEPT", 2)
    run = make_run(tmp_path / "run", make_dataset(tmp_path / "data"))
    pictures = [TsnePictures(run, np.full((3, 2), number, dtype=np.float32)) for number in range(4)]
    for number, one in enumerate(pictures):
        one.save(np.zeros((3, 2), dtype=np.float32))
        os.utime(one.path, (number, number))
    pictures[3].save(np.zeros((3, 2), dtype=np.float32))
    assert [one.path.exists() for one in pictures] == [False, False, True, True]
