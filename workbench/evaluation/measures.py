"""Effectiveness measures of one query, as `ir_measures` defines them, from the ranks of its relevant articles.

`ranks`: 1-based rank of each relevant article that the run holds; `relevances`: the relevance of every judged
article (above 0: relevant); `k`: the cutoff. Every measure lies in [0, 1].
"""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import fsum, log2

from workbench.core.errors import QueryError

Ranks = Mapping[str, int]
Relevances = Mapping[str, int]


def success(ranks: Ranks, relevances: Relevances, k: int) -> float:
    """Success@k: is a relevant article among the first k? Success@1 is Top-1 accuracy.

    >>> success({"a": 3, "b": 12}, {"a": 1, "b": 1}, 10), success({"a": 3}, {"a": 1}, 1)
    (1.0, 0.0)
    """
    return float(best_rank(ranks, relevances) <= k)


def reciprocal_rank(ranks: Ranks, relevances: Relevances, k: int) -> float:
    """RR@k: one over the rank of the best-ranked relevant article, 0 beyond k (Voorhees 1999).

    >>> reciprocal_rank({"a": 4, "b": 9}, {"a": 1, "b": 1}, 10), reciprocal_rank({"a": 11}, {"a": 1}, 10)
    (0.25, 0.0)
    """
    best = best_rank(ranks, relevances)
    return 1.0 / best if best <= k else 0.0


def ndcg(ranks: Ranks, relevances: Relevances, k: int) -> float:
    """nDCG@k with gain = relevance and discount log2(rank + 1) (Järvelin and Kekäläinen 2002).

    >>> round(ndcg({"a": 2}, {"a": 1}, 10), 4)
    0.6309
    """
    gained = fsum(relevances.get(doc_id, 0) / log2(rank + 1) for doc_id, rank in ranks.items() if rank <= k)
    ideal = fsum(
        gain / log2(place + 1) for place, gain in enumerate(sorted(relevances.values(), reverse=True)[:k], 1)
    )
    return gained / ideal if ideal else 0.0


def precision(ranks: Ranks, relevances: Relevances, k: int) -> float:
    """P@k: share of the first k articles that are relevant.

    >>> precision({"a": 1, "b": 4, "c": 12}, {"a": 1, "b": 1, "c": 1}, 10)
    0.2
    """
    return sum(place <= k for place in _relevant_places(ranks, relevances)) / k


def recall(ranks: Ranks, relevances: Relevances, k: int) -> float:
    """R@k: share of the relevant articles that are among the first k.

    >>> recall({"a": 1, "b": 12}, {"a": 1, "b": 1}, 10)
    0.5
    """
    relevant = sum(relevance > 0 for relevance in relevances.values())
    return sum(place <= k for place in _relevant_places(ranks, relevances)) / relevant if relevant else 0.0


def average_precision(ranks: Ranks, relevances: Relevances, k: int) -> float:
    """AP@k: mean over the relevant articles of the precision at their ranks, 0 beyond k (Buckley and Voorhees 2000).

    >>> average_precision({"a": 1, "b": 4}, {"a": 1, "b": 1}, 10)
    0.75
    """
    relevant = sum(relevance > 0 for relevance in relevances.values())
    precisions = [
        number / place for number, place in enumerate(_relevant_places(ranks, relevances), 1) if place <= k
    ]
    return sum(precisions) / relevant if relevant else 0.0


def _relevant_places(ranks: Ranks, relevances: Relevances) -> list[int]:
    return sorted(rank for doc_id, rank in ranks.items() if relevances.get(doc_id, 0) > 0)


def best_rank(ranks: Ranks, relevances: Relevances) -> float:
    """Rank of the best-ranked relevant article; infinite where none is ranked."""
    return min(
        (rank for doc_id, rank in ranks.items() if relevances.get(doc_id, 0) > 0), default=float("inf")
    )


Function = Callable[[Ranks, Relevances, int], float]


@dataclass(frozen=True)
class Measure:
    """`name` as `ir_measures` writes it; `label`: what people call it; `needs_cutoff`: has no meaning at full depth.

    `needs_all`: it counts on all relevant articles being known, also those that were cited and are not in the corpus.
    """

    name: str
    label: str
    function: Function
    needs_cutoff: bool = False
    needs_all: bool = False


MEASURES = {
    measure.name: measure
    for measure in (
        Measure("AP", "MAP", average_precision, needs_all=True),
        Measure("P", "Precision", precision, needs_cutoff=True),
        Measure("R", "Recall", recall, needs_cutoff=True, needs_all=True),
        Measure("RR", "MRR", reciprocal_rank),
        Measure("Success", "Hit rate", success, needs_cutoff=True),
        Measure("nDCG", "nDCG", ndcg, needs_all=True),
    )
}


def measure(name: str) -> Callable[[Ranks, Relevances], float]:
    """The measure that a name such as RR@10 or AP (no cutoff: at full depth) stands for, over the queries' ranks."""
    chosen, cutoff = _parsed(name)
    k = cutoff or sys.maxsize
    return lambda ranks, relevances: chosen.function(ranks, relevances, k)


def measure_label(name: str) -> str:
    """What people call a measure.

    >>> measure_label("RR@10"), measure_label("AP")
    ('MRR@10', 'MAP')
    """
    chosen, cutoff = _parsed(name)
    return f"{chosen.label}@{cutoff}" if cutoff else chosen.label


def needs_all(name: str) -> bool:
    """Whether a measure counts on all relevant articles being known.

    >>> needs_all("nDCG@10"), needs_all("RR@10")
    (True, False)
    """
    return _parsed(name)[0].needs_all


def parse_measures(text: str) -> tuple[str, ...]:
    """Names of measures with commas between them, each once; a QueryError names the first that is none.

    >>> parse_measures("RR@10, nDCG@20,AP")
    ('RR@10', 'nDCG@20', 'AP')
    """
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        _parsed(name)
    return names


def _parsed(name: str) -> tuple[Measure, int | None]:
    """The measure and its cutoff; None: at full depth."""
    match = re.fullmatch(r"(\w+?)(?:@([1-9][0-9]*))?", name)
    chosen = MEASURES.get(match[1]) if match else None
    if not match or not chosen or (chosen.needs_cutoff and not match[2]):
        raise QueryError(
            f'measure "{name}"',
            "is unknown",
            wanted=f"one of {', '.join(MEASURES)} with a cutoff of 1 or more",
            remedy="write e.g. RR@10",
        )
    return chosen, int(match[2]) if match[2] else None
