"""The wheel, built from the tree: what is in it, and that it runs alone."""

from __future__ import annotations

import os
import site
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ALONE = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
"""The environment without what would let a checkout be imported."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True,
        capture_output=True,
        env=ALONE,
    )
    return next(out.glob("*.whl"))


def environment(folder: Path) -> Path:
    """An empty virtual environment; its Python."""
    venv.create(folder, with_pip=True)
    return folder / "bin" / "python"


def demo(python: Path, folder: Path, *options: str) -> tuple[str, str]:
    """Run it without a terminal; what it printed on stdout and on stderr."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [str(python.parent / "diffurec"), "demo", *options],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=ALONE,
        check=False,
    )
    if "could be reached" in done.stderr or "cannot be reached" in done.stderr:
        pytest.skip(f"MovieLens-100K is out of reach here: {done.stderr.splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def test_it_holds_the_three_packages_and_their_data(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"diffurec", "diffurec_tui", "diffurec_assets"}
    for needed in (
        "diffurec/py.typed",
        "diffurec_assets/recipes/demo.toml",
        "diffurec_tui/theme/explorer.tcss",
    ):
        assert needed in names
    assert not [name for name in names if name.endswith((".npy", ".safetensors", ".pkl"))]
    assert [name for name in names if name.endswith("licenses/LICENSE")]


def test_installed_alone_it_runs_the_demo(wheel: Path, tmp_path: Path) -> None:
    """Against the dependencies of this environment, but without this checkout."""
    python = environment(tmp_path / "venv")
    subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", "--no-deps", str(wheel)],
        check=True,
        capture_output=True,
        env=ALONE,
    )
    library = subprocess.run(
        [str(python), "-c", "import site; print(site.getsitepackages()[0])"],
        capture_output=True,
        text=True,
        check=True,
        env=ALONE,
    ).stdout.strip()
    # A folder named in a .pth file is searched, but the editable install it holds is not followed.
    Path(library, "dependencies.pth").write_text("\n".join(site.getsitepackages()))
    where = subprocess.run(
        [str(python), "-c", "import diffurec, diffurec_tui; print(diffurec.__file__)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=ALONE,
    ).stdout.strip()
    assert where.startswith(str(tmp_path))
    first, narration = demo(python, tmp_path / "here", "--set=train.epochs=1", "--set=model.hidden_size=16")
    assert "Operation Dumbo Drop (1995)" in first
    assert first.count("│") > 32
    assert "epoch 1/1" in narration
    # Once more: everything is there already.
    second, narration = demo(python, tmp_path / "here")
    assert second == first
    assert "epoch" not in narration


@pytest.mark.slow
def test_installed_with_its_dependencies_in_an_empty_environment_it_runs_the_demo(
    wheel: Path, tmp_path: Path
) -> None:
    python = environment(tmp_path / "venv")
    subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", "-c", str(ROOT / "constraints.txt"), str(wheel)],
        check=True,
        env=ALONE,
    )
    assert "(1995)" in demo(python, tmp_path / "here")[0]
