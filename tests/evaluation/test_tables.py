"""Results as tables: every figure below can be read off RANKED in tests/tables.py."""

from dataclasses import replace

import pandas as pd
import pytest

from tests.tables import A1, P1, by_hand
from workbench.evaluation import tables
from workbench.evaluation.experiment import Experiment
from workbench.evaluation.outcomes import Outcome


@pytest.fixture(scope="module")
def judged() -> Experiment:
    return by_hand()


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in frame[list(columns)].itertuples(index=False)]


def test_each_query_with_what_happened_to_it_most_improved_first(judged: Experiment) -> None:
    found = tables.per_query(judged, 16)
    assert rows(found, "query_id", "rank base", "rank tuned", "change", "outcome base") == [
        ("q2", 3, 1, "improved", "national→local"),
        ("q3", 20, 2, "improved", "local→national"),
        ("q1", 1, 1, "unchanged", "correct"),
        ("q4", 12, 30, "both missed", "other law"),
        ("q5", 1, 4, "regressed", "correct"),
    ]
    assert found["gain"].tolist() == pytest.approx([2 / 3, 1 / 2, 0, 0, -3 / 4])
    assert found["level"].tolist() == ["法律", "地方性法规", "法律", "行政法规", "法律"]


def test_what_each_query_cites_stands_with_its_pinpoint(judged: Experiment) -> None:
    query_set = replace(judged.query_set, pinpoints={"q1": {A1: "第一款"}})
    found = tables.per_query(replace(judged, query_set=query_set), 16).set_index("query_id")["cited"]
    article = judged.articles[A1]
    assert found["q1"].startswith(f"{article.law} {article.article}第一款")
    assert "第一款" not in found["q3"]


def test_the_headline_names_means_and_differences(judged: Experiment) -> None:
    found = tables.headline(judged, 16).set_index(["measure", "system"])
    assert found["mean"]["RR@10", "base"] == pytest.approx((1 + 1 / 3 + 1) / 5)
    assert found["mean"]["RR@10", "tuned"] == pytest.approx((1 + 1 + 1 / 2 + 1 / 4) / 5)
    assert found["delta"]["RR@10", "base"] == 0
    assert found["low"]["RR@10", "tuned"] < found["delta"]["RR@10", "tuned"] < found["high"]["RR@10", "tuned"]


def test_slices_come_largest_first(judged: Experiment) -> None:
    found = tables.by_slice(judged, "topic", 16)
    assert rows(found, "slice", "queries") == [("land", 2), ("traffic", 2), ("–", 1)]
    assert found["delta"].tolist() == pytest.approx([(1 / 2 - 3 / 4) / 2, (2 / 3) / 2, 0])


def test_outcomes_and_moves_add_up(judged: Experiment) -> None:
    outcomes, moves = tables.outcomes(judged, 16), tables.moves(judged, 16)
    assert outcomes.groupby("system")["queries"].sum().tolist() == [5, 5]
    assert moves["queries"].sum() == 5
    assert ("national→local", "correct", 1) in rows(moves, "before", "after", "queries")
    for side, system in (("before", "base"), ("after", "tuned")):
        counted = outcomes[(outcomes["system"] == system) & (outcomes["queries"] > 0)].set_index("outcome")[
            "queries"
        ]
        assert moves.groupby(side)["queries"].sum().to_dict() == counted.to_dict()


def test_superseded_has_a_row_where_it_occurs_at_any_dimension(judged: Experiment) -> None:
    base, tuned = judged.outcomes["base"], judged.outcomes["tuned"]
    at_4 = {4: {**tuned[4], "q1": Outcome.SUPERSEDED}}
    superseded = replace(judged, outcomes={"base": base, "tuned": {**tuned, **at_4}})
    assert "superseded" not in set(tables.outcomes(judged, 4)["outcome"])
    counted = {dim: tables.outcomes(superseded, dim).set_index(["outcome", "system"]) for dim in (16, 4)}
    assert [counted[dim].loc[("superseded", "tuned"), "queries"] for dim in (16, 4)] == [0, 1]
    assert counted[4].index.get_level_values("outcome").unique().tolist() == [*Outcome][:-1]


