from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from diffurec import softmax_loss
from diffurec.config import Config, DataConfig, DiffusionConfig, ModelConfig
from diffurec.data.batches import Batch
from diffurec.diffusion import RowDraws
from diffurec.model import DiffuRec
from diffurec.walk_options import WalkOptions
from tests.helpers import small_config


def make(**model) -> DiffuRec:
    torch.manual_seed(0)
    settings = {"hidden_size": 16, "num_blocks": 2, "num_heads": 2, "dropout": 0.0, "embedding_dropout": 0.0}
    return DiffuRec(
        30,
        Config(
            data=DataConfig(max_len=6), model=ModelConfig(**(settings | model)), diffusion=DiffusionConfig()
        ),
    )


BATCH = Batch(torch.tensor([[0, 3, 4], [7, 8, 9]]), torch.tensor([5, 10]))


def last(model: DiffuRec, histories: torch.Tensor, seed=1, **options):
    history = model.condition(histories)
    seeds = [seed] * len(histories)
    return list(model.walk(history, RowDraws(seeds), WalkOptions(**options)))[-1].x_prev


def test_the_loss_at_the_start_is_a_cross_entropy_with_a_gradient_everywhere() -> None:
    model = make()
    loss = model.loss(BATCH, torch.Generator().manual_seed(0))
    loss.backward()
    assert loss.ndim == 0
    silent = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    # A bias of the keys shifts all logits of a query alike, which softmax does not see.
    assert [name for name in silent if not name.endswith("key.bias")] == []


def test_cross_entropy_ranks_padding_only_on_request() -> None:
    x_0_hat = torch.randn(2, 16)
    for score_padding in (True, False):
        model = make(score_padding=score_padding)
        logits = x_0_hat @ model.item_embeddings.weight.T
        if not score_padding:
            logits[:, 0] = float("-inf")
        expected = F.cross_entropy(logits, BATCH.targets, reduction="none")
        torch.testing.assert_close(model.cross_entropy(x_0_hat, BATCH.targets), expected)


def test_both_roundings_agree_with_their_definitions() -> None:
    model, x_0 = make(), torch.randn(3, 16)
    table = model.item_embeddings.weight
    torch.testing.assert_close(model.round(x_0, "inner_product"), x_0 @ table.T)
    torch.testing.assert_close(
        model.round(x_0, "distance"), -torch.cdist(x_0, table).square(), rtol=1e-4, atol=1e-4
    )


def test_cosines_have_no_length_in_rounding_and_in_the_loss() -> None:
    model = make(rounding="cosine", cosine_temperature=0.2)
    x_0, table = torch.randn(2, 16), model.item_embeddings.weight
    cosines = F.cosine_similarity(x_0.unsqueeze(1), table.unsqueeze(0), dim=-1)
    torch.testing.assert_close(model.round(x_0), cosines / 0.2)
    torch.testing.assert_close(model.round(7 * x_0), model.round(x_0))
    expected = F.cross_entropy((cosines / 0.2)[:, 1:], BATCH.targets - 1, reduction="none")
    torch.testing.assert_close(model.cross_entropy(x_0, BATCH.targets), expected)
    # What the walk carries has the length of unit noise, as what training noises.
    steps = list(model.eval().walk(model.condition(BATCH.histories), RowDraws([1, 2])))
    torch.testing.assert_close(steps[0].x_0_hat.norm(dim=-1), torch.full((2,), 4.0))


def test_a_cosine_loss_has_the_same_gradients_in_a_large_catalogue(monkeypatch) -> None:
    model = make(rounding="cosine")
    found = []
    for large in (False, True):
        if large:
            monkeypatch.setattr(softmax_loss, "MOST_SCORES", 10)
            monkeypatch.setattr(softmax_loss, "CHUNK_SCORES", 16)
            monkeypatch.setattr("diffurec.model.DENSE_ITEMS", 10)
        model.zero_grad()
        model.loss(BATCH, torch.Generator().manual_seed(1)).backward()
        found.append(model.item_embeddings.weight.grad.clone())
    torch.testing.assert_close(found[0], found[1], rtol=1e-4, atol=1e-6)


def test_lambda_without_spread_is_fixed_and_draws_nothing() -> None:
    lam = make(lambda_mean=0.3, lambda_spread=0.0).draw_lambda(RowDraws([0]), torch.zeros(1, 5, 16), 2.0)
    torch.testing.assert_close(lam, torch.full((1, 1, 1), 0.6))
    half = make(lambda_mean=0.3, lambda_spread=0.5).draw_lambda(RowDraws([0]), torch.zeros(1, 400, 16))
    assert half.mean().item() == pytest.approx(0.3, abs=0.02)
    assert half.std().item() == pytest.approx(0.15, abs=0.01)


def test_lambda_has_the_mean_and_spread_of_the_authors() -> None:
    model = make(lambda_mean=0.3)
    lam = model.draw_lambda(RowDraws([0]), torch.zeros(1, 400, 16))
    assert lam.mean().item() == pytest.approx(0.3, abs=0.02)
    assert lam.std().item() == pytest.approx(0.3, abs=0.02)
    torch.testing.assert_close(model.draw_lambda(RowDraws([0]), torch.zeros(1, 400, 16), 2.0), 2 * lam)


