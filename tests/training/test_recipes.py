"""Recipes: those that come along, files of one's own, and what is wrong with a file in one clear message."""

import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from workbench.core.errors import TrainingError
from workbench.training.recipes import (
    DEFAULT,
    HELP,
    Recipe,
    packaged_recipes,
    parse_recipe,
    read_recipe,
    recipe_values,
)

# Everything but what the model card states is left to the trainer or the pair.
LEFT_OPEN = {
    "dims": (),
    "dim_weights": (),
    "schedule": "linear",
    "warmup": 0.0,
    "weight_decay": 0.0,
    "query_prompt": None,
    "negatives": 1,
    "token_dropout": 0.0,
    "lora_rank": 0,
}


def test_the_packaged_recipes_can_be_read() -> None:
    assert packaged_recipes() == ["demo", "demo-base", "lawvault"]
    assert [read_recipe(name).batch_size for name in packaged_recipes()] == [1024, 1024, 24]


def test_lawvault_is_what_the_model_card_states() -> None:
    recipe = read_recipe("lawvault")
    assert (recipe.batch_size, recipe.accumulation, recipe.batch_size * recipe.accumulation) == (24, 6, 144)
    assert (recipe.learning_rate, recipe.epochs, recipe.max_seq_length) == (2e-5, 3, 1_024)
    assert recipe.weights_of((768, 512, 256, 128)) == [1, 1, 1, 1]
    assert {key: getattr(recipe, key) for key in LEFT_OPEN} == LEFT_OPEN
    assert DEFAULT == "lawvault"
    assert read_recipe() == recipe


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text("dims = [768, 128]\ndim_weights = [1, 0.5]\nepochs = 1\nquery_prompt = ''\n", "utf-8")
    assert read_recipe(str(file)) == Recipe(
        dims=(768, 128), dim_weights=(1.0, 0.5), epochs=1, query_prompt=""
    )


def test_changes_override_what_the_file_says() -> None:
    changed = read_recipe("lawvault", epochs=1, learning_rate=1e-4, query_prompt="", batch_size=None)
    assert changed == replace(
        read_recipe("lawvault"), epochs=1, learning_rate=1e-4, query_prompt="", batch_size=24
    )


@pytest.mark.parametrize(
    ("text", "found", "wanted", "key"),
    [
        ("batchsize = 2", '"batchsize" is no key of a recipe', f"one of: {', '.join(HELP)}", ""),
        ('epochs = "some"', "epochs is 'some'", "Input should be a valid integer", "epochs"),
        ("epochs = 0", "epochs is 0", "Input should be greater than 0", "epochs"),
        ("epochs = 1.5", "epochs is 1.5", "Input should be a valid integer", "epochs"),
        ("epochs = true", "epochs is True", "Input should be a valid integer", "epochs"),
        ("dims = 768", "dims is 768", "Input should be a valid tuple", "dims"),
        ("dims = [768, 0]", "dims is 0", "Input should be greater than 0", "dims"),
        ("warmup = 1.0", "warmup is 1.0", "Input should be less than 1", "warmup"),
        ("learning_rate = nan", "learning_rate is nan", "Input should be a finite number", "learning_rate"),
        ("learning_rate = inf", "learning_rate is inf", "Input should be a finite number", "learning_rate"),
        ('precision = "float16"', "precision is 'float16'", "Input should be 'auto',", "precision"),
        ('schedule = "steep"', "schedule is 'steep'", "Input should be 'linear',", "schedule"),
        ('batches = "all"', "batches is 'all'", "Input should be 'no_duplicates' or", "batches"),
    ],
)
def test_a_key_that_does_not_fit_is_named_with_what_it_means(
    tmp_path: Path, text: str, found: str, wanted: str, key: str
) -> None:
    file = tmp_path / "own.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TrainingError) as caught:
        read_recipe(str(file))
    assert caught.value.subject == str(file)
    assert caught.value.found == found
    assert caught.value.wanted.startswith(wanted)
    assert caught.value.remedy == (f"correct that value ({HELP[key]})" if key else "take it out")
    assert "\n" not in str(caught.value)


def test_a_change_that_does_not_fit_is_refused_as_well() -> None:
    with pytest.raises(
        TrainingError, match=r"^recipe: batch_size is -1; .*; correct that value \(rows a step"
    ):
        read_recipe("lawvault", batch_size=-1)


def test_no_toml_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text("epochs = 1\nbatch_size: 4\n", encoding="utf-8")
    with pytest.raises(TrainingError, match=r"own\.toml: is no valid TOML: .*line 2.*; mend that line$"):
        read_recipe(str(file))


@pytest.mark.parametrize("name", ["nothing", "nothing.toml", "", "a\0b", "binary.toml"])
def test_what_cannot_be_read_says_what_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TrainingError, match="cannot be read") as caught:
        read_recipe(name)
    assert caught.value.subject == name
    assert caught.value.remedy == "give a TOML file or one of: demo, demo-base, lawvault"


def test_help_says_what_every_key_means() -> None:
    assert list(HELP) == [field.name for field in fields(Recipe)]
    assert all(HELP.values())


@pytest.mark.parametrize(
    ("weights", "expected"), [((), [1, 1, 1]), ((1.0, 2.0, 0.5), [1, 2, 0.5]), ((1.0, 2.0), None)]
)
def test_one_weight_a_dimension(weights: tuple[float, ...], expected: list[float] | None) -> None:
    recipe = Recipe(dim_weights=weights)
    if expected:
        assert recipe.weights_of((16, 8, 4)) == expected
        return
    with pytest.raises(TrainingError, match="has 2 values; wanted: one for each of the dimensions 16, 8, 4;"):
        recipe.weights_of((16, 8, 4))


@pytest.mark.parametrize("changes", [{}, {"query_prompt": ""}, {"dims": (16, 4)}, {"max_seq_length": 9}])
@pytest.mark.parametrize("name", packaged_recipes())
def test_the_values_of_a_recipe_make_it_again(name: str, changes: dict[str, Any]) -> None:
    recipe = read_recipe(name, **changes)
    written = tomli_w.dumps(recipe_values(recipe))
    assert parse_recipe(tomllib.loads(written), name) == recipe
