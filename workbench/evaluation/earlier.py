"""An earlier evaluation, read from the JSON or the report that it left, and what changed since, query by query."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from workbench.core.dimensions import dim_name
from workbench.core.errors import QueryError
from workbench.evaluation.compare import Paired, paired
from workbench.evaluation.experiment import Experiment
from workbench.evaluation.scores import CUTOFF
from workbench.evaluation.summary import PER_QUERY, SCHEMA, summarise_paired

REPORT_ELEMENT = "evaluation"  # the id of a report's script element with the same JSON
_EMBEDDED = re.compile(rf'<script type="application/json" id="{REPORT_ELEMENT}">(.*?)</script>', re.DOTALL)
_WANTED = "what `workbench evaluate --json` writes, or a report"
_REMEDY = "give a file of this version; one that an older version wrote has no ranks by query"


@dataclass(frozen=True)
class Judged:
    """One query as it was measured: ranks of its best relevant article, by system and dimension's name; None: unranked."""

    text: str
    relevant: frozenset[str]
    ranks: Mapping[str, Mapping[str, int | None]]


@dataclass(frozen=True)
class Earlier:
    """An evaluation of another day; `name`: of its file, `articles`: of its corpus."""

    name: str
    articles: int
    queries: Mapping[str, Judged]


@dataclass(frozen=True)
class Move:
    """The rank of a query's best relevant article then and now; None where it had none."""

    query_id: str
    text: str
    then: int | None
    now: int | None

    @property
    def gain(self) -> float:
        """Of reciprocal rank at CUTOFF."""
        return _reciprocal(self.now) - _reciprocal(self.then)


@dataclass(frozen=True)
class Since:
    """What changed for one system at one dimension; `moves`: the queries whose rank did, the largest gain first."""

    then: float
    now: float
    paired: Paired
    moves: tuple[Move, ...]


@dataclass(frozen=True)
class Shared:
    """Which judged queries can be compared: those asked in the same words both times, by id.

    `only_then`, `only_now`: ids that the other lacks; `other_text`: asked in other words; `other_relevant`: compared, though
    other articles answer them now.
    """

    compared: tuple[str, ...]
    only_then: tuple[str, ...]
    only_now: tuple[str, ...]
    other_text: tuple[str, ...]
    other_relevant: tuple[str, ...]


def read_earlier(content: bytes, name: str) -> Earlier:
    """The evaluation in a file; a QueryError says what the file lacks."""
    found = _found(content, name)
    try:
        queries = {
            str(query_id): Judged(
                str(query["text"]), frozenset(map(str, query["relevant"])), _ranks(query["ranks"])
            )
            for query_id, query in found[PER_QUERY].items()
        }
        return Earlier(name, int(found["corpus"]["articles"]), queries)
    except (KeyError, TypeError, AttributeError, ValueError) as fault:
        raise QueryError(name, f"lacks or misshapes {fault}", wanted=_WANTED, remedy=_REMEDY) from fault


def _found(content: bytes, name: str) -> dict[str, Any]:
    """The JSON of a file, or within a report."""
    text = content.decode("utf-8-sig", errors="replace")
    embedded = _EMBEDDED.search(text)
    try:
        found = json.loads(embedded[1] if embedded else text)
    except (ValueError, RecursionError) as fault:
        raise QueryError(name, "is no JSON and no report with one", wanted=_WANTED, remedy=_REMEDY) from fault
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise QueryError(name, f'is not of the schema "{SCHEMA}"', wanted=_WANTED, remedy=_REMEDY)
    return found


def _ranks(by_system: Any) -> dict[str, dict[str, int | None]]:
    return {
        str(system): {str(dim): _rank(rank) for dim, rank in by_dim.items()}
        for system, by_dim in by_system.items()
    }


def _rank(rank: Any) -> int | None:
    if rank is None or (isinstance(rank, int) and not isinstance(rank, bool) and rank > 0):
        return rank
    raise ValueError(f"the rank {str(rank)[:40]}")