def test_with_lambda_zero_the_list_does_not_depend_on_the_seed() -> None:
    model = make(lambda_mean=0.0).eval()
    torch.testing.assert_close(last(model, BATCH.histories, 1), last(model, BATCH.histories, 2))


def test_with_lambda_one_it_does() -> None:
    model = make(lambda_mean=1.0).eval()
    assert not torch.allclose(last(model, BATCH.histories, 1), last(model, BATCH.histories, 2), atol=0.1)
    torch.testing.assert_close(
        last(model, BATCH.histories, 1, lambda_scale=0.0), last(model, BATCH.histories, 2, lambda_scale=0.0)
    )


def test_learned_positions_make_order_matter_and_count_from_the_last_item() -> None:
    model = make(position="learned").eval()
    with torch.no_grad():
        model.positions.weight.normal_()
    swapped = BATCH.histories[1:, [1, 0, 2]]
    assert not torch.allclose(last(model, BATCH.histories[1:]), last(model, swapped), atol=1e-3)
    wide = torch.cat([torch.zeros(1, 3, dtype=torch.int64), BATCH.histories[1:]], dim=1)
    real = model.condition(wide)
    torch.testing.assert_close(real.e[:, 3:], model.condition(BATCH.histories[1:]).e)


def test_a_strided_walk_takes_that_many_steps() -> None:
    model = make().eval()
    for steps in (1, 5, 32):
        walk = list(model.walk(model.condition(BATCH.histories), RowDraws([1, 2]), WalkOptions(steps=steps)))
        assert len(walk) == steps
        assert walk[-1].t == (31 if steps == 1 else 0)


def test_a_walk_can_be_forked_at_any_step() -> None:
    model = make(lambda_mean=1.0).eval()
    history = model.condition(BATCH.histories[:1])
    steps = list(model.walk(history, RowDraws([1])))
    fork = list(model.walk(history, RowDraws([5]), x_T=steps[10].x_t, start=10))
    assert [s.t for s in fork] == [s.t for s in steps[10:]]
    assert torch.equal(fork[0].x_t, steps[10].x_t)
    assert not torch.allclose(fork[-1].x_prev, steps[-1].x_prev, atol=0.05)


@pytest.mark.gpu
def test_a_seed_walks_alike_on_cpu_and_gpu() -> None:
    model = make(lambda_mean=1.0).eval()
    here = last(model, BATCH.histories)
    model.cuda()
    history = model.condition(BATCH.histories.cuda())
    there = list(model.walk(history, RowDraws([1, 1], "cuda")))[-1].x_prev
    torch.testing.assert_close(there.cpu(), here, rtol=1e-3, atol=1e-3)


def test_a_large_catalogue_has_the_same_loss_and_gradients(monkeypatch) -> None:
    """In chunks, with one gradient of the table and blocks computed anew, dropout included."""
    torch.manual_seed(0)
    model = DiffuRec(50, small_config(lambda_mean=0.2)).train()
    batch = Batch(torch.randint(1, 51, (16, 6)), torch.randint(1, 51, (16,)))
    found = []
    for large in (False, True):
        if large:
            monkeypatch.setattr(softmax_loss, "MOST_SCORES", 100)
            monkeypatch.setattr(softmax_loss, "CHUNK_SCORES", 160)
            monkeypatch.setattr("diffurec.model.DENSE_ITEMS", 10)
            model.approximator.recompute = True
        model.zero_grad()
        torch.manual_seed(3)
        loss = model.loss(batch, torch.Generator().manual_seed(1))
        loss.backward()
        found.append((loss.detach(), [parameter.grad.clone() for parameter in model.parameters()]))
    (small_loss, small), (large_loss, large_) = found
    torch.testing.assert_close(small_loss, large_loss)
    torch.testing.assert_close(small, large_, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("rounding", ["inner_product", "cosine"])
def test_the_bias_of_repeats_is_in_the_loss_as_it_is_in_the_scores(rounding) -> None:
    model = make(rounding=rounding, repeat_bias=True)
    with torch.no_grad():
        model.repeats.fill_(-0.2)
    # A repeated item counts once, padding not at all; the second target is one of its history.
    batch = Batch(torch.tensor([[0, 3, 4, 3], [7, 8, 9, 9]]), torch.tensor([5, 8]))
    x_0 = torch.randn(2, 16, requires_grad=True)
    looked_up = model.item_embeddings(torch.cat([batch.histories, batch.targets.unsqueeze(1)], dim=1))
    losses = model._with_repeats(model.cross_entropy(x_0, batch.targets), x_0, batch, looked_up)
    shift = torch.zeros(2, 31)
    shift[0, [3, 4]] = shift[1, [7, 8, 9]] = 1
    scores = model.round(x_0) + shift * model.repeat_bias
    torch.testing.assert_close(model.round(x_0, histories=batch.histories)[:, 1:], scores[:, 1:])
    expected = F.cross_entropy(scores[:, 1:], batch.targets - 1, reduction="none")
    torch.testing.assert_close(losses, expected)
    for ours, theirs in zip(
        torch.autograd.grad(losses.sum(), [x_0, model.repeats], retain_graph=True),
        torch.autograd.grad(expected.sum(), [x_0, model.repeats]),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs)
