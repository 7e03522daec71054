"""Measures of a whole query set: per query first, then means over all judged queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from workbench.core.domain import Qrels
from workbench.core.errors import QueryError
from workbench.core.settings import System
from workbench.evaluation.measures import Ranks, measure

HEADLINE = ("RR@10", "Success@10", "Success@1", "nDCG@10")
CUTOFF = 10  # of the headline measures: how far down people look
FURTHER = ("R@10", "R@100", "P@10", "AP")
_ROUNDED = 0.005  # reported figures have two decimals


@dataclass(frozen=True)
class Evaluation:
    """`values`: measure -> query_id -> value, over the same queries for every measure."""

    values: Mapping[str, Mapping[str, float]]

    @property
    def means(self) -> dict[str, float]:
        """Mean of each measure over all judged queries."""
        return {name: fmean(values.values()) for name, values in self.values.items()}

    def mean_over_found(self, name: str) -> float | None:
        """Mean over the queries where the measure is above 0 only; None where there is none. Never a substitute for `means`."""
        return sum(self.values[name].values()) / self.found(name) if self.found(name) else None

    def found(self, name: str) -> int:
        """For how many queries a measure is above 0."""
        return sum(value > 0 for value in self.values[name].values())


def evaluate(ranks: Mapping[str, Ranks], qrels: Qrels, measures: Sequence[str] = HEADLINE) -> Evaluation:
    """`ranks`: query_id -> doc_id -> rank; a judged query that it lacks counts 0.

    >>> evaluate({"q1": {"a": 1}, "q2": {"b": 4}}, {"q1": {"a": 1}, "q2": {"b": 1}}, ["RR@10"]).means
    {'RR@10': 0.625}
    """
    if not qrels:
        raise QueryError(
            "query set", "has no judged query", remedy="give queries whose citations resolve in this corpus"
        )
    functions = {name: measure(name) for name in measures}
    return Evaluation(
        {
            name: {
                query_id: function(ranks.get(query_id, {}), relevances)
                for query_id, relevances in qrels.items()
            }
            for name, function in functions.items()
        }
    )


def reciprocal_rank_bounds(success_at_1: float, success_at_k: float, k: int) -> tuple[float, float]:
    """What MRR@k can be, with one relevant article a query: those not on top are between the second and the k-th place.

    >>> reciprocal_rank_bounds(0.5, 0.7, 10)
    (0.52, 0.6)
    """
    rest = success_at_k - success_at_1
    return success_at_1 + rest / k, success_at_1 + rest / 2


@dataclass(frozen=True)
class ReportCheck:
    """Whether a reported MRR@10 fits the reported Top-1 accuracy and hit rate; `low` to `high` is what they allow.

    `over_found`: it does not fit as it stands, but does as a mean over the found queries only.
    """

    reported: float
    low: float
    high: float
    consistent: bool
    over_found: bool

    def __str__(self) -> str:
        bounds = (
            f"MRR@10 {self.reported:.3g} where Top-1 and Hit rate@10 allow {self.low:.3f} to {self.high:.3f}"
        )
        if self.consistent:
            return f"{bounds}: consistent"
        return f"{bounds}: " + (
            "fits only as a mean over found queries"
            if self.over_found
            else "cannot be, nor as a mean over found queries"
        )


def check_report(reported: Mapping[str, float]) -> ReportCheck | None:
    """Holds reported figures against each other; None where Success@1, Success@10 and RR@10 are not all there.

    >>> print(check_report({"Success@1": 0.58, "Success@10": 0.85, "RR@10": 0.78}))
    MRR@10 0.78 where Top-1 and Hit rate@10 allow 0.607 to 0.715: fits only as a mean over found queries
    """
    if not {"Success@1", "Success@10", "RR@10"} <= reported.keys():
        return None
    top, hit, mean = (reported[name] for name in ("Success@1", "Success@10", "RR@10"))
    low, high = reciprocal_rank_bounds(top, hit, 10)

    def fits(value: float) -> bool:
        return low - _ROUNDED <= value <= high + _ROUNDED

    return ReportCheck(mean, low, high, fits(mean), not fits(mean) and fits(mean * hit))


def reported_figures(systems: Mapping[str, System]) -> dict[str, dict[str, Any]]:
    """What the systems' makers reported, and whether it can be, by system."""
    incomplete = "cannot be checked without Success@1, Success@10 and RR@10"
    checks = {name: check_report(system.reported) for name, system in systems.items() if system.reported}
    return {
        name: {"figures": systems[name].reported, "check": str(check or incomplete)}
        for name, check in checks.items()
    }
