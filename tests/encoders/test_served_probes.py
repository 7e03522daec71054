"""Vectors of a served model that cannot be right are refused before any of them is used."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from tests.embeddings_server import EmbeddingsServer, Fault
from tests.encoders.test_embeddings_api import encoder
from workbench.core.errors import EncoderError
from workbench.core.vectors import Vectors
from workbench.encoders.backends.served_probes import TEXTS

WIDTH = 16


@pytest.fixture
def server(running: EmbeddingsServer) -> Iterator[EmbeddingsServer]:
    for kept in (running.requests, running.probes):
        kept.clear()
    yield running
    running.encode, running.refuses = running.own, lambda texts: None


def noise(shape: tuple[int, ...], seed: int | None = None) -> Vectors:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def collapsed(texts: list[str]) -> Vectors:
    """One vector for all, but for what is lost in rounding."""
    return np.ones((len(texts), WIDTH), np.float32) + noise((len(texts), WIDTH)) * 1e-3


def by_text(texts: list[str]) -> Vectors:
    return np.stack([noise((WIDTH,), sum(map(ord, text))) for text in texts])


def by_batch(texts: list[str]) -> Vectors:
    """Padding that is not masked: what else stands in the batch has a part in each vector."""
    return by_text(texts) + 0.5 * len(texts)


def a_little_by_batch(texts: list[str]) -> Vectors:
    return by_text(texts) + 0.02 * len(texts)


@pytest.mark.parametrize(
    ("vectors", "found", "wanted", "remedy"),
    [
        (collapsed, r"gives nearly one vector for 6 different texts \(median cosine 1.0000\)", "tell texts apart", "log"),
        (lambda texts: noise((len(texts), WIDTH)), "gives one text two vectors in one request", "the same vector each time", "log"),
        (by_batch, "gives a text another vector alone than among others", "the same vector", "batch_size = 1"),
        (lambda texts: np.zeros((len(texts), WIDTH), np.float32), "gives no vector for any of 6 texts", "", "log"),
    ],
)  # fmt: skip
def test_what_cannot_be_right(
    server: EmbeddingsServer, vectors: Callable[[list[str]], Vectors], found: str, wanted: str, remedy: str
) -> None:
    server.encode = vectors
    for use in (
        lambda ours: ours.prepare(),
        lambda ours: ours.encode_queries(["渡船"]),
        lambda ours: ours.encode_documents(["渡船"]),
    ):
        with pytest.raises(
            EncoderError, match=f"Served at {server.address}/v1/embeddings: {found}"
        ) as caught:
            use(encoder(server))
        assert wanted in caught.value.wanted
        assert remedy in caught.value.remedy
    assert server.requests == []


def test_what_differs_a_little_is_noted(server: EmbeddingsServer) -> None:
    server.encode = a_little_by_batch
    [note] = encoder(server).prepare()
    assert "Served: a text's vector alone and among others differ (cosine 0.9" in note
    server.encode = by_text
    assert encoder(server).prepare() == []


def test_where_texts_go_one_by_one_no_batch_has_a_part(server: EmbeddingsServer) -> None:
    server.encode = by_batch
    assert encoder(server, batch_size=1).encode_documents(["渡船", "灯塔"]).shape == (2, WIDTH)
    assert [len(texts) for texts in server.probes] == [1] * 8


def test_texts_that_a_model_knows_nothing_of_are_left_out(server: EmbeddingsServer) -> None:
    server.encode = lambda texts: by_text(texts) * np.array([[text.isascii() is False] for text in texts])
    assert encoder(server).encode_documents(["渡船"]).shape == (1, WIDTH)


def test_models_of_one_server_are_probed_each_and_once(server: EmbeddingsServer) -> None:
    for more in (
        {},
        {"query_prompt": "x"},
        {"model": "other"},
        {"document_fields": {"input_type": "passage"}},
    ):
        encoder(server, **more).encode_documents(["渡船"])
    assert server.probes == [[*TEXTS, TEXTS[0]], [TEXTS[0]]] * 3


def test_a_server_that_could_not_be_probed_is_probed_when_it_is_back(server: EmbeddingsServer) -> None:
    server.refuses = lambda texts: Fault(401)
    with pytest.raises(EncoderError, match="401"):
        encoder(server).encode_documents(["渡船"])
    server.refuses, server.encode = lambda texts: None, collapsed
    with pytest.raises(EncoderError, match="nearly one vector"):
        encoder(server).encode_documents(["渡船"])


def test_other_weights_under_a_name_are_noticed(server: EmbeddingsServer) -> None:
    texts = ["渡船载客", "灯塔"]
    wanted = encoder(server).encode_documents(texts)
    for expected, changes in (
        (wanted, False),
        (wanted[:, :8] / np.linalg.norm(wanted[:, :8], axis=1, keepdims=True), False),
        (wanted[::-1], True),
    ):
        fresh = encoder(server, model=f"ferry {expected.shape} {changes}")
        fresh.expect(texts, expected)
        if not changes:
            assert fresh.encode_queries(["谁看灯塔"]).shape == (1, WIDTH)
            continue
        with pytest.raises(
            EncoderError,
            match=r"the model behind that name has changed: .* \(least cosine -?0\.\d+\).*index build",
        ):
            fresh.encode_queries(["谁看灯塔"])
        assert fresh.prepare() == []  # a build takes what the server has now
