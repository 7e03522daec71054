"""What changed since an earlier evaluation: read back from JSON or a report, query by query."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tables import by_hand
from workbench.core.errors import QueryError
from workbench.evaluation.earlier import (
    Move,
    changes,
    embedded,
    read_earlier,
    shared,
    summarise_changes,
)
from workbench.evaluation.summary import PER_QUERY, summarise

EXPERIMENT = by_hand()


def then(**changed: dict[str, Any]) -> dict[str, Any]:
    """The same evaluation as JSON has it, with other values in some of its queries."""
    summary: dict[str, Any] = json.loads(json.dumps(summarise(EXPERIMENT)))
    for query_id, values in changed.items():
        summary[PER_QUERY][query_id] |= values
    return summary | {"corpus": {"articles": 50}}


def file(summary: dict[str, Any]) -> bytes:
    return json.dumps(summary).encode()


def ranked(query_id: str, system: str, dim: str, rank: int | None) -> dict[str, Any]:
    """The ranks of a query with another one in one place."""
    ranks = summarise(EXPERIMENT)[PER_QUERY][query_id]["ranks"]
    return {"ranks": ranks | {system: ranks[system] | {dim: rank}}}


def test_nothing_changed_since_the_same_evaluation() -> None:
    found = changes(read_earlier(file(then()), "same.json"), EXPERIMENT)
    assert {system: list(by_dim) for system, by_dim in found.items()} == {"base": [16, 4], "tuned": [16, 4]}
    for by_dim in found.values():
        for since in by_dim.values():
            assert (since.then, since.paired.delta, since.moves) == (since.now, 0, ())


def test_the_largest_gain_comes_first_and_the_mean_moves_by_the_reciprocal_ranks() -> None:
    # tuned@16 now has q1 at 1, q3 at 2, q5 at 4.
    before = then(
        q1=ranked("q1", "tuned", "16", 2),
        q3=ranked("q3", "tuned", "16", 1),
        q5=ranked("q5", "tuned", "16", None),
    )
    since = changes(read_earlier(file(before), "then.json"), EXPERIMENT)["tuned"][16]
    assert since.moves == (
        Move("q1", "问题q1", 2, 1),
        Move("q5", "问题q5", None, 4),
        Move("q3", "问题q3", 1, 2),
    )
    assert since.now - since.then == pytest.approx((0.5 + 0.25 - 0.5) / 5)
    assert (since.paired.wins, since.paired.losses) == (2, 1)


def test_only_queries_asked_in_the_same_words_are_compared() -> None:
    before = then(q2={"text": "别的问题"}, q3={"relevant": ["别的法 第一条"]}, q4={"text": " 问题q4\n"})
    before[PER_QUERY]["q9"] = before[PER_QUERY].pop("q5")
    earlier = read_earlier(file(before), "then.json")
    found = shared(earlier, EXPERIMENT)
    assert found.compared == ("q1", "q3", "q4")
    assert (found.only_then, found.only_now, found.other_text) == (("q9",), ("q5",), ("q2",))
    assert found.other_relevant == ("q3",)
    assert summarise_changes(earlier, EXPERIMENT)["queries"] == {
        "compared": 3,
        "only then": ["q9"],
        "only now": ["q5"],
        "other text": ["q2"],
        "other relevant articles": ["q3"],
    }


def test_a_system_that_was_not_there_is_left_out() -> None:
    before = then()
    for query in before[PER_QUERY].values():
        del query["ranks"]["base"], query["ranks"]["tuned"]["4"]
    found = changes(read_earlier(file(before), "then.json"), EXPERIMENT)
    assert {system: list(by_dim) for system, by_dim in found.items()} == {"tuned": [16]}


def test_a_report_holds_it_whatever_the_questions_say() -> None:
    before = then(q1={"text": "</script><script>alert(1)</script>"})
    element = embedded(before)
    assert element.count("<") == 2
    page = f"<!doctype html><html><body><p>{{}}</p>{element}</body></html>".encode()
    assert read_earlier(page, "report.html").queries["q1"].text == "</script><script>alert(1)</script>"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "is no JSON"),
        (b"[1, 2]", "is not of the schema"),
        (b'{"schema": "workbench-evaluation/0"}', "is not of the schema"),
        (file({"schema": "workbench-evaluation/1"}), "'per query'"),
        (file(then(q1=ranked("q1", "base", "16", 0))), "the rank 0"),
        (file(then(q1={"ranks": {"base": 3}})), "items"),
        ("<html>一份别的报告</html>".encode("gb18030"), "is no JSON"),
    ],
)
def test_what_is_no_evaluation_is_refused(content: bytes, found: str) -> None:
    with pytest.raises(QueryError, match=found) as raised:
        read_earlier(content, "then.json")
    assert raised.value.subject == "then.json"


def test_an_evaluation_of_other_queries_is_refused() -> None:
    before = then()
    before[PER_QUERY] = {f"other {query_id}": query for query_id, query in before[PER_QUERY].items()}
    with pytest.raises(QueryError, match="no query of"):
        shared(read_earlier(file(before), "then.json"), EXPERIMENT)


WHOLE = file(then())


@settings(max_examples=200)
@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 12), st.binary(max_size=6))
def test_a_damaged_file_raises_nothing_else(place: int, length: int, put: bytes) -> None:
    try:
        earlier = read_earlier(WHOLE[:place] + put + WHOLE[place + length :], "damaged.json")
        changes(earlier, EXPERIMENT)
    except QueryError:
        return
    assert earlier.queries


def test_at_one_dimension_nothing_else_is_worked_out() -> None:
    earlier = read_earlier(file(then()), "same.json")
    whole = changes(earlier, EXPERIMENT)
    assert changes(earlier, EXPERIMENT, 4) == {system: {4: by_dim[4]} for system, by_dim in whole.items()}
