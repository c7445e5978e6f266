"""`data fetch`: MovieLens-100K, downloaded once, checked, and prepared with titles and genres.

GroupLens does not let the data be redistributed, so it comes from GroupLens' own site, or where that is
out of reach, from the copy inside the PyPI package `recbole`, which is unpacked and never installed or
imported. The archive is kept in the cache and checked again each time it is used.
"""

from __future__ import annotations

import csv
import hashlib
import http.client
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from diffurec.data.options import PrepareOptions
from diffurec.data.prepare import Progress, prepare, silent
from diffurec.data.report import PrepareReport
from diffurec.data.titles import Text, read_items
from diffurec.data.writer import check_out
from diffurec.errors import UserError

DATASETS = ("ml-100k",)
CACHE_VARIABLE = "DIFFUREC_CACHE"
GROUPLENS_URL = "https://files.grouplens.org/datasets/movielens/ml-100k.zip"
RECBOLE = "recbole==1.2.1"
CONNECT_SECONDS = 5
PIP_SECONDS = 180

# GroupLens publishes an MD5 for its archive and no other hash.
GROUPLENS_MD5 = "0e33842e24a9c977be4e0107933c0723"
RECBOLE_SHA256 = {
    "ml-100k.inter": "4edb74e2a81178c2ba9ff381495f754f996c4aea351b1272ca36b43da0935eff",
    "ml-100k.item": "51d7cdf777ce5c0f5b32c1d947a4a81fe07d75e78abbe761e0cd4d0756064532",
}
# Of the 100,000 lines user, item, rating, time, tab-separated, in the published order. Computed from the
# recbole copy, whose size without its header is that of GroupLens' u.data; both sources must have it.
INTERACTIONS_SHA256 = "06416e597f82b7342361e41163890c81036900f418ad91315590814211dca490"
ITEMS = 1682


@dataclass(frozen=True)
class _Content:
    """One source's answer: the interactions as tab-separated lines, and the items' texts by id."""

    interactions: bytes
    items: dict[str, Text]


@dataclass(frozen=True)
class Origin:
    """A place to get the archive from. `download` writes it to the path it is given."""

    name: str
    archive: str  # file name in the cache
    download: Callable[[Path], None]
    read: Callable[[Path], _Content]


class _FailedError(Exception):
    """Why one origin did not work out."""


def cache_dir() -> Path:
    """Where downloads are kept: $DIFFUREC_CACHE, or the platform's cache folder."""
    chosen = os.environ.get(CACHE_VARIABLE)
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("diffurec"))


def fetch_ml_100k(
    out: str | Path, *, progress: Progress | None = None, origins: tuple[Origin, ...] | None = None
) -> PrepareReport:
    """Download MovieLens-100K unless it is cached, and prepare it: leave-one-out, all ratings kept.

    Args:
        out: the dataset folder to make; must not exist.
        progress: told the name of each stage as it begins.
        origins: where to look, in order; GroupLens and then PyPI by default.

    Raises:
        UserError: `out` exists, no origin can be reached, or what comes is not the known data.
    """
    out = Path(out)
    check_out(out)
    origin, content = _content(origins or ORIGINS, progress or silent)
    with tempfile.TemporaryDirectory(prefix="diffurec-") as name:
        data, items = Path(name) / "u.data", Path(name) / "items.csv"
        data.write_bytes(content.interactions)
        with items.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["item_id", "title", "categories"])
            writer.writerows((item, *text) for item, text in content.items.items())
        options = PrepareOptions(name="MovieLens-100K", format="movielens")
        return prepare(data, out, options, items=items, origin=origin, progress=progress)


