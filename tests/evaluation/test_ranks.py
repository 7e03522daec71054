"""Exact ranks against a float64 brute force, and ties by doc_id: on the processor, and by the tensors that a card takes."""

from collections.abc import Iterator
from typing import cast

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tables import numbered
from workbench.core.errors import EncoderError, IndexFault, QueryError
from workbench.core.vectors import Vectors, normalise
from workbench.evaluation.backends import BACKENDS, Backend, card, processor
from workbench.evaluation.ranks import rank

DIMS = (12, 8, 3)
on_every_device = pytest.mark.parametrize("device", ["cpu", "tensors"])


@pytest.fixture(scope="module", autouse=True)
def _tensors() -> Iterator[None]:
    """A further device: the card's code on tensors in ordinary memory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(
            cast("dict[str, Backend]", BACKENDS),
            "tensors",
            lambda asked, batches, progress, _: card.sweep(asked, batches, progress, "cpu"),
        )
        yield


def brute_force(queries: Vectors, documents: Vectors, dim: int) -> np.ndarray:
    """Order of all documents by (-score, row), every score alone, in float64."""
    order = []
    for query in queries[:, :dim].astype(np.float64):
        scores = [
            float(np.dot(query, row) / (np.sqrt(np.dot(query, query)) * np.sqrt(np.dot(row, row))))
            for row in documents[:, :dim].astype(np.float64)
        ]
        order.append(np.argsort([-round(score, 13) for score in scores], kind="stable"))
    return np.array(order)


@on_every_device
@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 4), st.integers(1, 50), st.booleans())
def test_ranks_and_hits_agree_with_brute_force(
    device: str, seed: int, rows: int, queries: int, step: int, repeated: bool
) -> None:
    random = np.random.default_rng(seed)
    documents = normalise(random.standard_normal((rows, 12)).astype(np.float32))
    if repeated:  # the same vector several times, and some that differ in the last bits only
        documents = documents[random.integers(0, max(1, rows // 3), rows)]
        documents[rows // 2 :] = np.nextafter(documents[rows // 2 :], 2, dtype=np.float32)
    asked = normalise(random.standard_normal((queries, 12)).astype(np.float32))
    table = numbered(documents, step)
    names = [f"q{number}" for number in range(queries)]
    qrels = {name: dict.fromkeys(table.doc_ids, 1) for name in names}
    found = rank(table, "x", DIMS, names, asked, qrels, depth=5, device=device)
    for dim in DIMS:
        order = brute_force(asked, documents, dim)
        for name, line in zip(names, order, strict=True):
            ours = sorted(found[dim].ranks[name], key=found[dim].ranks[name].__getitem__)
            assert sorted(found[dim].ranks[name].values()) == list(range(1, rows + 1))
            if not repeated:
                assert ours == [table.doc_ids[place] for place in line]
            assert [hit.doc_id for hit in found[dim].hits[name]] == ours[:5]
            sides = [int(doc_id[1:]) % 3 == 2 for doc_id in ours]
            for place, doc_id in enumerate(ours):
                assert found[dim].displaced[name][doc_id] == sum(
                    side != sides[place] for side in sides[:place]
                )


@on_every_device
@pytest.mark.parametrize("depth", [1, 20, 400])
def test_many_rows_some_alike_and_some_nearly(device: str, depth: int) -> None:
    random = np.random.default_rng(depth)
    kinds = random.standard_normal((90, 12)).astype(np.float32)
    documents = kinds[random.integers(0, 90, 900)]
    documents[::7] *= np.float32(3)  # as near as float32 can tell, at another length
    documents[::11] += random.standard_normal(documents[::11].shape).astype(np.float32) * np.float32(1e-6)
    asked = normalise(random.standard_normal((30, 12)).astype(np.float32))
    table = numbered(documents, 333)
    names = [f"q{number}" for number in range(30)]
    qrels = {name: dict.fromkeys(random.choice(table.doc_ids, 40).tolist(), 1) for name in names[::2]}
    found = rank(table, "x", DIMS, names, asked, qrels, depth, device=device)
    for dim in DIMS:
        scores = asked[:, :dim].astype(float) @ documents[:, :dim].T.astype(float)
        scores /= np.linalg.norm(documents[:, :dim].astype(float), axis=1)
        scores /= np.linalg.norm(asked[:, :dim].astype(float), axis=1)[:, None]
        for name, row in zip(names, scores, strict=True):
            hits = found[dim].hits[name]
            assert [hit.score for hit in hits] == pytest.approx(np.sort(row)[::-1][:depth], abs=1e-14)
            assert hits == sorted(hits, key=lambda hit: (-hit.score, hit.doc_id))
            for doc_id, place in found[dim].ranks[name].items():
                score = row[int(doc_id[1:])]
                assert (row > score + 1e-14).sum() < place <= (row > score - 1e-14).sum()


def test_every_device_gives_the_same_to_the_last_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "_STRIP", 7)  # several strips of queries and blocks of rows
    monkeypatch.setattr(processor, "_SCORES", 7 * 128)
    monkeypatch.setattr(card, "_SCORES", 30 * 100)
    random = np.random.default_rng(5)
    documents = random.standard_normal((60, 12)).astype(np.float32)[random.integers(0, 60, 1000)]
    table = numbered(documents, 450)
    names = [f"q{number}" for number in range(30)]
    qrels = {name: dict.fromkeys(random.choice(table.doc_ids, 40).tolist(), 1) for name in names}
    asked = normalise(random.standard_normal((30, 12)).astype(np.float32))
    one, other = (
        rank(table, "x", DIMS, names, asked, qrels, 20, device=device) for device in ("cpu", "tensors")
    )
    for dim in DIMS:
        assert one[dim].ranks == other[dim].ranks
        assert one[dim].displaced == other[dim].displaced
        assert dict(one[dim].hits) == dict(other[dim].hits)


def test_a_card_that_is_not_there_is_named() -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has one")
    table = numbered(normalise(np.ones((3, 12), np.float32)))
    with pytest.raises(EncoderError, match='device "cuda:1": is not on this machine'):
        rank(table, "x", [12], ["q"], table.vectors[:1], {}, depth=3, device="cuda:1")


@on_every_device
def test_equal_vectors_rank_by_doc_id_across_batches(device: str) -> None:
    documents = normalise(np.tile(np.arange(1, 13, dtype=np.float32), (9, 1)))
    table = numbered(documents, 2)
    qrels = {"q": dict.fromkeys(table.doc_ids, 1)}
    found = rank(table, "x", [12], ["q"], documents[:1], qrels, depth=9, device=device)[12]
    assert list(found.ranks["q"].items()) == [
        (doc_id, place) for place, doc_id in enumerate(table.doc_ids, 1)
    ]
    assert [hit.doc_id for hit in found.hits["q"]] == table.doc_ids


@on_every_device
def test_a_far_rank_is_exact(device: str) -> None:
    documents = normalise(np.random.default_rng(0).standard_normal((20_000, 12)).astype(np.float32))
    table = numbered(documents, 4_096)
    worst = int((documents @ documents[0]).argmin())
    qrels = {"q": {table.doc_ids[worst]: 1, "d00000000": 1}}
    found = rank(table, "x", [12], ["q"], documents[:1], qrels, depth=3, device=device)[12]
    assert found.ranks["q"] == {table.doc_ids[worst]: 20_000, "d00000000": 1}


def test_bad_input_is_named() -> None:
    table = numbered(normalise(np.ones((3, 12), np.float32)), 2)
    query = table.vectors[:1]
    with pytest.raises(QueryError, match=r"1 articles are not in this index, e\.g\. nowhere"):
        rank(table, "x", [12], ["q"], query, {"q": {"nowhere": 1}}, depth=3)
    with pytest.raises(QueryError, match="depth: is 0"):
        rank(table, "x", [12], ["q"], query, {}, depth=0)
    with pytest.raises(IndexFault, match="have 12 dimensions; wanted: 16"):
        rank(table, "x", [16], ["q"], np.ones((1, 16), np.float32), {}, depth=3)
    with pytest.raises(QueryError, match='"q" stands there more than once'):
        rank(table, "x", [12], ["q", "q"], table.vectors[:2], {}, depth=3)
    with pytest.raises(QueryError, match="the vector of query q holds NaN or only zeros"):
        rank(
            table,
            "x",
            [12, 3],
            ["p", "q"],
            np.vstack([query, query * np.repeat([0, 1], [3, 9]).astype(np.float32)]),
            {},
            depth=3,
        )


@on_every_device
def test_a_row_without_a_norm_is_named(device: str) -> None:
    table = numbered(normalise(np.ones((3, 12), np.float32)), 2)
    table.vectors[2, 5] = np.nan
    with pytest.raises(IndexFault, match="rows 2 to 2: hold 1 vectors with NaN"):
        rank(table, "x", [12], ["q"], table.vectors[:1], {}, depth=3, device=device)
