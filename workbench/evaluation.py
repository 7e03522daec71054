"""Measures of a whole query set: per query first, then means over all judged queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from workbench.domain import Qrels
from workbench.errors import QueryError
from workbench.measures import Ranks, measure

HEADLINE = ("RR@10", "Success@10", "Success@1", "nDCG@10")


@dataclass(frozen=True)
class Evaluation:
    """`values`: measure -> query_id -> value, over the same queries for every measure."""

    values: Mapping[str, Mapping[str, float]]

    @property
    def means(self) -> dict[str, float]:
        """Mean of each measure over all judged queries."""
        return {name: fmean(values.values()) for name, values in self.values.items()}

    def mean_over_found(self, name: str) -> float:
        """Mean over the queries where the measure is above 0 only; 0 where there is none. Never a substitute for `means`."""
        found = [value for value in self.values[name].values() if value > 0]
        return fmean(found) if found else 0.0


def evaluate(ranks: Mapping[str, Ranks], qrels: Qrels, measures: Sequence[str] = HEADLINE) -> Evaluation:
    """`ranks`: query_id -> doc_id -> rank; a judged query that it lacks counts 0.

    >>> evaluate({"q1": {"a": 1}, "q2": {"b": 4}}, {"q1": {"a": 1}, "q2": {"b": 1}}, ["RR@10"]).means
    {'RR@10': 0.625}
    """
    if not qrels:
        raise QueryError("query set", "has no judged query", remedy="give queries whose citations resolve in this corpus")
    functions = {name: measure(name) for name in measures}
    return Evaluation(
        {
            name: {query_id: function(ranks.get(query_id, {}), relevances) for query_id, relevances in qrels.items()}
            for name, function in functions.items()
        }
    )
