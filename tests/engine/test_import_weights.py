from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from diffurec.errors import UserError
from diffurec.import_weights import import_authors_weights
from diffurec.inspection.inspector import load_model
from diffurec.run import open_run
from tests.helpers import make_dataset
from tests.tui.command import diffurec


@pytest.fixture
def recorded(shared):
    with np.load(shared / "oracle" / "official_trunc_lin_T32.npz") as archive:
        return {name: torch.from_numpy(np.array(archive[name])) for name in archive.files if name != "config"}


@pytest.fixture
def state(recorded):
    prefix = "state_dict."
    return {k.removeprefix(prefix): v for k, v in recorded.items() if k.startswith(prefix)}


@pytest.fixture
def dataset(tmp_path):
    return make_dataset(tmp_path / "data", items=60)


@pytest.mark.parametrize("kind", ["pt", "safetensors", "wrapped"])
def test_a_state_dict_of_the_authors_becomes_a_run(tmp_path, state, dataset, recorded, kind) -> None:
    path = tmp_path / ("state.safetensors" if kind == "safetensors" else "state.pt")
    if kind == "safetensors":
        save_file(state, path)
    elif kind == "pt":
        torch.save(state, path)
    else:
        torch.save({"state_dict": {f"module.{k}": v for k, v in state.items()}}, path)
    outcome = diffurec(
        "import-weights", path, "--data", dataset.path, "--out", tmp_path / "run", "--max-len", 12
    )
    assert outcome.code == 0, outcome.err
    model = load_model(open_run(tmp_path / "run"))
    history = model.condition(recorded["sequences"])
    x_0_hat = model.denoise(
        history, recorded["forward.x_s"], recorded["forward.t"], recorded["forward.lambda"]
    )
    torch.testing.assert_close(x_0_hat, recorded["forward.x0_hat"], rtol=1e-4, atol=1e-5)
    assert diffurec("trace", "--ckpt", tmp_path / "run", "--user", "user3", "--json").json["steps"]


def test_another_catalogue_is_refused(tmp_path, state) -> None:
    torch.save(state, tmp_path / "state.pt")
    with pytest.raises(UserError, match="has 60 items"):
        import_authors_weights(
            tmp_path / "state.pt", make_dataset(tmp_path / "d", items=30), tmp_path / "run", max_len=12
        )
    assert not (tmp_path / "run").exists()


class Evil:
    def __reduce__(self):
        return (open, ("hacked", "w"))


def test_a_pickle_that_calls_something_is_refused_and_not_run(tmp_path, dataset, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, write in (
        ("evil.pt", lambda p: torch.save({"a": Evil()}, p)),
        ("plain.pt", lambda p: p.write_bytes(pickle.dumps(Evil()))),
        ("text.pt", lambda p: p.write_text("hello")),
        ("empty.pt", lambda p: p.write_bytes(b"")),
        ("other.pt", lambda p: torch.save({"lstm.weight": torch.ones(2)}, p)),
        ("list.pt", lambda p: torch.save([1, 2], p)),
        ("text.safetensors", lambda p: p.write_text("hello")),
    ):
        write(tmp_path / name)
        diffurec(
            "import-weights", tmp_path / name, "--data", dataset.path, "--out", tmp_path / "run"
        ).refused(name)
        assert not (tmp_path / "run").exists()
    assert not (tmp_path / "hacked").exists()
    diffurec("import-weights", tmp_path / "no.pt", "--data", dataset.path, "--out", tmp_path / "run").refused(
        "no.pt"
    )


def test_an_imported_run_says_so(tmp_path, state, dataset) -> None:
    torch.save(state, tmp_path / "state.pt")
    run = import_authors_weights(tmp_path / "state.pt", dataset, tmp_path / "run", max_len=12)
    assert json.loads((run.path / "config.json").read_text())["recipe"] == "imported"
    assert run.config.model.attention_mask == "queries"
