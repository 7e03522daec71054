"""Training of transformers: all weights, or low-rank adapters that are merged into them at the end."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from sentence_transformers import SentenceTransformer

from workbench.core.errors import TrainingError
from workbench.training.recipes import Recipe

INSTALL = "pip install 'lawvault-workbench[lora]'"


class LowRankTraining:
    """A transformer while it is trained: with `lora_rank` only adapters in its linear layers learn (Hu et al. 2021),
    and the layers behind the transformer."""

    collator = None

    def __init__(self, model: SentenceTransformer, recipe: Recipe) -> None:
        self._transformer: Any = model[0]
        self._adapted: Any = None
        if recipe.lora_rank:
            self._adapted = _adapted(self._transformer.auto_model, recipe)

    def whole(self) -> AbstractContextManager[None]:
        return nullcontext()

    def finish(self) -> None:
        if self._adapted is not None:
            self._adapted.merge_and_unload()  # in place: the model has no other modules than before


def _adapted(transformer: Any, recipe: Recipe) -> Any:
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as fault:
        found = f"is {recipe.lora_rank}, but this machine lacks peft"
        raise TrainingError("lora_rank", found, remedy=f"{INSTALL}, or set lora_rank = 0") from fault
    settings = LoraConfig(
        r=recipe.lora_rank,
        lora_alpha=recipe.lora_alpha,
        lora_dropout=recipe.lora_dropout,
        target_modules="all-linear",
    )
    torch.manual_seed(recipe.seed)  # they begin at random, before the trainer sets it
    return get_peft_model(transformer, settings)
