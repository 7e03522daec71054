"""Kinds of error: classes, moves between them, levels, displacement, and the wording that misleads."""

import pytest

from tests.tables import A1, A2, B1, BY_HAND, P1
from workbench.core.domain import Article, Level, Query
from workbench.evaluation.outcomes import (
    DISPLACING,
    RARE,
    Outcome,
    ScopeError,
    classify,
    count,
    displaced_pairs,
    displacement,
    level_matrix,
    outcome,
    scope_error,
    scope_errors,
    shown,
    slices,
    transitions,
)
from workbench.evaluation.text_overlap import common_passages


def article(law: str, number: int = 1, region: str = "", published: str = "") -> Article:
    return Article(
        law=law,
        article=f"第{number}条",
        text="…",
        level=Level.LOCAL_REGULATION if region else Level.LAW,
        region=region,
        published=published,
    )


NEW, OLD = article("甲法", published="2021-01-22"), article("甲法（2015-03-15）", published="2015-03-15")


@pytest.mark.parametrize(
    ("top", "relevant", "wanted"),
    [
        (article("甲法"), [article("甲法")], Outcome.CORRECT),
        (OLD, [NEW], Outcome.SUPERSEDED),
        (OLD, [article("甲法", 2), article("丁法"), NEW], Outcome.SUPERSEDED),  # of any relevant article
        (OLD, [NEW, OLD], Outcome.CORRECT),  # as the set has it
        (NEW, [OLD], Outcome.SAME_LAW),  # a newer version
        (OLD, [article("甲法", 2, published="2021-01-22")], Outcome.SAME_LAW),
        (OLD, [article("甲法")], Outcome.SAME_LAW),  # without a date, which of the two is older?
        (OLD, [article("丁法", published="2021-01-22")], Outcome.OTHER_LAW),
        (OLD, [article("乙条例", region="乙")], Outcome.LOCAL_TO_NATIONAL),
        (article("甲法", 2), [article("甲法")], Outcome.SAME_LAW),
        (article("乙条例", region="乙"), [article("甲法")], Outcome.NATIONAL_TO_LOCAL),
        (article("甲法"), [article("乙条例", region="乙")], Outcome.LOCAL_TO_NATIONAL),
        (article("丙条例", region="丙"), [article("乙条例", region="乙")], Outcome.WRONG_REGION),
        (article("乙办法", region="乙"), [article("乙条例", region="乙")], Outcome.OTHER_LAW),
        (article("丁法"), [article("甲法")], Outcome.OTHER_LAW),
        (
            article("丙条例", region="丙"),
            [article("甲法"), article("乙条例", region="乙")],
            Outcome.OTHER_LAW,
        ),
        (article("甲法", 2), [article("甲法"), article("乙条例", region="乙")], Outcome.SAME_LAW),
    ],
)
def test_the_first_class_that_applies(top: Article, relevant: list[Article], wanted: Outcome) -> None:
    assert outcome(top, relevant) is wanted


def test_counting_names_every_class() -> None:
    assert count([Outcome.CORRECT, Outcome.CORRECT]) == {
        "correct": 2, "superseded": 0, "same law": 0, "national→local": 0, "local→national": 0,
        "wrong region": 0, "other law": 0, "nothing found": 0,
    }  # fmt: skip


def test_what_most_corpora_and_systems_have_no_room_for_is_shown_where_it_occurs() -> None:
    assert shown(RARE) == list(Outcome)
    assert shown([Outcome.SUPERSEDED, Outcome.CORRECT]) == [
        kind for kind in Outcome if kind != "nothing found"
    ]
    assert shown([Outcome.CORRECT]) == [kind for kind in Outcome if kind not in RARE] == shown([])


# Ten letters have nine pairs of neighbours: with the law's first six letters, five of nine are the law's;
# with five, four of nine. There is no other pair in common.
FERRY = Article("中华人民共和国渡口法", "第一条", "甲乙丙丁戊己庚辛壬癸", Level.LAW)
TOWER = Article("灯塔法", "第一条", "子丑寅卯辰巳午未申酉", Level.LAW)


def local(text: str, implements: str = "", place: str = "甲省") -> Article:
    return Article(f"{place}条例", "第一条", text, Level.LOCAL_REGULATION, place, implements=implements)


@pytest.mark.parametrize(
    ("top", "relevant", "wanted"),
    [
        (local(FERRY.text), [FERRY], ScopeError.COPY),
        (local("甲乙丙丁戊己东南西北"), [FERRY], ScopeError.COPY),  # 5 of 9
        (local("甲乙丙丁戊东南西北中"), [FERRY], ScopeError.OTHER_RULE),  # 4 of 9
        (local("甲乙丙东南"), [FERRY], ScopeError.COPY),  # 2 of 4: half is enough
        (local("甲乙，丙！丁"), [FERRY], ScopeError.COPY),  # short, but all of it is the law's
        (FERRY, [local("甲乙丙丁")], ScopeError.OTHER_RULE),  # and the law has 3 of its 9 from there
        (local(FERRY.text), [TOWER, FERRY], ScopeError.COPY),  # of any relevant article
        (local(FERRY.text, FERRY.law), [FERRY], ScopeError.COPY),  # before what comes next
        (local("东南西北", FERRY.law), [FERRY], ScopeError.IMPLEMENTING),
        (FERRY, [local("东南西北", FERRY.law)], ScopeError.IMPLEMENTING),  # either way
        (local("东南西北", FERRY.law), [TOWER, FERRY], ScopeError.IMPLEMENTING),
        (local("东南西北", "中华人民共和国灯塔法"), [TOWER], ScopeError.IMPLEMENTING),  # in any spelling
        (local("东南西北", FERRY.law), [TOWER], ScopeError.OTHER_RULE),
        (local("东南西北"), [FERRY], ScopeError.OTHER_RULE),
        # Two places carry out one law, but neither the other's.
        (local("东南西北", FERRY.law), [local("春夏秋冬", FERRY.law, "乙省")], ScopeError.OTHER_RULE),
        (local("东南西北"), [local("东南西北中", place="乙省")], ScopeError.COPY),
    ],
)
def test_the_first_kind_of_error_of_scope_that_applies(
    top: Article, relevant: list[Article], wanted: ScopeError
) -> None:
    assert outcome(top, relevant) in DISPLACING
    assert scope_error(top, relevant) is wanted


