"""What a test gives away: queries that training asked as well, and relevant articles that training has shown as right answers."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.domain import Query
from workbench.core.errors import CitationError
from workbench.corpora.citations import Resolver
from workbench.query_sets.query_set import QuerySet

# Of the pairs of characters in either question, the share that stands in both. The same question with 请问 before it, a
# particle less, or 八个月 for 半年 in a story has .75 and more; another crime or another claim in it leaves .7 and less
# (tests/test_leakage.py). Short questions in other words have less as well: they count as new.
NEARLY_THE_SAME = 0.75
_AT_ONCE = 1_024  # training queries compared in one go


@dataclass(frozen=True, slots=True)
class TrainingQuery:
    """A query that a system was trained on, and the `doc_id`s of the articles that it learnt as right answers."""

    text: str
    positives: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """The training query most like a test query; `similarity` in [NEARLY_THE_SAME, 1]."""

    text: str
    similarity: float


@dataclass(frozen=True)
class Contamination:
    """What training has seen of a query set.

    `near_duplicates`: query_id -> the training query that asks the same; `seen`: relevant articles that are a positive in training;
    `all_seen`, `some_seen`: queries of whose relevant articles training has seen all, and some but not all.
    """

    near_duplicates: Mapping[str, NearDuplicate]
    seen: frozenset[str]
    all_seen: frozenset[str]
    some_seen: frozenset[str]

    @property
    def contaminated(self) -> frozenset[str]:
        """The queries that training has asked, or seen a relevant article of."""
        return frozenset(self.near_duplicates) | self.all_seen | self.some_seen


def training_queries(queries: Iterable[Query], resolver: Resolver) -> list[TrainingQuery]:
    """`queries` with the articles of one corpus that their citations name; what does not resolve cannot be relevant there."""
    reduced = []
    for query in queries:
        positives = set()
        for citation in query.relevant:
            with suppress(CitationError):
                positives.add(resolver.resolve(citation))
        reduced.append(TrainingQuery(query.text, frozenset(positives)))
    return reduced


def learnt(training: Iterable[TrainingQuery]) -> frozenset[str]:
    """The articles that `training` has shown as right answers."""
    return frozenset[str]().union(*(query.positives for query in training))


def contamination(query_set: QuerySet, training: Sequence[TrainingQuery]) -> Contamination:
    """What `training` has seen of the judged queries of `query_set` and of their relevant articles."""
    positives = learnt(training)
    relevant = {query.query_id: query_set.qrels[query.query_id].keys() for query in query_set.judged}
    found = near_duplicates(
        [query.text for query in query_set.judged], [query.text for query in training], NEARLY_THE_SAME
    )
    return Contamination(
        near_duplicates={
            query_set.judged[row].query_id: NearDuplicate(training[place].text, similarity)
            for row, (place, similarity) in found.items()
        },
        seen=positives & frozenset().union(*relevant.values()),
        all_seen=frozenset(query_id for query_id, articles in relevant.items() if articles <= positives),
        some_seen=frozenset(
            query_id
            for query_id, articles in relevant.items()
            if articles & positives and not articles <= positives
        ),
    )


def pairs(text: str) -> frozenset[str]:
    """The pairs of neighbouring characters of `text` without punctuation, white space and capitals; of a single character, that.

    >>> sorted(pairs("Ａ法？ 第")) == ["a法", "法第"]
    True
    """
    plain = "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).lower()))
    return frozenset(map("".join, pairwise(plain))) or frozenset(plain)


def near_duplicates(
    texts: Sequence[str], others: Sequence[str], at_least: float
) -> dict[int, tuple[int, float]]:
    """Place in `texts` -> place of the most similar of `others` (of equals the first) and the similarity, where that is `at_least` so much.

    Similarity: of the `pairs` in either of two texts, the share that is in both (Jaccard), in [0, 1]; `at_least`: above 0.
    """
    ours = list(map(pairs, texts))
    columns = {pair: column for column, pair in enumerate(sorted(frozenset[str]().union(*ours)))}
    matrix, sizes = _matrix(ours, columns), _sizes(ours)
    best: dict[int, tuple[int, float]] = {}
    for start in range(0, len(others), _AT_ONCE):
        theirs = list(map(pairs, others[start : start + _AT_ONCE]))
        shared = (matrix @ _matrix(theirs, columns).T).tocoo()
        rows, places = shared.coords
        likeness = shared.data / (sizes[rows] + _sizes(theirs)[places] - shared.data)
        near = np.flatnonzero(likeness >= at_least)
        for row, place, similarity in sorted(
            zip(rows[near].tolist(), (start + places[near]).tolist(), likeness[near].tolist(), strict=True)
        ):
            if similarity > best.get(row, (0, 0.0))[1]:
                best[row] = place, similarity
    return best


def _matrix(texts: Sequence[frozenset[str]], columns: Mapping[str, int]) -> Any:
    """(texts, columns) of 0 and 1: which pairs a text has."""
    from scipy.sparse import csr_array  # takes a moment to import

    rows = [[columns[pair] for pair in text if pair in columns] for text in texts]
    ends = np.cumsum([0, *map(len, rows)])
    return csr_array(
        (np.ones(ends[-1], np.int32), [column for row in rows for column in row], ends),
        shape=(len(rows), len(columns)),
    )


def _sizes(texts: Iterable[frozenset[str]]) -> NDArray[np.int64]:
    return np.array(list(map(len, texts)), np.int64)
