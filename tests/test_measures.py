"""Measures, means, differences and outcomes against `ir_measures`, SciPy and hand-made tables."""

import math
from statistics import fmean

import ir_measures
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_measures import RR, Success, nDCG

from workbench.comparison import overlap, paired, rank_biased_overlap
from workbench.domain import Article, Level
from workbench.errors import QueryError
from workbench.evaluation import evaluate
from workbench.measures import measure
from workbench.outcomes import Outcome, count, outcome

THEIRS = {"RR": RR, "Success": Success, "nDCG": nDCG}

runs = st.dictionaries(
    st.sampled_from([f"q{number}" for number in range(6)]),
    st.permutations([f"d{number}" for number in range(14)]),
    min_size=0,
    max_size=6,
)
all_qrels = st.dictionaries(
    st.sampled_from([f"q{number}" for number in range(6)]),
    st.dictionaries(st.sampled_from([f"d{number}" for number in range(20)]), st.integers(0, 3), min_size=1, max_size=6),
    min_size=1,
    max_size=6,
)


@settings(max_examples=300, deadline=None)
@given(runs, all_qrels, st.sampled_from(sorted(THEIRS)), st.sampled_from([1, 3, 5, 10]))
def test_agrees_with_ir_measures(run: dict[str, list[str]], qrels: dict[str, dict[str, int]], name: str, k: int) -> None:
    ranks = {
        query_id: {doc_id: place for place, doc_id in enumerate(order, 1) if doc_id in qrels.get(query_id, {})} for query_id, order in run.items()
    }
    scored = {query_id: {doc_id: -float(place) for place, doc_id in enumerate(order)} for query_id, order in run.items()}
    ours = evaluate(ranks, qrels, [f"{name}@{k}"]).values[f"{name}@{k}"]
    theirs = {result.query_id: result.value for result in ir_measures.iter_calc([THEIRS[name] @ k], qrels, scored)}
    for query_id, value in ours.items():
        assert value == pytest.approx(theirs.get(query_id, 0.0), abs=1e-9)
        assert 0 <= value <= 1


@given(st.integers(1, 50), st.integers(1, 20))
def test_success_never_falls_with_k(place: int, k: int) -> None:
    ranks, relevances = {"d": place}, {"d": 1}
    assert measure(f"Success@{k}")(ranks, relevances) <= measure(f"Success@{k + 1}")(ranks, relevances)


def test_means_run_over_all_judged_queries() -> None:
    evaluation = evaluate({"q1": {"a": 1}, "q2": {"a": 4}}, {"q1": {"a": 1}, "q2": {"a": 1}, "q3": {"a": 1}})
    assert evaluation.means["RR@10"] == pytest.approx((1 + 0.25) / 3)
    assert evaluation.mean_over_found("RR@10") == pytest.approx((1 + 0.25) / 2)
    with pytest.raises(QueryError, match="no judged query"):
        evaluate({}, {})


@pytest.mark.parametrize("name", ["RR", "RR@0", "RR@-1", "MAP@10", "RR@ten"])
def test_unknown_measures_are_named(name: str) -> None:
    with pytest.raises(QueryError, match="is unknown; wanted: one of RR, Success, nDCG"):
        measure(name)


def test_paired_difference_against_the_normal_approximation() -> None:
    random = np.random.default_rng(3)
    base = {str(number): float(value) for number, value in enumerate(random.uniform(0, 0.7, 400))}
    other = {query_id: value + float(random.normal(0.05, 0.2)) for query_id, value in base.items()}
    result = paired(base, other)
    differences = np.array([other[query_id] - base[query_id] for query_id in base])
    error = differences.std(ddof=1) / math.sqrt(len(differences))
    assert result.delta == pytest.approx(differences.mean())
    assert result.interval[0] == pytest.approx(result.delta - 1.96 * error, abs=0.15 * error)
    assert result.interval[1] == pytest.approx(result.delta + 1.96 * error, abs=0.15 * error)
    assert result.n == 400
    assert result.wins + result.ties + result.losses == 400
    assert paired(base, other) == result


def test_randomisation_is_exact_for_few_queries() -> None:
    # 6 wins of equal size: only 2 of the 2^6 sign flips are as extreme
    result = paired(dict.fromkeys("abcdef", 0.0), dict.fromkeys("abcdef", 0.5))
    assert (result.delta, result.p) == (0.5, pytest.approx(2 / 64))
    assert (result.wins, result.ties, result.losses) == (6, 0, 0)


def test_no_difference_is_no_evidence() -> None:
    result = paired({"a": 0.5, "b": 1.0}, {"a": 0.5, "b": 1.0})
    assert (result.delta, result.interval, result.p, result.ties) == (0.0, (0.0, 0.0), 1.0, 2)
    with pytest.raises(QueryError, match="same queries"):
        paired({"a": 1.0}, {"b": 1.0})


@given(st.permutations("abcdefgh"), st.permutations("abcdefgh"))
def test_rbo_and_overlap_hold_their_bounds(one: list[str], other: list[str]) -> None:
    assert 0 <= rank_biased_overlap(one, other) <= 1 + 1e-12
    assert rank_biased_overlap(one, other) == pytest.approx(rank_biased_overlap(other, one))
    assert rank_biased_overlap(one, one) == pytest.approx(1)
    assert overlap(one, other, 8) == 8


def test_rbo_by_hand() -> None:
    # agreement 0, 1, 2/3 at depths 1 to 3: equation 32 with p = 0.5
    wanted = 2 / 3 * 0.5**3 + 0.5 / 0.5 * fmean([0, 1 * 0.5**2, 2 / 3 * 0.5**3]) * 3
    assert rank_biased_overlap(["a", "b", "c"], ["b", "a", "d"], p=0.5) == pytest.approx(wanted)


def article(law: str, number: int = 1, region: str = "") -> Article:
    return Article(law=law, article=f"第{number}条", text="…", level=Level.LOCAL_REGULATION if region else Level.LAW, region=region)


@pytest.mark.parametrize(
    ("top", "relevant", "wanted"),
    [
        (article("甲法"), [article("甲法")], Outcome.CORRECT),
        (article("甲法", 2), [article("甲法")], Outcome.SAME_LAW),
        (article("乙条例", region="乙"), [article("甲法")], Outcome.NATIONAL_TO_LOCAL),
        (article("甲法"), [article("乙条例", region="乙")], Outcome.LOCAL_TO_NATIONAL),
        (article("丙条例", region="丙"), [article("乙条例", region="乙")], Outcome.WRONG_REGION),
        (article("乙办法", region="乙"), [article("乙条例", region="乙")], Outcome.OTHER_LAW),
        (article("丁法"), [article("甲法")], Outcome.OTHER_LAW),
        (article("丙条例", region="丙"), [article("甲法"), article("乙条例", region="乙")], Outcome.OTHER_LAW),
        (article("甲法", 2), [article("甲法"), article("乙条例", region="乙")], Outcome.SAME_LAW),
    ],
)
def test_the_first_class_that_applies(top: Article, relevant: list[Article], wanted: Outcome) -> None:
    assert outcome(top, relevant) is wanted


def test_counting_names_every_class() -> None:
    assert count([Outcome.CORRECT, Outcome.CORRECT]) == {
        "correct": 2, "same law": 0, "national→local": 0, "local→national": 0, "wrong region": 0, "other law": 0,
    }  # fmt: skip