def test_only_errors_of_scope_have_a_kind() -> None:
    qrels = {"q1": {A1: 1}, "q2": {P1: 1}, "q3": {B1: 1}, "q4": {B1: 1}, "q5": {A1: 1}}
    tops = {"q1": P1, "q2": A2, "q3": P1, "q4": A2, "q5": A2}
    found = classify(tops, qrels, BY_HAND)
    kinds = scope_errors(found, tops, qrels, BY_HAND)
    assert kinds == {"q1": "copy", "q2": "implementing", "q3": "other rule"}
    assert count(kinds.values(), ScopeError) == {"copy": 1, "implementing": 1, "other rule": 1}
    assert sum(count(kinds.values(), ScopeError).values()) == sum(
        count(found.values())[o] for o in DISPLACING
    )


LAW, OTHER, LOCAL = article("甲法"), article("丁法"), article("乙条例", region="乙")
ARTICLES = {one.doc_id: one for one in (LAW, OTHER, LOCAL)}
QRELS = {"q1": {LAW.doc_id: 1}, "q2": {LOCAL.doc_id: 1, OTHER.doc_id: 1}, "q3": {LAW.doc_id: 1}}
RANKS = {"q1": {LAW.doc_id: 7}, "q2": {LOCAL.doc_id: 3, OTHER.doc_id: 2}, "q3": {LAW.doc_id: 1}}


def test_moves_between_classes_name_their_queries() -> None:
    before = {"q1": Outcome.NATIONAL_TO_LOCAL, "q2": Outcome.CORRECT, "q3": Outcome.CORRECT}
    after = {"q1": Outcome.CORRECT, "q2": Outcome.SAME_LAW, "q3": Outcome.CORRECT}
    assert transitions(before, after) == {
        (Outcome.CORRECT, Outcome.CORRECT): ["q3"],
        (Outcome.CORRECT, Outcome.SAME_LAW): ["q2"],
        (Outcome.NATIONAL_TO_LOCAL, Outcome.CORRECT): ["q1"],
    }


def test_levels_are_held_against_the_first_relevant_article() -> None:
    tops = {"q1": LOCAL.doc_id, "q2": LAW.doc_id, "q3": LAW.doc_id}
    assert level_matrix(tops, RANKS, QRELS, ARTICLES) == {
        (Level.LAW, Level.LOCAL_REGULATION): ["q1"],
        (Level.LAW, Level.LAW): ["q2", "q3"],
    }


def test_displacement_counts_above_the_first_relevant_article() -> None:
    above = {"q1": {LAW.doc_id: 5}, "q2": {LOCAL.doc_id: 2, OTHER.doc_id: 1}, "q3": {LAW.doc_id: 0}}
    assert displacement(RANKS, above, QRELS) == {"q1": 5, "q2": 1, "q3": 0}


def test_displaced_pairs_are_the_wrong_scope_or_place_on_top() -> None:
    found = {"q1": Outcome.NATIONAL_TO_LOCAL, "q2": Outcome.OTHER_LAW, "q3": Outcome.CORRECT}
    tops = {"q1": LOCAL.doc_id, "q2": LAW.doc_id, "q3": LAW.doc_id}
    (pair,) = displaced_pairs(found, {"q1": ScopeError.OTHER_RULE}, tops, RANKS, QRELS)
    assert (pair.query_id, pair.relevant, pair.rank, pair.top) == ("q1", LAW.doc_id, 7, LOCAL.doc_id)
    assert (pair.outcome, pair.kind) == (Outcome.NATIONAL_TO_LOCAL, ScopeError.OTHER_RULE)


@pytest.mark.parametrize(
    ("by", "wanted"),
    [
        ("level", {"q1": "法律", "q2": "地方性法规 / 法律"}),
        ("region", {"q1": "national", "q2": "national / 乙"}),
        ("law", {"q1": "甲法", "q2": "丁法 / 乙条例"}),
        ("topic", {"q1": "work", "q2": "–"}),
        ("style", {"q1": "terse", "q2": "–"}),
    ],
)
def test_queries_fall_into_slices(by: str, wanted: dict[str, str]) -> None:
    queries = [Query("q1", "…", topic="work", style="terse"), Query("q2", "…")]
    assert slices(by, queries, QRELS, ARTICLES) == wanted


def test_shared_wording_of_two_articles() -> None:
    one, other = "用人单位应当按时足额支付工资，不得克扣。", "本省用人单位应当按时足额向劳动者支付工资。"
    assert [one[start : start + size] for start, _, size in common_passages(one, other)] == [
        "用人单位应当按时足额",
        "支付工资",
    ]
    assert all(one[a : a + size] == other[b : b + size] for a, b, size in common_passages(one, other, 2))
    assert common_passages("", other) == []
