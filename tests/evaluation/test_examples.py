"""Worked examples: which queries show best what a system gained, by rule."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from workbench.evaluation.examples import worked_examples
from workbench.evaluation.experiment import Experiment
from workbench.evaluation.outcomes import Outcome, ScopeError

LOCAL, COPY, OTHER = Outcome.NATIONAL_TO_LOCAL, ScopeError.COPY, ScopeError.OTHER_RULE
REGION, WRONG = Outcome.WRONG_REGION, Outcome.OTHER_LAW

# query_id -> rank in the baseline, rank in the system, the baseline's outcome, its kind of error of scope
Queries = dict[str, tuple[int, int, Outcome, ScopeError | None]]


def experiment(queries: Queries) -> Experiment:
    """As much of an experiment as the rule looks at."""

    def evaluations(place: int) -> dict[int, Any]:
        values = {query_id: 1 / cast(int, row[place]) for query_id, row in queries.items()}
        return {8: SimpleNamespace(values={"RR@10": values})}

    made = SimpleNamespace(
        evaluations={"old": evaluations(0), "new": evaluations(1)},
        outcomes={"old": {8: {query_id: row[2] for query_id, row in queries.items()}}},
        scope_errors={"old": {8: {query_id: row[3] for query_id, row in queries.items() if row[3]}}},
        best_rank=lambda name, dim, query_id: queries[query_id][0 if name == "old" else 1],
    )
    return cast(Experiment, made)


@pytest.mark.parametrize(
    ("queries", "shown"),
    [
        # a local copy on top goes before any larger gain
        ({"far": (9, 1, WRONG, None), "copied": (2, 1, LOCAL, COPY)}, ["copied", "far"]),
        # of copies the larger gain
        ({"less": (2, 1, LOCAL, COPY), "more": (4, 1, LOCAL, COPY)}, ["more", "less"]),
        # another error of scope is no copy, and neither is another place's regulation
        ({"rule": (2, 1, LOCAL, OTHER), "far": (9, 1, WRONG, None)}, ["far", "rule"]),
        ({"place": (2, 1, REGION, COPY), "far": (9, 1, WRONG, None)}, ["far", "place"]),
        # of equal gains the one that came from further down, then by query_id
        ({"a": (5, 5, WRONG, None), "b": (4, 2, WRONG, None), "c": (4, 2, WRONG, None)}, ["b", "c"]),
        # what does not gain is no example, a copy neither
        ({"lost": (1, 2, LOCAL, COPY), "won": (2, 1, WRONG, None)}, ["won"]),
        # but there is always one
        ({"worse": (1, 3, WRONG, None), "bad": (1, 2, LOCAL, COPY)}, ["bad"]),
    ],
)
def test_the_most_telling_queries_come_first(queries: Queries, shown: list[str]) -> None:
    assert worked_examples(experiment(queries), "old", "new", 8) == shown


def test_a_system_alone_has_one_example() -> None:
    queries: Queries = {"a": (5, 1, WRONG, None), "b": (9, 1, WRONG, None)}
    assert worked_examples(experiment(queries), "old", "old", 8) == ["b"]
