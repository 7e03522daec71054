"""The way from a query set to the measures of all systems: one call for the page and the command."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from workbench.comparison import Paired, paired
from workbench.encoders import Encoder, QueryVectors
from workbench.evaluation import Evaluation, evaluate
from workbench.index import Index, column_name
from workbench.outcomes import Outcome, classify, count
from workbench.queries import QuerySet
from workbench.ranking import Ranking, rank

DEPTH = 10


@dataclass(frozen=True)
class Judgement:
    """Rankings, measures and outcomes of one query set, by system and dimension; the first system is the baseline."""

    query_set: QuerySet
    rankings: Mapping[str, Mapping[int, Ranking]]
    evaluations: Mapping[str, Mapping[int, Evaluation]]
    outcomes: Mapping[str, Mapping[int, Mapping[str, Outcome]]]
    seconds: Mapping[str, float]

    def compare(self, system: str, dim: int, measure: str = "RR@10") -> Paired:
        """`system` against the baseline at one dimension."""
        baseline = next(iter(self.evaluations))
        return paired(self.evaluations[baseline][dim].values[measure], self.evaluations[system][dim].values[measure])

    def summary(self) -> dict[str, Any]:
        """Means, outcome counts and paired differences as plain data, for JSON."""
        dims = list(next(iter(self.evaluations.values())))
        systems = {
            name: {
                str(dim): evaluation.means
                | {"RR@10 over found": evaluation.mean_over_found("RR@10"), "outcomes": count(self.outcomes[name][dim].values())}
                for dim, evaluation in evaluations.items()
            }
            for name, evaluations in self.evaluations.items()
        }
        others = list(self.evaluations)[1:]
        comparison = {name: {str(dim): _plain(self.compare(name, dim)) for dim in dims} for name in others}
        return {
            "queries": {"judged": len(self.query_set.judged), "unresolved": self.query_set.unresolved_queries},
            "systems": systems,
            "comparison": comparison[others[0]] if len(others) == 1 else comparison,
        }


def _plain(result: Paired) -> dict[str, Any]:
    return {
        "delta": result.delta,
        "interval": list(result.interval),
        "p": result.p,
        "wins": result.wins,
        "ties": result.ties,
        "losses": result.losses,
    }


def judge_systems(
    query_set: QuerySet, *, index: Index, encoders: Mapping[str, Encoder], vectors: QueryVectors, dims: Sequence[int], width: int
) -> Judgement:
    """Ranks every judged query exactly in every system; `width`: the widest indexed dimension."""
    texts, query_ids = [query.text for query in query_set.judged], [query.query_id for query in query_set.judged]
    began = perf_counter()
    encoded = {name: vectors.encode(encoder, texts) for name, encoder in encoders.items()} if texts else {}
    encoding = perf_counter() - began
    rankings = {name: rank(index, column_name(name, width), dims, query_ids, encoded[name], query_set.qrels, DEPTH) for name in encoded}
    ranking = perf_counter() - began - encoding
    evaluations = {
        name: {dim: evaluate(rankings[name][dim].ranks if name in rankings else {}, query_set.qrels) for dim in sorted(dims, reverse=True)}
        for name in encoders
    }
    tops = {
        (name, dim): {query_id: hits[0].doc_id for query_id, hits in ranked.hits.items()}
        for name, by_dim in rankings.items()
        for dim, ranked in by_dim.items()
    }
    named = {doc_id for top in tops.values() for doc_id in top.values()} | {doc_id for relevant in query_set.qrels.values() for doc_id in relevant}
    articles = index.articles(named)
    outcomes = {name: {dim: classify(tops[name, dim], query_set.qrels, articles) for dim in evaluations[name]} for name in encoders}
    return Judgement(query_set, rankings, evaluations, outcomes, {"encoding": encoding, "ranking": ranking})
