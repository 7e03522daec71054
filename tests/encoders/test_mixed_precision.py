"""Batches of transformers, in mixed precision and in float32, and what happens where memory runs out."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.gemma import WIDTH, save_gemma
from workbench.core.errors import EncoderError
from workbench.core.settings import DenseSystem
from workbench.core.vectors import Vectors
from workbench.encoders.backends import mixed_precision, sentence_transformer
from workbench.encoders.backends.devices import MIXED
from workbench.encoders.backends.sentence_transformer import SentenceTransformerEncoder

ALPHABET = "船工夜间渡运应当点亮两盏灯塔由守人看管载客不得超过核定数二十时停"


def text(length: int, seed: int) -> str:
    return "".join(random.Random(seed).choices(ALPHABET, k=length))


TEXTS = [text(length, seed) for seed, length in enumerate((40, 1, 300, 7, 8, 40, 2, 150, 40, 3, 64, 65))]


pytestmark = pytest.mark.usefixtures("single_thread")


@pytest.fixture(scope="module")
def gemma(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gemma")
    save_gemma(folder, list(ALPHABET))  # one token a character, or so
    return folder


def encoder(folder: Path, dtype: Any = "float32", **settings: Any) -> SentenceTransformerEncoder:
    return SentenceTransformerEncoder(
        DenseSystem(label="Tried", model=str(folder), dtype=dtype, query_prompt="问：", **settings),
        str(folder),
    )


@pytest.fixture
def mixed(gemma: Path, monkeypatch: pytest.MonkeyPatch) -> SentenceTransformerEncoder:
    """The model in mixed precision, whatever this processor has; in all of its layers."""
    monkeypatch.setattr(mixed_precision, "fast_bfloat16", lambda: True)
    monkeypatch.setattr(mixed_precision, "EXACT_LAYERS", 0)
    return encoder(gemma, "auto", device="cpu")


@pytest.fixture(scope="module")
def exact(gemma: Path) -> Vectors:
    """One text at a time in float32."""
    plain = encoder(gemma)
    return np.concatenate([plain.encode_documents([each]) for each in TEXTS])


def cosines(ours: Vectors, theirs: Vectors) -> Any:
    return (ours * theirs).sum(axis=1)


def test_documents_in_mixed_precision_are_nearly_those_of_float32(
    mixed: SentenceTransformerEncoder, exact: Vectors
) -> None:
    found = mixed.encode_documents(TEXTS)
    assert mixed.precision == MIXED
    assert 0.9999 < cosines(found, exact).min() < 1  # below 1: it did something else
    assert np.abs(found - exact).max() > 1e-6


def test_questions_are_exactly_those_of_float32(mixed: SentenceTransformerEncoder, gemma: Path) -> None:
    wanted = encoder(gemma).encode_queries(TEXTS)
    for _ in range(2):  # also after documents
        np.testing.assert_array_equal(mixed.encode_queries(TEXTS), wanted)
        mixed.encode_documents(TEXTS[:2])


def test_only_the_upper_layers_are_mixed(gemma: Path) -> None:
    model = encoder(gemma)._model
    mixed_precision.mix(model)
    named = {name for name, layer in model.named_modules() if type(layer).__name__ == "_MixedLinear"}
    assert named
    assert all(".layers.1." in name for name in named)  # of layers 0 and 1, a third stays in float32


def test_a_processor_without_it_stays_in_float32(gemma: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixed_precision, "fast_bfloat16", lambda: False)
    assert encoder(gemma, "auto", device="cpu").precision == "float32"


@pytest.mark.parametrize("budget", [1, 64, 500, 100_000])
def test_order_and_neighbours_do_not_matter(
    gemma: Path, exact: Vectors, budget: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sentence_transformer.TOKENS, "cpu", budget)
    tried, told = encoder(gemma), list[int]()
    for seed in range(2):
        order = random.Random(seed).sample(range(len(TEXTS)), len(TEXTS))
        found = tried.encode_documents([TEXTS[row] for row in order], progress=told.append)
        np.testing.assert_allclose(found, exact[order], atol=1e-5)
    assert told[-1] == len(TEXTS)
    assert told[: len(told) // 2] == sorted(set(told))


def batches(tried: SentenceTransformerEncoder, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """(texts, tokens with padding) of each batch that is to come."""
    seen, forward = [], tried._forward

    def noted(texts: list[str]) -> Vectors:
        seen.append(tuple(tried._model.preprocess(texts, prompt="")["input_ids"].shape))
        return forward(texts)

    monkeypatch.setattr(tried, "_forward", noted)
    return seen


@pytest.mark.parametrize("budget", [1, 64, 500])
def test_batches_keep_to_the_budget_of_tokens(
    gemma: Path, budget: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sentence_transformer.TOKENS, "cpu", budget)
    tried = encoder(gemma)
    seen = batches(tried, monkeypatch)
    tried.encode_documents(TEXTS)
    assert sum(texts for texts, _ in seen) == len(TEXTS)
    assert all(texts * tokens <= budget or texts == 1 for texts, tokens in seen)
    if budget == 500:
        assert len(seen) < len(TEXTS)


def test_long_texts_are_cut(gemma: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = encoder(gemma, max_seq_length=20)
    seen = batches(tried, monkeypatch)
    found = tried.encode_documents([TEXTS[2], TEXTS[2][:60], TEXTS[2][:4]])
    assert max(tokens for _, tokens in seen) == 20
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)
    assert cosines(found[:1], found[2:])[0] < 0.9999


OUT_OF_MEMORY = (
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("MPS backend out of memory (MPS allocated: 5 GB, max allowed: 6 GB)."),
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:121] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."
    ),
)


def refuse_above(
    tried: SentenceTransformerEncoder,
    most: int,
    monkeypatch: pytest.MonkeyPatch,
    fault: Exception = OUT_OF_MEMORY[0],
) -> list[int]:
    """Lets the model fail at more than `most` texts; the sizes that it was given."""
    model, given = tried._model, list[int]()
    forward = model.forward

    def limited(features: dict[str, torch.Tensor], **more: Any) -> Any:
        given.append(len(features["input_ids"]))
        if given[-1] > most:
            raise fault
        return forward(features, **more)

    monkeypatch.setattr(model, "forward", limited)
    return given


@pytest.mark.parametrize("precision", ["float32", "mixed"])
def test_a_batch_that_does_not_fit_is_halved(
    gemma: Path,
    mixed: SentenceTransformerEncoder,
    exact: Vectors,
    precision: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sentence_transformer.TOKENS, "cpu", 100_000)
    tried = mixed if precision == "mixed" else encoder(gemma)
    given = refuse_above(tried, 2, monkeypatch)
    found = tried.encode_documents(TEXTS)
    assert given[0] == len(TEXTS)
    assert sum(size for size in given if size <= 2) == len(TEXTS)
    assert cosines(found, exact).min() > 0.9999


def test_a_text_that_does_not_fit_alone(gemma: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for fault in OUT_OF_MEMORY:
        tried = encoder(gemma)
        refuse_above(tried, 0, monkeypatch, fault)
        with pytest.raises(
            EncoderError,
            match="Tried: does not fit into memory; set a smaller max_seq_length, or another device",
        ):
            tried.encode_documents(TEXTS)


def test_other_faults_are_not_taken_for_it(gemma: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = encoder(gemma)
    given = refuse_above(tried, 0, monkeypatch, RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        tried.encode_documents(TEXTS)
    assert len(given) == 1


@pytest.mark.parametrize("texts", [TEXTS[:1], TEXTS[:3]])
def test_a_released_model_comes_back(mixed: SentenceTransformerEncoder, texts: Sequence[str]) -> None:
    before = mixed.encode_documents(texts), mixed.encode_queries(texts)
    mixed.release()
    assert "_model" not in vars(mixed)
    mixed.release()  # twice is no fault
    for again, first in zip(
        (mixed.encode_documents(texts), mixed.encode_queries(texts)), before, strict=True
    ):
        np.testing.assert_array_equal(again, first)
    assert mixed.encode_documents(texts).shape == (len(texts), WIDTH)
