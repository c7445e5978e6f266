"""What imports what, seen from a fresh process."""

from __future__ import annotations

import subprocess
import sys

import pytest


def modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_training_needs_torch_numpy_and_safetensors_alone() -> None:
    """A bare GPU node: everything else is made impossible to import."""
    code = """
import sys
for name in ("polars", "textual", "typer", "rich", "plotext", "textual_plotext", "platformdirs"):
    sys.modules[name] = None
import diffurec.train, diffurec.model, diffurec.run, diffurec.recipe, diffurec.oracle, diffurec.data.dataset
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "module", ["diffurec.train", "diffurec.inspection.inspector", "diffurec.data.prepare"]
)
def test_the_engine_knows_no_terminal(module: str) -> None:
    assert not modules_after(f"import {module}") & {"textual", "typer", "rich", "plotext", "diffurec_tui"}


def test_configuration_and_run_folders_are_read_without_torch() -> None:
    loaded = modules_after("import diffurec.config, diffurec.recipe, diffurec.run, diffurec.data.dataset")
    assert "torch" not in loaded


def test_the_app_is_built_without_torch() -> None:
    assert "torch" not in modules_after("import diffurec_tui.app")
