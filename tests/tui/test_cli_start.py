from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from tests.tui.command import diffurec

HEAVY = ("torch", "textual", "polars", "numpy", "plotext")


@pytest.mark.parametrize("command", [(), ("train",), ("data", "prepare"), ("explore",), ("evaluate",)])
def test_help_loads_nothing_heavy(command) -> None:
    code = (
        "import sys\nfrom diffurec_tui.cli.main import main\n"
        f"sys.argv = ['diffurec', *{command!r}, '--help']\n"
        "try: main()\nexcept SystemExit as e: assert not e.code, e.code\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "[]", done.stderr
    assert "Usage:" in done.stdout


def test_help_takes_less_than_0_4_seconds_of_cpu() -> None:
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "diffurec_tui.cli.main", "--help"], check=True, stdout=subprocess.DEVNULL
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(times) < 0.4, times


def test_without_a_command_it_helps() -> None:
    outcome = diffurec()
    assert outcome.code == 0
    assert "diffurec demo" in outcome.out


def test_version() -> None:
    from diffurec import __version__

    assert diffurec("--version").out.strip() == __version__


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["nonsense"], "nonsense"),
        (["train"], "DATASET"),
        (["trace", "--ckpt"], "--ckpt"),
        (["trace", "--ckpt", "x", "--user", "1", "--top-k", "0"], "--top-k"),
        (["trace", "--ckpt", "/nonexistent", "--user", "1"], "/nonexistent"),
        (["train", "/nonexistent"], "/nonexistent"),
        (["evaluate", "--ckpt", "/nonexistent"], "/nonexistent"),
        (["runs", "/nonexistent"], "/nonexistent"),
        (["explore", "--ckpt", "/nonexistent"], "/nonexistent"),
    ],
)
def test_a_wrong_call_is_one_line(arguments, word) -> None:
    diffurec(*arguments).refused(word)
