"""What a test gives away: queries that training asked as well, and relevant articles that training showed as right answers."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.core.domain import Query
from workbench.core.errors import CitationError
from workbench.core.wording import bigrams
from workbench.corpora.citations import Resolver
from workbench.query_sets.prompts import without_prompt
from workbench.query_sets.query_set import QuerySet

# Of the bigrams of either question, the share that stands in both. The same question with 请问 before it, a
# particle less, or 八个月 for 半年 in a story has .75 and more; another crime or another claim in it leaves .7 and
# less (tests/query_sets/test_contamination.py). Short questions in other words have less as well: they count
# as new.
NEARLY_THE_SAME = 0.75
_BATCH = 1_024  # training queries compared in one go


@dataclass(frozen=True, slots=True)
class TrainingQuery:
    """A query that a system was trained on, and the `doc_id`s of its positives: the articles shown as right answers."""

    text: str
    positives: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """The training query most like a test query; `similarity` in [NEARLY_THE_SAME, 1]."""

    text: str
    similarity: float


@dataclass(frozen=True)
class Contamination:
    """What a query set has in common with training.

    `near_duplicates`: query_id -> the training query that asks the same.
    `relevant_positives`: the relevant articles that are a positive in training.
    `all_positives`, `some_positives`: queries whose relevant articles are positives in training, all of them or some but not all.
    """

    near_duplicates: Mapping[str, NearDuplicate]
    relevant_positives: frozenset[str]
    all_positives: frozenset[str]
    some_positives: frozenset[str]

    @property
    def contaminated(self) -> frozenset[str]:
        """The queries that training asked, or of which it showed a relevant article."""
        return frozenset(self.near_duplicates) | self.all_positives | self.some_positives


def training_queries(queries: Iterable[Query], resolver: Resolver) -> list[TrainingQuery]:
    """`queries` with the articles of one corpus that their citations name; what does not resolve cannot be relevant there."""
    training, asked = [], list(queries)
    resolver.expect(citation for query in asked for citation in query.relevant)
    for query in asked:
        positives = set()
        for citation in query.relevant:
            with suppress(CitationError):
                positives.add(resolver.resolve(citation))
        training.append(TrainingQuery(query.text, frozenset(positives)))
    return training


def training_positives(training: Iterable[TrainingQuery]) -> frozenset[str]:
    """The `doc_id`s of the articles that `training` shows as right answers."""
    return frozenset[str]().union(*(query.positives for query in training))


def contamination(
    query_set: QuerySet, training: Sequence[TrainingQuery], prompts: Collection[str] = ()
) -> Contamination:
    """What the queries of `query_set` that have qrels, and their relevant articles, have in common with `training`.

    `prompts`: what systems put before questions; these, and the usual ones, count for nothing where they stand before one of `training`.
    """
    positives = training_positives(training)
    relevant = {query.query_id: query_set.qrels[query.query_id].keys() for query in query_set.judged}
    shared = {query_id: doc_ids & positives for query_id, doc_ids in relevant.items()}
    complete = frozenset(query_id for query_id, doc_ids in relevant.items() if doc_ids <= positives)
    return Contamination(
        near_duplicates=_asked_in_training(query_set, training, prompts),
        relevant_positives=frozenset[str]().union(*shared.values()),
        all_positives=complete,
        some_positives=frozenset(query_id for query_id, doc_ids in shared.items() if doc_ids) - complete,
    )


def _asked_in_training(
    query_set: QuerySet, training: Sequence[TrainingQuery], prompts: Collection[str]
) -> dict[str, NearDuplicate]:
    texts = [without_prompt(query.text, prompts) for query in query_set.judged]
    asked = [without_prompt(query.text, prompts) for query in training]
    nearest = near_duplicates(texts, asked, NEARLY_THE_SAME)
    return {
        query_set.judged[row].query_id: NearDuplicate(training[position].text, similarity)
        for row, (position, similarity) in nearest.items()
    }


def near_duplicates(
    texts: Sequence[str], candidates: Sequence[str], at_least: float
) -> dict[int, tuple[int, float]]:
    """Position in `texts` -> position of the most similar candidate (of equals the first) and the similarity, from `at_least` up.

    Similarity: of the `bigrams` of either text, the share that is in both (Jaccard), in [0, 1]; `at_least`: above 0.
    """
    rows = [bigrams(text) for text in texts]
    columns = {bigram: column for column, bigram in enumerate(sorted(frozenset[str]().union(*rows)))}
    matrix = _incidence(rows, columns)
    sizes = _sizes(rows)
    nearest: dict[int, tuple[int, float]] = {}
    for start in range(0, len(candidates), _BATCH):
        batch = [bigrams(text) for text in candidates[start : start + _BATCH]]
        shared = (matrix @ _incidence(batch, columns).T).tocoo()
        row, position = shared.coords
        similarity = shared.data / (sizes[row] + _sizes(batch)[position] - shared.data)
        near = np.flatnonzero(similarity >= at_least)
        matches = zip(
            row[near].tolist(), (start + position[near]).tolist(), similarity[near].tolist(), strict=True
        )
        for text, candidate, score in sorted(matches):
            if text not in nearest or score > nearest[text][1]:
                nearest[text] = candidate, score
    return nearest


def _incidence(texts: Sequence[frozenset[str]], columns: Mapping[str, int]) -> Any:
    """(texts, columns) sparse, of 0 and 1: which bigrams a text has."""
    from scipy.sparse import csr_array  # takes a moment to import

    rows = [[columns[bigram] for bigram in text if bigram in columns] for text in texts]
    ends = np.cumsum([0, *map(len, rows)])
    indices = [column for row in rows for column in row]
    return csr_array((np.ones(ends[-1], np.int32), indices, ends), shape=(len(rows), len(columns)))


def _sizes(texts: Iterable[frozenset[str]]) -> NDArray[np.int64]:
    return np.array(list(map(len, texts)), np.int64)
