"""Linear layers in bfloat16 around each text's mean, for processors that multiply bfloat16 twice as fast as float32.

A rounded weight errs the same way at every token of a text, so that mean pooling does not average its error out. Hence
each text's mean over its tokens is multiplied in float32, and only the deviations from it in bfloat16: to first order
the pooled vector is exact. The lower layers, whose errors the upper ones magnify, and all else stay in float32.
Measured in tests/benchmarks/encoding.py.
"""

import re
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

EXACT_LAYERS = 1 / 3  # the share of layers, from the bottom, that stays in float32
_LAYER = re.compile(r"(?:^|\.)layers?\.(\d+)\.")


class Mixing:
    """What the linear layers of one model share: whether they are exact just now, and the input that several multiply."""

    def __init__(self) -> None:
        self.exact = False
        self._input: Tensor | None = None
        self._parts: tuple[Tensor, Tensor] | None = None

    def parts(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """Means over the tokens, (texts, 1, d) float32, and deviations from them, (texts, tokens, d) bfloat16."""
        if self._parts is None or self._input is not states:
            means = states.mean(dim=1, keepdim=True)
            deviations = torch.sub(states, means, out=torch.empty_like(states, dtype=torch.bfloat16))
            self._input, self._parts = states, (means, deviations)
        return self._parts

    def forget(self) -> None:
        self._input = self._parts = None


class _MixedLinear(nn.Module):
    def __init__(self, layer: nn.Linear, mixing: Mixing) -> None:
        super().__init__()
        self.weight, self.bias, self._mixing = layer.weight, layer.bias, mixing
        self.rounded = layer.weight.detach().to(torch.bfloat16)

    def forward(self, states: Tensor) -> Tensor:
        if self._mixing.exact or states.dim() != 3:
            return linear(states, self.weight, self.bias)
        means, deviations = self._mixing.parts(states)
        return linear(deviations, self.rounded) + linear(means, self.weight, self.bias)


def mix(model: nn.Module) -> Mixing:
    """Replaces the linear layers of `model` (float32) that stand in its upper layers; the result switches them to exact."""
    named = [
        (name, layer)
        for name, layer in model.named_modules()
        if type(layer) is nn.Linear and _LAYER.search(name)
    ]
    top = max((_number(name) for name, _ in named), default=0) + 1
    mixing = Mixing()
    for name, layer in named:
        if _number(name) >= top * EXACT_LAYERS:
            parent, _, own = name.rpartition(".")
            setattr(model.get_submodule(parent), own, _MixedLinear(layer, mixing))
    return mixing


def _number(name: str) -> int:
    match: Any = _LAYER.search(name)
    return int(match[1])


def fast_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 by itself; emulated, it is slower than float32."""
    known: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(known.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
