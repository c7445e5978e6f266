"""The parameter names of the authors' code, mapped onto ours.

Source: github.com/WHUIR/DiffuRec (MIT). Layers it declares and never uses are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

from diffurec.config import Config, DataConfig, DiffusionConfig, ModelConfig
from diffurec.errors import UserError
from diffurec.schedule import ScheduleName

_PLAIN = {
    "item_embeddings": "item_embeddings",
    "LayerNorm": "history_norm",
    "diffu.xstart_model.time_embed.0": "approximator.step_embedding.0",
    "diffu.xstart_model.time_embed.2": "approximator.step_embedding.2",
    "diffu.xstart_model.norm_diffu_rep": "approximator.norm",
}
_BLOCK = {
    "attention.linear_layers.0": "attention.query",
    "attention.linear_layers.1": "attention.key",
    "attention.linear_layers.2": "attention.value",
    "attention.w_layer": "attention.out",
    "feed_forward.w_1": "feed_forward.inner",
    "feed_forward.w_2": "feed_forward.outer",
    "input_sublayer.norm": "attention_norm",
    "output_sublayer.norm": "feed_forward_norm",
}
_BLOCK_NAME = re.compile(r"diffu\.xstart_model\.att\.transformer_blocks\.(\d+)\.(.+)")
_UNUSED = re.compile(r"position_embeddings|diffu\.xstart_model\.(linear_item|linear_xt|linear_t|fuse_linear)")


def our_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state dict of the authors' model under our names.

    Raises:
        UserError: a name that is neither theirs nor one of those they never use.
    """
    renamed: dict[str, Tensor] = {}
    for full_name, tensor in state.items():
        name = full_name.removeprefix("module.")  # nn.DataParallel
        layer, _, kind = name.rpartition(".")
        block = _BLOCK_NAME.fullmatch(layer)
        if layer in _PLAIN:
            renamed[f"{_PLAIN[layer]}.{kind}"] = tensor
        elif block is not None and block[2] in _BLOCK:
            renamed[f"approximator.blocks.{block[1]}.{_BLOCK[block[2]]}.{kind}"] = tensor
        elif not _UNUSED.match(layer):
            raise UserError(f"parameter {full_name!r} is not one of the DiffuRec authors' model")
    missing = [ours for ours in _PLAIN.values() if f"{ours}.weight" not in renamed]
    if missing:
        raise UserError(f"the state dict has no {missing[0]}; is it a DiffuRec model?")
    return renamed


def authors_config(
    state: Mapping[str, Tensor],
    *,
    max_len: int,
    num_heads: int = 4,
    steps: int = 32,
    schedule: ScheduleName = "trunc_lin",
    lambda_mean: float = 0.001,
    rescale_timesteps: bool = True,
) -> Config:
    """The configuration under which a model behaves as the authors' code; sizes are read off `state`.

    Args:
        state: parameters under our names.
        max_len: width of the padded history, which takes part in the result.
        num_heads: attention heads.
        steps: T.
        schedule: name of the betas.
        lambda_mean: λ0.
        rescale_timesteps: whether the step embedding sees t · 1000/T.
    """
    blocks = {name.split(".")[2] for name in state if name.startswith("approximator.blocks.")}
    return Config(
        data=DataConfig(max_len=max_len),
        model=ModelConfig(
            hidden_size=state["item_embeddings.weight"].shape[1],
            num_blocks=len(blocks),
            num_heads=num_heads,
            attention_mask="queries",
            lambda_mean=lambda_mean,
            score_padding=True,
        ),
        diffusion=DiffusionConfig(
            steps=steps, schedule=schedule, variance="fixed_large", rescale_timesteps=rescale_timesteps
        ),
    )
