from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diffurec.data.describe import describe, gini
from diffurec.errors import UserError
from tests.engine.data.making import HEADER, ROWS, make, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    items = write(tmp_path / "items.csv", "item_id,title\nkiwi,Kiwi\nfig,Fig\nlime,Lime\n")
    make(write(tmp_path / "r.csv", HEADER + ROWS), tmp_path / "out", items, name="fruit")
    return tmp_path / "out"


def test_known_answers(folder: Path) -> None:
    facts = describe(folder)
    assert (facts["users"], facts["items"], facts["interactions"]) == (2, 4, 6)
    assert facts["density"] == 6 / 8
    assert facts["length"]["median"] == facts["length"]["max"] == 3
    assert facts["targets"]["test"] == {"interactions": 2, "users": 2}
    assert facts["popularity"]["top"][0] == {"item_id": "kiwi", "title": "Kiwi", "interactions": 2}
    assert facts["coverage"] == {"titles": 0.75, "categories": 0.0, "users_named": 2}
    assert facts["time"] == {"first": "1970-01-01T00:00:50Z", "last": "1970-01-01T00:05:00Z"}
    assert facts["sha256"] == json.loads((folder / "dataset.json").read_text())["sha256"]
    json.dumps(facts, allow_nan=False)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30))
def test_gini_is_half_the_mean_difference(counts: list[int]) -> None:
    values = np.array(counts)
    if values.sum() == 0:
        assert gini(values) == 0
        return
    difference = np.abs(values[:, None] - values[None, :]).mean()
    assert gini(values) == pytest.approx(difference / (2 * values.mean()))


@pytest.mark.parametrize("name", ["items.npy", "offsets.npy", "boundaries.npy"])
def test_arrays_that_were_changed_are_noticed(folder: Path, name: str) -> None:
    array = np.load(folder / name)
    array.flat[1] += 1
    np.save(folder / name, array)
    with pytest.raises(UserError, match="do not match dataset.json"):
        describe(folder)


@pytest.mark.parametrize(
    "name", ["items.parquet", "users.parquet", "timestamps.npy", "items.npy", "dataset.json"]
)
@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
def test_missing_and_damaged_files_are_one_line(folder: Path, name: str, content: bytes | None) -> None:
    if content is None:
        (folder / name).unlink()
    else:
        write(folder / name, content)
    with pytest.raises(UserError) as caught:
        describe(folder)
    assert "prepare" in str(caught.value)


@pytest.mark.parametrize("key", ["name", "users", "items", "interactions", "sha256"])
def test_a_manifest_without_its_facts_is_one_line(folder: Path, key: str) -> None:
    info = json.loads((folder / "dataset.json").read_text())
    del info[key]
    write(folder / "dataset.json", json.dumps(info))
    with pytest.raises(UserError, match="prepare the data again"):
        describe(folder)