def embedded(summary: Mapping[str, Any]) -> str:
    """A summary as an element of a report, from which `read_earlier` takes it."""
    text = json.dumps(summary, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c")
    return f'<script type="application/json" id="{REPORT_ELEMENT}">{text}</script>'


def shared(earlier: Earlier, experiment: Experiment) -> Shared:
    """Which queries were judged both times; a QueryError where none was."""
    now = {query.query_id: query for query in experiment.query_set.judged}
    both = [query_id for query_id in now if query_id in earlier.queries]
    same = [
        query_id for query_id in both if earlier.queries[query_id].text.split() == now[query_id].text.split()
    ]
    if not same:
        found = f'has no query of "{experiment.query_set.name}" in common with it'
        raise QueryError(earlier.name, found, remedy="give an earlier evaluation of the same query set")
    qrels = experiment.query_set.qrels
    return Shared(
        compared=tuple(same),
        only_then=tuple(query_id for query_id in earlier.queries if query_id not in now),
        only_now=tuple(query_id for query_id in now if query_id not in earlier.queries),
        other_text=tuple(query_id for query_id in both if query_id not in same),
        other_relevant=tuple(
            query_id for query_id in same if earlier.queries[query_id].relevant != frozenset(qrels[query_id])
        ),
    )


def changes(earlier: Earlier, experiment: Experiment, dim: int | None = None) -> dict[str, dict[int, Since]]:
    """System -> dimension -> what changed since, of every system and dimension that was measured both times.

    `dim`: at what stands for it in each system alone.
    """
    queries = shared(earlier, experiment).compared
    known = [earlier.queries[query_id].ranks for query_id in queries]
    found = {
        system: {
            own: _since(earlier, experiment, queries, system, own)
            for own in experiment.dims_of(system)
            if dim is None or own == experiment.measured_at(system, dim)
            if all(dim_name(own) in ranks.get(system, {}) for ranks in known)
        }
        for system in experiment.evaluations
    }
    return {system: by_dim for system, by_dim in found.items() if by_dim}


def _since(
    earlier: Earlier, experiment: Experiment, queries: tuple[str, ...], system: str, dim: int
) -> Since:
    texts = {query.query_id: query.text for query in experiment.query_set.judged}
    moves = [
        Move(
            query_id,
            texts[query_id],
            earlier.queries[query_id].ranks[system][dim_name(dim)],
            experiment.best_rank(system, dim, query_id),
        )
        for query_id in queries
    ]
    then = {move.query_id: _reciprocal(move.then) for move in moves}
    now = {move.query_id: _reciprocal(move.now) for move in moves}
    moved = sorted((move for move in moves if move.then != move.now), key=lambda move: -move.gain)
    return Since(fmean(then.values()), fmean(now.values()), paired(then, now), tuple(moved))


def _reciprocal(rank: int | None) -> float:
    return 1 / rank if rank is not None and rank <= CUTOFF else 0.0


def summarise_changes(earlier: Earlier, experiment: Experiment) -> dict[str, Any]:
    """What changed since, as plain data for JSON."""
    queries = shared(earlier, experiment)
    return {
        "file": earlier.name,
        "articles": earlier.articles,
        "queries": {
            "compared": len(queries.compared),
            "only then": list(queries.only_then),
            "only now": list(queries.only_now),
            "other text": list(queries.other_text),
            "other relevant articles": list(queries.other_relevant),
        },
        "systems": {
            system: {dim_name(dim): _change(since) for dim, since in by_dim.items()}
            for system, by_dim in changes(earlier, experiment).items()
        },
    }


def _change(since: Since) -> dict[str, Any]:
    moves = [{"query_id": move.query_id, "then": move.then, "now": move.now} for move in since.moves]
    return {"then": since.then, "now": since.now, "moves": moves} | summarise_paired(since.paired)
