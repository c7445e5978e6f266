"""`data fetch` without a network: origins that are local, or that fail."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from diffurec.data import fetch
from diffurec.data.dataset import open_dataset
from diffurec.errors import UserError

ITEM_HEADER = "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
RATINGS = "".join(f"{u}\t{i}\t3\t{88125 + u * 7 + i}\n" for u in range(1, 5) for i in range(1, 4)).encode()
FILMS = [
    ("Toy Story", "1995", "Animation Comedy"),
    ("unkonwn", "unkonwn", "unknown"),
    ("Net, The", "1995", ""),
]
INTER = b"user_id:token\titem_id:token\trating:float\ttimestamp:float\n" + RATINGS
ITEM = (ITEM_HEADER + "".join(f"{n}\t{a}\t{b}\t{c}\n" for n, (a, b, c) in enumerate(FILMS, 1))).encode()


def u_item() -> bytes:
    titles, flags = ["Toy Story (1995)", "unknown", "Net, The (1995)"], [{3, 5}, {0}, set[int]()]
    lines = [
        f"{n}|{title}|||http://x|" + "|".join("1" if k in on else "0" for k in range(19))
        for n, (title, on) in enumerate(zip(titles, flags, strict=True), 1)
    ]
    return "\n".join(lines).encode("latin-1")


def archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name, content in files.items():
            target.writestr(name, content)
    return buffer.getvalue()


WHEEL = archive(
    {f"recbole/dataset_example/ml-100k/ml-100k.{kind}": c for kind, c in (("inter", INTER), ("item", ITEM))}
)
ZIP = archive({"ml-100k/u.data": RATINGS, "ml-100k/u.item": u_item()})

Place = Callable[[bytes | None, bytes | None], tuple[fetch.Origin, ...]]


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Origins that give these bytes, None being out of reach, with the small stand-in pinned as known."""
    monkeypatch.setenv("DIFFUREC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(fetch, "ITEMS", 3)
    monkeypatch.setattr(fetch, "INTERACTIONS_SHA256", hashlib.sha256(RATINGS).hexdigest())
    monkeypatch.setattr(fetch, "GROUPLENS_MD5", hashlib.md5(ZIP).hexdigest())
    hashes = {
        "ml-100k.inter": hashlib.sha256(INTER).hexdigest(),
        "ml-100k.item": hashlib.sha256(ITEM).hexdigest(),
    }
    monkeypatch.setattr(fetch, "RECBOLE_SHA256", hashes)

    def give(content: bytes | None) -> Callable[[Path], None]:
        def download(target: Path) -> None:
            if content is None:
                raise fetch._FailedError("out of reach")
            target.write_bytes(content)

        return download

    def origins(grouplens: bytes | None, recbole: bytes | None) -> tuple[fetch.Origin, ...]:
        first, second = fetch.ORIGINS
        return (
            fetch.Origin(first.name, first.archive, give(grouplens), first.read),
            fetch.Origin(second.name, second.archive, give(recbole), second.read),
        )

    return origins


def test_both_origins_make_the_same_dataset(
    places: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch.fetch_ml_100k(tmp_path / "a", origins=places(ZIP, None))
    monkeypatch.setenv("DIFFUREC_CACHE", str(tmp_path / "other"))
    report = fetch.fetch_ml_100k(tmp_path / "b", origins=places(None, WHEEL))
    assert report.info["name"] == "MovieLens-100K"
    assert report.info["source"]["origin"].startswith("PyPI")
    assert open_dataset(tmp_path / "a").sha256 == open_dataset(tmp_path / "b").sha256
    first, second = (pl.read_parquet(tmp_path / name / "items.parquet") for name in "ab")
    assert first.equals(second)
    assert first["title"].to_list() == ["Toy Story (1995)", "unknown", "Net, The (1995)"]
    assert first["categories"].to_list() == ["Animation|Comedy", "", ""]


@pytest.mark.parametrize("content", [(ZIP, None), (None, WHEEL)])
def test_the_cache_serves_without_a_network(
    places: Place, tmp_path: Path, content: tuple[bytes | None, bytes | None]
) -> None:
    fetch.fetch_ml_100k(tmp_path / "a", origins=places(*content))
    fetch.fetch_ml_100k(tmp_path / "b", origins=places(None, None))
    assert open_dataset(tmp_path / "a").sha256 == open_dataset(tmp_path / "b").sha256


def test_a_damaged_cache_is_replaced(places: Place, tmp_path: Path) -> None:
    fetch.fetch_ml_100k(tmp_path / "a", origins=places(ZIP, None))
    kept = tmp_path / "cache" / "ml-100k.zip"
    kept.write_bytes(ZIP[:-30])
    fetch.fetch_ml_100k(tmp_path / "b", origins=places(ZIP, None))
    assert kept.read_bytes() == ZIP


@pytest.mark.parametrize(
    "wrong",
    [
        b"<html>not here</html>",
        archive({"ml-100k/u.data": RATINGS[:-1] + b"1\n", "ml-100k/u.item": u_item()}),
        archive({"other": b""}),
        b"",
    ],
)
def test_a_wrong_download_is_refused_and_not_kept(places: Place, tmp_path: Path, wrong: bytes) -> None:
    with pytest.raises(UserError, match="could not be fetched") as caught:
        fetch.fetch_ml_100k(tmp_path / "a", origins=places(wrong, wrong))
    assert "\n" not in str(caught.value)
    assert not list((tmp_path / "cache").iterdir())
    assert not (tmp_path / "a").exists()


def test_out_of_reach_everywhere_is_one_line_with_a_way_out(places: Place, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="connect to the network, or put"):
        fetch.fetch_ml_100k(tmp_path / "a", origins=places(None, None))


def test_a_cache_that_cannot_be_written_names_its_variable(
    places: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DIFFUREC_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(UserError, match="set DIFFUREC_CACHE"):
        fetch.fetch_ml_100k(tmp_path / "a", origins=places(ZIP, None))


def test_an_existing_out_is_refused_before_any_download(places: Place, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(UserError, match="exists already"):
        fetch.fetch_ml_100k(tmp_path / "a", origins=places(None, None))


def test_the_real_downloaders_turn_failure_into_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "GROUPLENS_URL", (tmp_path / "missing.zip").as_uri())
    monkeypatch.setattr(fetch.sys, "executable", "/bin/false")
    for origin in fetch.ORIGINS:
        with pytest.raises(fetch._FailedError):
            origin.download(tmp_path / origin.archive)
    (tmp_path / "there.zip").write_bytes(ZIP)
    monkeypatch.setattr(fetch, "GROUPLENS_URL", (tmp_path / "there.zip").as_uri())
    fetch.ORIGINS[0].download(tmp_path / "got.zip")
    assert (tmp_path / "got.zip").read_bytes() == ZIP