def _content(origins: tuple[Origin, ...], tell: Progress) -> tuple[str, _Content]:
    """The data of the first origin that works, one in the cache before any download."""
    folder = cache_dir()
    for origin in origins:
        if (folder / origin.archive).is_file():
            try:
                return origin.name, _checked(origin, folder / origin.archive)
            except _FailedError:
                continue  # a damaged cache is not the user's problem: download anew
    failures: list[str] = []
    for origin in origins:
        tell(f"downloading from {origin.name}")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".download-", dir=folder) as name:
                part = Path(name) / origin.archive
                origin.download(part)
                content = _checked(origin, part)
                part.replace(folder / origin.archive)
        except _FailedError as error:
            failures.append(f"{origin.name}: {error}")
        except OSError as error:
            raise UserError(
                f"{folder}: cannot keep the download here ({error.strerror or error});"
                f" set {CACHE_VARIABLE} to another folder"
            ) from None
        else:
            return origin.name, content
    raise UserError(
        f"MovieLens-100K could not be fetched ({'; '.join(failures)}); connect to the network,"
        f" or put {GROUPLENS_URL} into {folder}"
    )


def _checked(origin: Origin, archive: Path) -> _Content:
    try:
        content = origin.read(archive)
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError, UserError) as error:
        raise _FailedError(f"not the expected archive ({error})") from None
    if _sha256(content.interactions) != INTERACTIONS_SHA256 or len(content.items) != ITEMS:
        raise _FailedError("its content is not the known 100,000 ratings of 1,682 films")
    return content


def _download_grouplens(target: Path) -> None:
    try:
        with (
            urllib.request.urlopen(GROUPLENS_URL, timeout=CONNECT_SECONDS) as answer,
            target.open("wb") as file,
        ):
            while chunk := answer.read(1 << 16):
                file.write(chunk)
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        raise _FailedError(f"out of reach ({getattr(error, 'reason', error)})") from None


def _read_grouplens(archive: Path) -> _Content:
    if hashlib.md5(archive.read_bytes(), usedforsecurity=False).hexdigest() != GROUPLENS_MD5:
        raise _FailedError("the archive does not have its published MD5")
    with zipfile.ZipFile(archive) as content:
        ratings, films = content.read("ml-100k/u.data"), content.read("ml-100k/u.item")
    return _Content(ratings.replace(b"\r\n", b"\n"), _texts(films, "u.item"))


def _download_recbole(target: Path) -> None:
    command = [
        sys.executable, "-m", "pip", "download", RECBOLE, "--no-deps", "--only-binary", ":all:", "--quiet",
        "--disable-pip-version-check", "--retries", "1", "--timeout", str(CONNECT_SECONDS),
        "--dest", str(target.parent),
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=PIP_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise _FailedError(f"pip gave no answer in {PIP_SECONDS} s") from None
    wheels = list(target.parent.glob("recbole-*.whl"))
    if done.returncode != 0 or not wheels:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no wheel"]
        raise _FailedError(f"pip download {RECBOLE}: {lines[-1][:160]}")
    wheels[0].replace(target)


def _read_recbole(archive: Path) -> _Content:
    files: dict[str, bytes] = {}
    with zipfile.ZipFile(archive) as content:
        for name, expected in RECBOLE_SHA256.items():
            files[name] = content.read(f"recbole/dataset_example/ml-100k/{name}")
            if _sha256(files[name]) != expected:
                raise _FailedError(f"{name} does not have the expected SHA-256")
    _, _, ratings = files["ml-100k.inter"].partition(b"\n")
    return _Content(ratings, _texts(files["ml-100k.item"], "ml-100k.item"))


def _texts(data: bytes, name: str) -> dict[str, Text]:
    """Titles and genres from the bytes of an item file, written alike whichever file it was."""
    with tempfile.TemporaryDirectory(prefix="diffurec-") as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        found = read_items(path, {str(item) for item in range(1, ITEMS + 1)})
    clean: dict[str, Text] = {}
    for item, (title, genres) in found.items():
        # recbole misspells the one film without a name, and keeps the genre "unknown".
        known = [genre for genre in genres.split("|") if genre != "unknown"]
        clean[item] = ("unknown" if title == "unkonwn" else title, "|".join(known))
    return clean


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


ORIGINS = (
    Origin("GroupLens", "ml-100k.zip", _download_grouplens, _read_grouplens),
    Origin("PyPI (recbole 1.2.1)", "recbole-1.2.1-py3-none-any.whl", _download_recbole, _read_recbole),
)
