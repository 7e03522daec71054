"""A vector table held in memory, for ranking without an index; an experiment of five queries, made by hand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from workbench.core.domain import Article, Hit, Level, Query
from workbench.core.vectors import Vectors
from workbench.evaluation.experiment import Experiment
from workbench.evaluation.norms import CachedNorms
from workbench.evaluation.outcomes import classify, scope_errors
from workbench.evaluation.ranks import Ranking
from workbench.evaluation.scores import HEADLINE, evaluate
from workbench.query_sets.query_set import QuerySet


@dataclass(frozen=True)
class Held:
    """`vectors` (n, d) float32 under every column name, read `step` rows at a time."""

    doc_ids: list[str]
    vectors: Vectors
    local: NDArray[np.bool_]
    step: int = 8192
    cached_norms: CachedNorms | None = None

    def vector_batches(self, column: str) -> Iterator[Vectors]:
        for start in range(0, len(self.vectors), self.step):
            yield self.vectors[start : start + self.step]

    def vectors_at(self, column: str, offsets: Sequence[int]) -> Vectors:
        return self.vectors[list(offsets)]


def numbered(vectors: Vectors, step: int = 8192) -> Held:
    """Rows named d00000000, d00000001 …; every third one is local."""
    return Held(
        [f"d{number:08}" for number in range(len(vectors))], vectors, np.arange(len(vectors)) % 3 == 2, step
    )


LAW_A, LAW_B, PLACE_A = "中华人民共和国甲法", "中华人民共和国乙法", "甲省实施《中华人民共和国甲法》办法"
BY_HAND = {
    article.doc_id: article
    for article in (
        Article(law=LAW_A, article="第一条", text="船工夜间渡运应当点亮两盏灯，不得载客。", level=Level.LAW),
        Article(law=LAW_A, article="第二条", text="渡船载客不得超过核定人数。", level=Level.LAW),
        Article(
            law=LAW_B, article="第一条", text="灯塔由守塔人看管。", level=Level.ADMINISTRATIVE_REGULATION
        ),
        Article(
            law=PLACE_A,
            article="第一条",
            text="本省船工夜间渡运应当点亮三盏灯。",
            level=Level.LOCAL_REGULATION,
            region="甲省",
            implements=LAW_A,
        ),
    )
}
A1, A2, B1, P1 = BY_HAND
# query_id -> its relevant article, then for base@16, base@4, tuned@16, tuned@4: its rank and the article on
# top.
RANKED: dict[str, tuple[str, tuple[tuple[int, str], ...]]] = {
    "q1": (A1, ((1, A1), (1, A1), (1, A1), (2, A2))),
    "q2": (A1, ((3, P1), (5, P1), (1, A1), (1, A1))),
    "q3": (P1, ((20, A1), (40, A1), (2, A2), (11, B1))),
    "q4": (B1, ((12, A2), (50, P1), (30, P1), (30, P1))),
    "q5": (A2, ((1, A2), (1, A2), (4, A1), (4, A1))),
}
COLUMNS = (("base", 16), ("base", 4), ("tuned", 16), ("tuned", 4))
TOPICS = {"q1": "traffic", "q2": "traffic", "q3": "land", "q4": "", "q5": "land"}


def by_hand() -> Experiment:
    """An experiment of five queries whose every rank is in RANKED."""
    queries = tuple(
        Query(query_id, f"问题{query_id}", topic=TOPICS[query_id], style="plain") for query_id in RANKED
    )
    qrels = {query_id: {relevant: 1} for query_id, (relevant, _) in RANKED.items()}
    rankings: dict[str, dict[int, Ranking]] = {"base": {}, "tuned": {}}
    for place, (name, dim) in enumerate(COLUMNS):
        ranks = {query_id: {relevant: row[place][0]} for query_id, (relevant, row) in RANKED.items()}
        displaced = {query_id: {relevant: row[place][0] - 1} for query_id, (relevant, row) in RANKED.items()}
        hits = {query_id: [Hit(row[place][1], 0.5)] for query_id, (_, row) in RANKED.items()}
        rankings[name][dim] = Ranking(ranks, displaced, hits)
    evaluations = {
        name: {dim: evaluate(ranking.ranks, qrels, HEADLINE) for dim, ranking in by_dim.items()}
        for name, by_dim in rankings.items()
    }
    bare = Experiment(
        QuerySet("by hand", queries, qrels), (16, 4), rankings, evaluations, {}, {}, BY_HAND, {}
    )
    outcomes = {
        name: {dim: classify(bare.top_ids(name, dim), qrels, BY_HAND) for dim in (16, 4)} for name in rankings
    }
    kinds = {
        name: {
            dim: scope_errors(outcomes[name][dim], bare.top_ids(name, dim), qrels, BY_HAND) for dim in (16, 4)
        }
        for name in rankings
    }
    return replace(bare, outcomes=outcomes, scope_errors=kinds)
