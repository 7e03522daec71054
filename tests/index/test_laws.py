"""The laws of an index against a plain count of its articles; the names of articles against a list of them."""

from bisect import bisect_left
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import VERSIONS
from workbench.index.doc_ids import DocIds
from workbench.index.laws import KEYS, laws_of, packed, unpacked

ROWS = [
    {name: str(getattr(article, name, "")) for name in KEYS} | {"level": article.level.value}
    for article in VERSIONS
]


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_laws_are_counted_whatever_pieces_they_come_in(size: int) -> None:
    pieces = [ROWS[start : start + size] for start in range(0, len(ROWS), size)]
    laws = unpacked(packed(laws_of(pa.RecordBatch.from_pylist(piece) for piece in pieces)))
    count = Counter(article.scope.value for article in VERSIONS)
    assert laws.counts == {"articles": len(VERSIONS), **count}
    assert laws.names == list(dict.fromkeys(article.law for article in VERSIONS))
    assert laws.values("published") == sorted({article.published for article in VERSIONS})
    assert laws.dates() == {article.law: (article.published, article.effective) for article in VERSIONS}


def test_many_pieces_are_put_together_in_parts() -> None:
    laws = laws_of(pa.RecordBatch.from_pylist([row]) for _ in range(50) for row in ROWS)
    assert laws.counts["articles"] == 50 * len(ROWS)
    assert laws.names == list(dict.fromkeys(row["law"] for row in ROWS))


@settings(deadline=None)
@given(st.sets(st.text(max_size=3), max_size=20).map(sorted), st.integers(1, 5), st.text(max_size=3))
def test_names_are_a_sequence_as_a_list_is(names: list[str], size: int, other: str) -> None:
    pieces = [pa.array(names[start : start + size]) for start in range(0, len(names), size)]
    held = DocIds(len(names), lambda: iter(pieces))
    assert len(held) == len(names)
    assert list(held) == [held[place] for place in range(len(names))] == held[:] == names
    assert bisect_left(held, other) == bisect_left(names, other)
    assert (other in held) == (other in names)
    mask = np.arange(len(names)) % 2 == 0
    assert list(held.at(mask)) == names[::2]
