"""Recipes: every hyperparameter of a training run, read from a TOML file."""

import tomllib
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from workbench.core.errors import TrainingError
from workbench.core.settings import (
    Count,
    NonNegative,
    PositiveFloat,
    PositiveInt,
    ShareBelowOne,
    UnfitSettings,
    settings_of,
    settings_record,
)

DEFAULT = "lawvault"


@settings_record
class Recipe:
    """How a model is trained; what is left out is as `SentenceTransformerTrainer` has it.

    The loss is MatryoshkaLoss over MultipleNegativesRankingLoss (Kusupati et al. 2022; Henderson et al. 2017).
    HELP says what each key means.
    """

    dims: tuple[PositiveInt, ...] = ()
    dim_weights: tuple[PositiveFloat, ...] = ()
    scale: PositiveFloat = 20.0
    batch_size: PositiveInt = 24
    accumulation: PositiveInt = 6
    epochs: PositiveInt = 3
    learning_rate: PositiveFloat = 2e-5
    schedule: Literal["linear", "cosine", "constant", "constant_with_warmup"] = "linear"
    warmup: ShareBelowOne = 0.0
    weight_decay: NonNegative = 0.0
    max_grad_norm: NonNegative = 1.0
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    max_seq_length: PositiveInt | None = None
    gradient_checkpointing: bool = False
    negatives: PositiveInt = 1
    batches: Literal["no_duplicates", "batch_sampler"] = "no_duplicates"
    query_prompt: str | None = None
    token_dropout: ShareBelowOne = 0.0
    lora_rank: Count = 0
    lora_alpha: PositiveInt = 32
    lora_dropout: ShareBelowOne = 0.0
    seed: Count = 42
    checkpoint_steps: Count = 100
    dev_pool: Count = 100

    def weights_of(self, dims: tuple[int, ...]) -> list[float]:
        """The weight of each of `dims` in the loss."""
        if self.dim_weights and len(self.dim_weights) != len(dims):
            raise TrainingError(
                "dim_weights",
                f"has {len(self.dim_weights)} values",
                wanted=f"one for each of the dimensions {', '.join(map(str, dims))}",
                remedy="correct the recipe",
            )
        return list(self.dim_weights) or [1.0] * len(dims)


HELP = {
    "dims": "vector lengths that the loss is summed over, e.g. 768,512,256,128; by default the pair's",
    "dim_weights": "weight of each of them; by default 1",
    "scale": "what cosines are multiplied by in the loss (1 / temperature)",
    "batch_size": "rows a step on the device",
    "accumulation": "steps whose gradients are added up before the weights change",
    "epochs": "times that all rows are seen",
    "learning_rate": "highest learning rate",
    "schedule": "how the learning rate goes on",
    "warmup": "share of the steps in which the learning rate rises",
    "weight_decay": "weight decay of AdamW",
    "max_grad_norm": "length that gradients are cut to; 0: none",
    "precision": "auto: bfloat16 where the graphics card has it, else float32",
    "max_seq_length": "tokens of a text, at most; by default the system's, else the model's",
    "gradient_checkpointing": "compute activations twice to save memory",
    "negatives": "hard negatives a row; a query with more of them gives several rows",
    "batches": "no_duplicates: no text twice in a batch, where it would be its own negative",
    "query_prompt": "what stands before a question, or nothing; by default the system's query_prompt",
    "token_dropout": "share of a positive's tokens left out at random (static embeddings only)",
    "lora_rank": "train low-rank adapters of this rank, merged at the end (Hu et al. 2021); 0: all weights",
    "lora_alpha": "scale of the adapters",
    "lora_dropout": "dropout in the adapters",
    "seed": "of everything that is random",
    "checkpoint_steps": "steps of the optimiser between two checkpoints; 0: none",
    "dev_pool": "articles a dev question to choose from (its relevant ones, and the best-ranked others); 0: all",
}


def read_recipe(name: str = DEFAULT, **changes: Any) -> Recipe:
    """The packaged recipe of that name, or the recipe in that TOML file, with `changes` (None: none)."""
    path = Path(str(files("workbench.training").joinpath("recipes", f"{name}.toml")))
    try:
        text = (path if name in packaged_recipes() else Path(name)).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else fault
        known = ", ".join(packaged_recipes())
        raise TrainingError(
            name, f"cannot be read ({why})", remedy=f"give a TOML file or one of: {known}"
        ) from fault
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise TrainingError(name, f"is no valid TOML: {fault}", remedy="mend that line") from fault
    recipe = parse_recipe(given, name)
    changed = {key: value for key, value in changes.items() if value is not None}
    return parse_recipe(recipe_values(recipe) | changed, "recipe") if changed else recipe


def parse_recipe(given: dict[str, Any], name: str) -> Recipe:
    """The recipe that these keys and values are."""
    try:
        return settings_of(Recipe, given)
    except UnfitSettings as fault:
        if fault.key not in HELP:
            found, wanted = f'"{fault.key}" is no key of a recipe', f"one of: {', '.join(HELP)}"
            raise TrainingError(name, found, wanted=wanted, remedy="take it out") from fault
        found, meaning = f"{fault.key} is {fault.value!r}", HELP[fault.key]
        raise TrainingError(
            name, found, wanted=fault.wanted, remedy=f"correct that value ({meaning})"
        ) from fault


def packaged_recipes() -> list[str]:
    """The names of the recipes that come along."""
    folder = files("workbench.training").joinpath("recipes")
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir())


def recipe_values(recipe: Recipe) -> dict[str, Any]:
    """What the recipe says, key by key, as TOML and JSON can; a key that is left open is left out."""
    values = {field.name: getattr(recipe, field.name) for field in fields(recipe)}
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in values.items()
        if value is not None and value != ()
    }