def test_kinds_of_errors_of_scope(judged: Experiment) -> None:
    counted = tables.scope_errors(judged, 16)
    assert rows(counted, "system", "kind", "queries") == [
        ("base", "copy", 2), ("base", "implementing", 0), ("base", "other rule", 0),
        ("tuned", "copy", 0), ("tuned", "implementing", 1), ("tuned", "other rule", 1),
    ]  # fmt: skip
    for system in ("base", "tuned"):
        own = counted[counted["system"] == system]["queries"].sum()
        assert own == len(tables.displaced(judged, system, 16))
    by_query = tables.per_query(judged, 16).set_index("query_id")["scope error tuned"].to_dict()
    assert by_query == {"q1": "", "q2": "", "q3": "implementing", "q4": "other rule", "q5": ""}
    every = tables.all_ranks(judged).set_index("query_id")
    assert every["base_4 scope error"].tolist() == ["", "copy", "copy", "other rule", ""]
    assert tables.displaced_table(judged, 16)["kind"].tolist() == [
        "copy",
        "copy",
        "implementing",
        "other rule",
    ]
    rest = judged.without(frozenset({"q3"}))
    assert tables.scope_errors(rest, 16)["queries"].tolist() == [1, 0, 0, 0, 0, 1]


def test_confusion_of_levels(judged: Experiment) -> None:
    found = tables.level_confusion(judged, 16)
    base = found[found["system"] == "base"]
    assert rows(base, "relevant", "top", "queries", "query_ids") == [
        ("法律", "法律", 2, ["q1", "q5"]),
        ("法律", "地方性法规", 1, ["q2"]),
        ("地方性法规", "法律", 1, ["q3"]),
        ("行政法规", "法律", 1, ["q4"]),
    ]
    assert tables.levels_in(found) == ["法律", "行政法规", "地方性法规"]


def test_displaced_pairs_nearest_misses_first(judged: Experiment) -> None:
    assert [(pair.query_id, pair.rank, pair.top) for pair in tables.displaced(judged, "base", 16)] == [
        ("q2", 3, P1),
        ("q3", 20, A1),
    ]
    assert [(pair.query_id, pair.rank) for pair in tables.displaced(judged, "tuned", 16)] == [
        ("q3", 2),
        ("q4", 30),
    ]
    assert rows(tables.displaced_table(judged, 16), "system", "query_id") == [
        ("base", "q2"),
        ("base", "q3"),
        ("tuned", "q3"),
        ("tuned", "q4"),
    ]


def test_what_a_shorter_vector_keeps_and_costs(judged: Experiment) -> None:
    costs = {"tuned": {"16": {"column bytes": 640, "exact": {"median ms": 2.5, "p95 ms": 3.0}}}}
    found = tables.tradeoff(judged, costs).set_index(["system", "dim"])
    assert found["bytes"].tolist() == [64, 16, 64, 16]
    assert found["share"]["base", 4] == pytest.approx((1 + 1 / 5 + 1) / (1 + 1 / 3 + 1))
    assert found["exact ms"]["tuned", 16] == 2.5
    assert found["exact ms"].isna().sum() == 3


def test_who_suffers_first_stands_on_top(judged: Experiment) -> None:
    found = tables.ranks_by_dim(judged, "tuned")
    assert rows(found, "query_id", "16", "4", "suffers", "loss") == [
        ("q1", 1, 2, 4, 0.5),
        ("q3", 2, 11, 4, 0.5),
        ("q2", 1, 1, 0, 0.0),
        ("q4", 30, 30, 0, 0.0),
        ("q5", 4, 4, 0, 0.0),
    ]


def test_cases_to_look_at(judged: Experiment) -> None:
    assert rows(tables.failures(judged, 16), "query_id", "failure") == [
        ("q5", "regression"),
        ("q4", "displacement"),
        ("q3", "displacement"),
    ]
    assert rows(tables.failures(judged, 4), "query_id", "failure") == [
        ("q5", "regression"), ("q1", "regression"), ("q3", "displacement"), ("q4", "displacement"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_is_a_formula(text: str) -> None:
    import csv
    import io

    written = tables.csv_text(pd.DataFrame({"text": [text], "number": [-1.5]}))
    cell, number = list(csv.reader(io.StringIO(written, newline="")))[1]
    assert cell == f"'{text}"
    assert number == "-1.5"
