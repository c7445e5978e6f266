"""The real program in a real pseudo-terminal: keys, resizes, and a clean end."""

from __future__ import annotations

import os
import random
import sys
import time
from contextlib import suppress
from pathlib import Path

import pexpect
import pytest

PROGRAM = (
    "import sys\n"
    "from diffurec_tui.cli.console import handle_errors\n"
    "from diffurec_tui.cli.explore import app\n"
    "with handle_errors():\n"
    "    app(args=sys.argv[1:], standalone_mode=False)\n"
)
KEYS = [
    "h", "l", "H", "L", "0", "$", " ", "+", "-", "g", "7\r", "s", "x", "u", "n", "p", "/", "user1", "\r",
    "\x1b", "o", "r", "t", "?", "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F",
    "\x1b[1;2C", "\x1b[5~", "\x1b[6~", "\t", "\x7f", "é", "世",
]  # fmt: skip
"""None opens the palette: what is chosen there at random may be to quit."""


def spawn(folder: Path, *arguments: str, **environment: str) -> pexpect.spawn:
    return pexpect.spawn(
        sys.executable,
        ["-c", PROGRAM, *arguments],
        cwd=str(folder),
        dimensions=(24, 80),
        env=os.environ | {"TERM": "xterm-256color", "LANG": "C.UTF-8"} | environment,
        timeout=60,
        encoding="utf-8",
        codec_errors="replace",
    )


def ended(child: pexpect.spawn) -> int | None:
    """The exit status, once everything it wrote is read."""
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


def threads(pid: int) -> set[str]:
    folder = Path(f"/proc/{pid}/task")
    return {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()


def test_random_keys_and_resizes_then_q(run_path: Path, tmp_path: Path):
    choose = random.Random(3)
    child = spawn(tmp_path, "--ckpt", str(run_path), POLARS_MAX_THREADS="2")
    child.delaybeforesend = None
    child.expect("rank")
    busy: list[int] = []
    for _ in range(40):
        for _ in range(50):
            child.send(choose.choice(KEYS))
        child.setwinsize(choose.randint(5, 80), choose.randint(20, 300))
        drain(child)
        assert child.isalive()
        busy.append(len(threads(child.pid)))
    child.setwinsize(24, 80)
    leave(child)
    assert ended(child) == 0
    assert not Path(f"/proc/{child.pid}").exists()
    assert max(busy) < 24, "threads do not pile up"


def leave(child: pexpect.spawn) -> None:
    """Escape and q by turns, as a person would, until it has taken all that came before and goes.

    How long that takes the machine decides; an escape right before another key would be read as alt.
    """
    for _ in range(60):
        for key in ("\x1b", "q"):
            drain(child, silence=1.0, seconds=5)
            if not child.isalive():
                return
            with suppress(OSError):  # it went in this moment
                child.send(key)


def drain(child: pexpect.spawn, silence: float = 0.05, seconds: float = 5) -> None:
    """Read what is drawn until nothing is for a moment."""
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            child.read_nonblocking(1 << 16, timeout=silence)
    except (pexpect.TIMEOUT, pexpect.EOF):
        pass


@pytest.mark.parametrize("colours", [{}, {"NO_COLOR": "1"}, {"DIFFUREC_ASCII": "1"}, {"TERM": "screen"}])
def test_a_walk_and_out(run_path: Path, tmp_path: Path, colours: dict[str, str]):
    child = spawn(tmp_path, "--ckpt", str(run_path), "--user", "user5", **colours)
    child.expect("step +0/32")
    child.expect("%")
    child.send("$")
    child.expect("step 32/32")
    child.send("q")
    assert ended(child) == 0


def test_q_at_once_does_not_wait_for_torch(run_path: Path, tmp_path: Path):
    child = spawn(tmp_path, "--ckpt", str(run_path))
    child.expect("diffurec")
    child.send("q")
    began = time.monotonic()
    assert ended(child) == 0
    assert time.monotonic() - began < 10


def test_what_comes_with_the_q_is_passed_over(run_path: Path, tmp_path: Path):
    child = spawn(tmp_path, "--ckpt", str(run_path), "--user", "user5")
    child.expect("step +0/32")
    child.expect("%")
    moved = "".join(f"\x1b[<35;{10 + column};8M" for column in range(40))
    child.send(f"{moved}q{moved}\x1b[<0;20;8M\x1b[<0;20;8m" + "lhg2\r")
    assert ended(child) == 0


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--ckpt", "nowhere"], "nowhere: does not exist"),
        (["--ckpt", "{run}", "--user", "nobody"], "--user nobody: no such user"),
        (["--ckpt", "{run}", "--data", "nowhere"], "nowhere: does not exist"),
        (["--ckpt", "{run}", "--device", "tpu"], "--device tpu"),
    ],
)
def test_errors_are_one_line_and_status_2(run_path: Path, tmp_path: Path, arguments: list[str], line: str):
    child = spawn(tmp_path, *(argument.format(run=run_path) for argument in arguments))
    said = child.read()
    child.close()
    assert child.exitstatus == 2
    assert line in said.replace("\r\n", "\n")
    assert "Traceback" not in said
    assert "\x1b[?1049h" not in said, "nothing was drawn"
