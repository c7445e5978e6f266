from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pexpect
import pytest
from textual.theme import Theme

from diffurec.errors import UserError
from diffurec_tui.cli.explore import explore
from diffurec_tui.theme.palette import THEMES
from diffurec_tui.widgets.text import symbols
from tests.tui.explorer.colours import contrast, difference
from tests.tui.explorer.conftest import exploring, screen_text
from tests.tui.explorer.test_terminal import drain, ended, spawn

NAMES = ("accent", "target", "down", "text")
GROUPS = tuple(f"group-{number}" for number in range(1, 6))
SEE_NO_RED_OR_GREEN = ("anyone", "protanopia", "deuteranopia")


def roles(theme: Theme) -> dict[str, str]:
    """The colours that are painted with, by role."""
    return {"text": str(theme.foreground), "accent": theme.primary, **theme.variables}


def test_the_known_answers_of_colour_arithmetic():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert difference("#000000", "#ffffff") == pytest.approx(100, abs=0.1)
    assert difference("#ff0000", "#00ff00") == pytest.approx(170.6, abs=0.5)
    assert difference("#ff0000", "#00ff00", "deuteranopia") < 120
    assert difference("#bb5500", "#6d7d00", "protanopia") < difference("#bb5500", "#6d7d00") / 2


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_what_is_written_can_be_read(theme: Theme):
    written = roles(theme)
    for name in (*NAMES, "muted", "faint", "up", *GROUPS):
        assert contrast(written[name], str(theme.background)) >= 4.5, name
    for name in (*NAMES, "muted", "up"):
        for ground in (str(theme.panel), theme.variables["selection"]):
            assert contrast(written[name], ground) >= 4.5, (name, ground)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize("who", SEE_NO_RED_OR_GREEN)
def test_roles_differ_for_everyone(theme: Theme, who: str):
    seen = roles(theme)
    assert seen["up"] == seen["accent"]
    for one, other in (*combinations(NAMES, 2), *combinations(GROUPS, 2), ("text", "muted")):
        assert difference(seen[one], seen[other], who) >= 15, (one, other)
    assert difference(seen["muted"], seen["faint"], who) >= 9


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_roles_differ_for_the_few_who_see_no_blue(theme: Theme):
    seen = roles(theme)
    for one, other in combinations(NAMES, 2):
        assert difference(seen[one], seen[other], "tritanopia") >= 15, (one, other)


async def test_every_theme_that_is_offered_can_be_drawn(run_path: Path):
    async with exploring(run_path, user=5, size=(80, 24)) as (app, pilot):
        for name in app.available_themes:
            app.theme = name
            await pilot.pause()
            assert "Top-10" in "\n".join(screen_text(app))


async def test_t_goes_through_the_themes_of_diffurec(run_path: Path):
    async with exploring(run_path, size=(80, 24)) as (app, pilot):
        for theme in (*THEMES[1:], THEMES[0]):
            await pilot.press("t")
            assert app.theme == theme.name
        app.theme = "nord"
        await pilot.press("t")
        assert app.theme == THEMES[0].name


def test_a_theme_that_is_not_there_is_refused(run_path: Path):
    with pytest.raises(UserError, match=r"--theme neon: there are diffurec-dark, diffurec-light, .*nord"):
        explore(run_path, theme="neon")


def coloured(written: str) -> list[str]:
    """Select-graphic-rendition codes that set a colour."""
    codes = [code for run in re.findall(r"\x1b\[([0-9;:]*)m", written) for code in re.split("[;:]", run)]
    return [code for code in codes if code and (30 <= int(code) <= 49 or 90 <= int(code) <= 107)]


def everything_written(child: pexpect.spawn) -> str:
    """Go through all views and overlays, and take down every byte."""
    written: list[str] = []

    def take(expected: str) -> None:
        child.expect(expected)
        written.append(f"{child.before}{child.after}")

    take("step +0/32")
    for keys, expected in (
        ("l", "step +1/32"), ("s", "seed 1"), ("f", "2"), ("d", "temperature"), ("\x1b", "step"),
        ("w", "remove"), ("\x1b", "step"), ("y", "why"), ("2", "walks"), ("3", "map|plane|dimensions"),
        ("t", " "), ("?", "Keys"), ("\x1b", "step"), ("g", "Go to"), ("\x1b", "step"),
        ("\x10", "Do"), ("\x1b", "step"), ("u", "open"),
    ):  # fmt: skip
        child.send(keys)
        take(expected)
        if keys == "\x1b":
            drain(child, silence=0.2)
    child.send("q")
    assert ended(child) == 0
    return "".join(written) + str(child.before)


def test_no_color_writes_no_colour_at_all(run_path: Path, tmp_path: Path):
    child = spawn(tmp_path, "--ckpt", str(run_path), "--user", "user5", NO_COLOR="1")
    written = everything_written(child)
    assert coloured(written) == []
    for attribute in ("1", "2", "7"):  # bold, dim, reverse
        assert re.search(rf"\x1b\[(?:[0-9;]*;)?{attribute}(?:;[0-9;]*)?m", written), attribute


def test_colours_are_found_where_there_are_some(run_path: Path, tmp_path: Path):
    child = spawn(tmp_path, "--ckpt", str(run_path), "--user", "user5")
    child.expect("step +0/32")
    written = str(child.before)
    child.send("q")
    assert ended(child) == 0
    assert len(coloured(written)) > 50


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [(("--ascii",), {}), ((), {"TERM": "linux"}), ((), {"LC_ALL": "POSIX", "LANG": "C"})],
)
def test_plain_signs(run_path: Path, tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str]):
    child = spawn(tmp_path, "--ckpt", str(run_path), "--user", "user5", *arguments, **environment)
    child.expect("step +0/32")
    written = str(child.before)
    child.send("q")
    assert ended(child) == 0
    signs = {sign for sign in written if "\u2500" <= sign <= "\u28ff"}
    assert signs == set()


def test_the_console_of_linux_has_no_braille(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("DIFFUREC_ASCII", raising=False)
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.setenv(name, "C.UTF-8")
    for terminal, braille in (("linux", False), ("xterm-256color", True)):
        monkeypatch.setenv("TERM", terminal)
        symbols.cache_clear()
        assert symbols().braille is braille
    symbols.cache_clear()
