"""Tallies of runs of rows, merged, are those of all rows; and the ranks that they amount to are `rank`'s."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tables import Held, numbered
from workbench.core.vectors import normalise
from workbench.evaluation.ranks import asked_of, rank, rankings_of
from workbench.evaluation.tallies import Asked, Tallies, merged, partial_tallies

DIMS = (12, 8, 3)


def run_of(table: Held, asked: Asked, rows: range) -> Tallies:
    """The tallies of some rows of a table, as a worker makes them that is sent what is asked and sends back what it found."""
    vectors, local = table.vectors[rows.start : rows.stop], table.local[rows.start : rows.stop]
    batches = (vectors[at : at + table.step] for at in range(0, len(rows), table.step))
    sent = pickle.loads(pickle.dumps(asked))  # noqa: S301
    return pickle.loads(pickle.dumps(partial_tallies(sent, batches, local, rows.start)))  # noqa: S301


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 8), st.booleans())
def test_runs_of_rows_in_any_order_merge_into_the_ranks_of_all(
    seed: int, rows: int, depth: int, repeated: bool
) -> None:
    random = np.random.default_rng(seed)
    documents = normalise(random.standard_normal((rows, 12)).astype(np.float32))
    if repeated:
        documents = documents[random.integers(0, max(1, rows // 3), rows)]
    table = numbered(documents, 7)
    names = ["p", "q", "r"]
    vectors = normalise(random.standard_normal((3, 12)).astype(np.float32))
    qrels = {"p": dict.fromkeys(table.doc_ids, 1), "r": {table.doc_ids[rows // 2]: 1}}
    asked = asked_of(table, "x", DIMS, names, vectors, qrels, depth)
    edges = sorted({0, *random.integers(0, rows, 3).tolist(), rows})
    runs = [range(*ends) for ends in pairwise(edges)]
    parts = [run_of(table, asked, runs[at]) for at in random.permutation(len(runs))]
    whole = rank(table, "x", DIMS, names, vectors, qrels, depth)
    found = rankings_of(names, asked, merged(iter(parts)), table.doc_ids)
    for dim in DIMS:
        assert found[dim].ranks == whole[dim].ranks
        assert found[dim].displaced == whole[dim].displaced
        assert dict(found[dim].hits) == dict(whole[dim].hits)


def test_a_run_counts_the_rows_above_by_places_in_the_whole_table() -> None:
    documents = np.eye(4, dtype=np.float32)[[0, 1, 1, 2]]  # cosines with the query: .8, .6, .6, 0
    table = numbered(documents)
    query = np.array([[0.8, 0.6, 0, 0]], np.float32)
    asked = asked_of(table, "x", [4], ["q"], query, {"q": {table.doc_ids[1]: 1, table.doc_ids[2]: 1}}, 2)
    early, late = (run_of(table, asked, rows) for rows in (range(2), range(2, 4)))
    assert early.above.tolist() == [[1, 2]]  # of two equal rows the earlier stands first
    assert late.above.tolist() == [[0, 0]]
    assert early.displaced.tolist() == [[0, 2]]  # d00000002 is the local one
    assert late.places[0, 0].tolist() == [2, 3]
    assert merged([late, early]).places[0, 0].tolist() == [0, 1]
    assert merged([late, early]).best[0, 0] == pytest.approx([0.8, 0.6])
