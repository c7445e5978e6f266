"""The picture before the program: at once on screen, and the terminal is given back whatever happens."""

from __future__ import annotations

import os
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from diffurec_tui.cli.opening import ENTER, LEAVE, opening, picture
from tests.tui.explorer.test_terminal import ended, spawn


@pytest.fixture
def terminal() -> Iterator[int]:
    """A pseudo-terminal as this process's stdin, and what is written to its stderr."""
    master, slave = os.openpty()
    kept = os.dup(0)
    os.dup2(slave, 0)
    try:
        yield slave
    finally:
        os.dup2(kept, 0)
        for number in (kept, master, slave):
            os.close(number)


def echoes(slave: int) -> bool:
    return bool(termios.tcgetattr(slave)[3] & termios.ECHO)


@pytest.mark.parametrize("fails", [False, True])
def test_keys_are_not_echoed_until_the_end(terminal: int, fails: bool):
    assert echoes(terminal)
    try:
        with opening("ml"):
            assert not echoes(terminal)
            if fails:
                raise RuntimeError
    except RuntimeError:
        assert fails
    assert echoes(terminal)


@pytest.mark.parametrize("handed_over", [False, True])
def test_the_screen_is_left_by_whoever_has_it(monkeypatch: pytest.MonkeyPatch, handed_over: bool):
    written: list[str] = []
    monkeypatch.setattr("diffurec_tui.cli.opening._write", written.append)
    with opening("ml") as hand_over:
        if handed_over:
            hand_over()
    assert written[0].startswith(ENTER)
    assert (LEAVE in written) is not handed_over


def test_the_name_is_cut_and_cleaned():
    first = picture("a\x1b[31mb\nc" + "d" * 300, 40).split("\r\n")[0]
    assert "a[31mbcd" in first
    assert "\x1b[31m" not in first
    assert len(first) <= 40 + len("\x1b[1m\x1b[0m")


def test_a_mistake_found_after_it_leaves_the_terminal_as_it_was(run_path: Path, tmp_path: Path):
    keys = tmp_path / "keys.toml"
    keys.write_text("[walk]\nnonsense = 'x'\n")
    child = spawn(tmp_path, "--ckpt", str(run_path), "--keys", str(keys))
    child.expect("diffurec  toy")
    child.expect_exact(LEAVE)
    child.expect("error: .*keys.toml")
    assert ended(child) == 2


def test_it_is_there_before_the_program_and_a_key_pressed_meanwhile_counts(run_path: Path, tmp_path: Path):
    child = spawn(tmp_path, "--ckpt", str(run_path))
    child.delaybeforesend = None
    child.expect("diffurec  toy")
    child.send("q")
    assert ended(child) == 0
    assert "q" not in (child.before or "").partition("\x1b[?1049h")[0], "not echoed"
