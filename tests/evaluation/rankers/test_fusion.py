"""Fused ranks against a brute force of their own and ranx, and what a fusion is by law."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any, Literal, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.dimensions import ALL
from workbench.core.domain import Query
from workbench.core.settings import FusionSystem
from workbench.evaluation.rankers import FusionRanker, Ranker
from workbench.evaluation.ranks import Ranking
from workbench.index import Filter, Index

NAMES = [f"d{end}" for end in digits + ascii_uppercase + ascii_lowercase]  # of articles, in order
Row = Sequence[float | None]  # a score an article; None: not found
QUERY = Query("q", "谁看渡口")


@dataclass(frozen=True)
class Articles:
    """So many articles, every third one local, as much of an index as a fusion looks at."""

    count: int

    @property
    def doc_ids(self) -> list[str]:
        return NAMES[: self.count]

    @property
    def local(self) -> np.ndarray:
        return np.arange(self.count) % 3 == 2


@dataclass(frozen=True)
class Part:
    """A system that gives these scores to any question."""

    row: Row

    def knows(self, text: str) -> bool:
        return True

    def scores(self, queries: Sequence[Query], where: Filter | None = None) -> np.ndarray:
        row = [-np.inf if score is None else score for score in self.row]
        return np.array([row] * len(queries), float)


def fusion(parts: Sequence[Row | FusionRanker], **how: Any) -> FusionRanker:
    """Of parts that are called a, b, c …"""
    made = {
        name: part if isinstance(part, FusionRanker) else cast(Ranker, Part(part))
        for name, part in zip("abcd", parts, strict=False)
    }
    first = next(iter(made.values()))
    index = cast(Index, Articles(first.scores([QUERY]).shape[1]))
    return FusionRanker(FusionSystem(label="Fused", of=tuple(made), **how), made, index)


def ranked(ranker: FusionRanker, depth: int = 100) -> Ranking:
    """With every article judged, so that its rank is told."""
    return ranker.rank([QUERY], {"q": dict.fromkeys(ranker.index.doc_ids, 1)}, depth)[ALL]


def in_order(ranking: Ranking) -> list[str]:
    ranks = ranking.ranks["q"]
    return sorted(ranks, key=ranks.__getitem__)


# The brute force: lists and loops, float64.


def order_of(row: Row) -> list[int]:
    """Places of the articles that are found, best first, of equal ones the earlier first."""
    found = [place for place, score in enumerate(row) if score is not None]
    return sorted(found, key=lambda place: (-cast(float, row[place]), place))


def worth(row: Row, place: int, method: str, k: int) -> float:
    score = row[place]
    if score is None:
        return 0.0
    if method == "rrf":
        return 1 / (k + 1 + order_of(row).index(place))
    found = [score for score in row if score is not None]
    return (score - min(found)) / (max(found) - min(found)) if max(found) > min(found) else 1.0


def fused(rows: Sequence[Row], method: str, k: int, weights: Sequence[float]) -> list[float | None]:
    """By place the sum of what the parts give, the least first; None where none of them finds the article."""
    sums: list[float | None] = []
    for place in range(len(rows[0])):
        worths = (weight * worth(row, place, method, k) for row, weight in zip(rows, weights, strict=True))
        found = any(row[place] is not None for row in rows)
        sums.append(sum(sorted(worths), start=0.0) if found else None)
    return sums


def check(ranking: Ranking, scores: Row, depth: int) -> None:
    """`ranking` is the one that `scores` give: ranks, hits, articles found, and displacement."""
    found = order_of(scores)
    order = found + [place for place, score in enumerate(scores) if score is None]
    assert in_order(ranking) == [NAMES[place] for place in order]
    assert sorted(ranking.ranks["q"].values()) == list(range(1, len(scores) + 1))
    assert [(hit.doc_id, hit.score) for hit in ranking.hits["q"]] == [
        (NAMES[place], scores[place]) for place in found[:depth]
    ]
    assert ranking.found["q"] == len(found)
    for above, place in enumerate(order):
        other = [each for each in order[:above] if (each % 3 == 2) != (place % 3 == 2)]
        assert ranking.displaced["q"][NAMES[place]] == len(other)


# Few values, so that ties are many; quarters, so that they are exact.
some_scores = st.one_of(st.none(), st.integers(-8, 8).map(lambda quarters: quarters / 4))
methods = st.sampled_from(("rrf", "weighted"))
some_weights = st.lists(st.sampled_from((0.25, 0.5, 1.0, 3.0)), min_size=4, max_size=4)
Matrix = list[list[float | None]]


@st.composite
def matrices(draw: st.DrawFn) -> Matrix:
    """Two to four parts that score one to nine articles."""
    articles, parts = draw(st.integers(1, 9)), draw(st.integers(2, 4))
    row = st.lists(some_scores, min_size=articles, max_size=articles)
    return draw(st.lists(row, min_size=parts, max_size=parts))


@settings(max_examples=300, deadline=None)
@given(matrices(), methods, st.sampled_from((1, 10, 60)), some_weights, st.integers(1, 12))
def test_ranks_agree_with_brute_force(
    rows: Matrix, method: str, k: int, weights: list[float], depth: int
) -> None:
    ranker = fusion(rows, method=method, k=k, weights=dict(zip("abcd"[: len(rows)], weights, strict=False)))
    check(ranked(ranker, depth), fused(rows, method, k, weights[: len(rows)]), depth)


@settings(max_examples=100, deadline=None)
@given(matrices(), methods, methods)
def test_a_fusion_of_a_fusion_takes_its_scores(rows: Matrix, inner: str, outer: str) -> None:
    ranker = fusion([fusion(rows, method=inner), rows[0]], method=outer)
    ones = [1.0] * len(rows)
    check(ranked(ranker), fused([fused(rows, inner, 60, ones), rows[0]], outer, 60, [1.0, 1.0]), 100)


@settings(max_examples=100, deadline=None)
@given(matrices(), methods, st.randoms())
def test_the_order_of_the_parts_changes_nothing(rows: Matrix, method: str, random: Any) -> None:
    shuffled = random.sample(rows, len(rows))
    assert ranked(fusion(rows, method=method)) == ranked(fusion(shuffled, method=method))


@settings(max_examples=100, deadline=None)
@given(matrices(), st.sampled_from((2.0, 0.5)), st.integers(-4, 4))
def test_only_the_order_counts_for_rrf_and_only_distances_for_weighted(
    rows: Matrix, factor: float, offset: int
) -> None:
    moved = [[None if score is None else factor * score + offset for score in row] for row in rows]
    cubed = [[None if score is None else score**3 for score in row] for row in rows]
    assert ranked(fusion(rows)) == ranked(fusion(cubed))
    assert ranked(fusion(rows, method="weighted")) == ranked(fusion(moved, method="weighted"))


@settings(max_examples=50, deadline=None)
@given(matrices(), methods, st.integers(1, 9))
def test_a_search_gives_the_best_of_the_ranking(rows: Matrix, method: str, depth: int) -> None:
    ranker = fusion(rows, method=method)
    assert ranker.search(QUERY, ALL, depth).hits == ranked(ranker, depth).hits["q"]


RRF, WEIGHTED = {"k": 1}, {"method": "weighted"}


@pytest.mark.parametrize(
    ("rows", "how", "order", "best", "found"),
    [
        # d1 is 1st and 2nd, d0 2nd and 3rd, d2 3rd and 1st: 1/2 + 1/3, 1/3 + 1/4, 1/4 + 1/2
        (((0.5, 0.9, 0.1), (3.0, 5.0, 7.0)), RRF, "d1 d2 d0", 1 / 2 + 1 / 3, 3),
        # what one part does not find gets nothing from it: d0 1/2, d1 1/3 + 1/2
        (((0.9, 0.5), (None, 4.0)), RRF, "d1 d0", 1 / 2 + 1 / 3, 2),
        # swapped ranks are a tie, which the doc_id decides
        (((0.9, 0.5), (0.5, 0.9)), RRF, "d0 d1", 1 / 2 + 1 / 3, 2),
        # … whichever of three parts gave which of them
        (((1.0, 2.0, 3.0), (3.0, 1.0, 2.0), (2.0, 3.0, 1.0)), RRF, "d0 d1 d2", 1 / 4 + 1 / 3 + 1 / 2, 3),
        # scaled d0 0 and 1, d1 1 and 0, d2 .5 and .75
        (((1.0, 3.0, 2.0), (8.0, 0.0, 6.0)), WEIGHTED, "d2 d0 d1", 1.25, 3),
        # the least that a part finds is worth as much as what it does not find, and is found all the same
        (((None, None, 1.0, 2.0), (None, 5.0, None, None)), WEIGHTED, "d1 d3 d2 d0", 1.0, 3),
        # twice the weight: d0 0 + 2, d1 1 + 0
        (((1.0, 3.0), (8.0, 0.0)), WEIGHTED | {"weights": {"b": 2}}, "d0 d1", 2.0, 2),
    ],
)
def test_by_hand(rows: Sequence[Row], how: Mapping[str, Any], order: str, best: float, found: int) -> None:
    ranking = ranked(fusion(rows, **how))
    assert " ".join(in_order(ranking)) == order
    assert ranking.hits["q"][0].score == pytest.approx(best)
    assert ranking.found["q"] == found


def test_nothing_found_is_all_articles_in_order_and_no_hit() -> None:
    ranking = ranked(fusion([[None] * 3, [None] * 3]))
    assert (in_order(ranking), ranking.hits["q"], ranking.found["q"]) == (["d0", "d1", "d2"], [], 0)


# Uncompiled, as in tests/evaluation/test_measures.py.
RANX = """
import json, sys, ranx
runs, method, weights, k = json.load(sys.stdin)
how = {"norm": None, "params": {"k": k}} if method == "rrf" else {"norm": "min-max", "params": {"weights": weights}}
fused = ranx.fuse(runs=[ranx.Run(run) for run in runs], method=method, **how)
json.dump({query_id: dict(scores) for query_id, scores in fused.run.items()}, sys.stdout)
"""
PARTS, QUESTIONS, ARTICLES = 3, 20, 60


@pytest.mark.parametrize(("method", "theirs"), [("rrf", "rrf"), ("weighted", "wsum")])
@pytest.mark.parametrize("share", [1.0, 0.4])
def test_agrees_with_ranx(method: Literal["rrf", "weighted"], theirs: str, share: float) -> None:
    random = np.random.default_rng(7)
    scores = random.standard_normal((PARTS, QUESTIONS, ARTICLES))
    found = random.random(scores.shape) < share
    weights = [1.0, 1.0, 1.0] if method == "rrf" else [0.5, 1.5, 1.0]  # ranx's rrf has none
    runs = [
        {
            f"q{question}": {NAMES[place]: row[place] for place in np.flatnonzero(mask).tolist()}
            for question, (row, mask) in enumerate(zip(part.tolist(), masks, strict=True))
        }
        for part, masks in zip(scores, found, strict=True)
    ]
    ranx = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RANX],
        input=json.dumps([runs, theirs, weights, 20]),
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
    )
    for query_id, expected in json.loads(ranx.stdout).items():
        rows: list[Row] = [[run[query_id].get(NAMES[place]) for place in range(ARTICLES)] for run in runs]
        ranker = fusion(rows, method=method, k=20, weights=dict(zip("abc", weights, strict=True)))
        ours = {hit.doc_id: hit.score for hit in ranked(ranker).hits["q"]}
        assert ours == pytest.approx(expected, abs=1e-12)  # in our order, in which their scores fall as well
        falling = [expected[doc_id] for doc_id in ours]
        assert all(
            above > below or math.isclose(above, below, abs_tol=1e-12) for above, below in pairwise(falling)
        )
