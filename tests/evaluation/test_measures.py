"""Measures, means, differences and outcomes against `ir_measures`, SciPy and hand-made tables."""

import json
import math
import os
import subprocess
import sys
from statistics import fmean

import ir_measures
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ir_measures import AP, RR, P, R, Success, nDCG
from scipy import stats

from workbench.core.errors import QueryError
from workbench.evaluation.compare import (
    compare_slices,
    differences,
    holm,
    mean_interval,
    most_different,
    overlap,
    paired,
    rank_biased_overlap,
)
from workbench.evaluation.measures import MEASURES, measure
from workbench.evaluation.scores import check_report, evaluate, reciprocal_rank_bounds

THEIRS = {"AP": AP, "P": P, "R": R, "RR": RR, "Success": Success, "nDCG": nDCG}


BY_HAND: set[str] = set()  # measures that `ir_measures` lacks, each with a property and a table of its own


def test_every_measure_is_held_against_one_that_others_wrote() -> None:
    assert MEASURES.keys() == THEIRS.keys() | BY_HAND


runs = st.dictionaries(
    st.sampled_from([f"q{number}" for number in range(6)]),
    st.permutations([f"d{number}" for number in range(14)]),
    min_size=0,
    max_size=6,
)
all_qrels = st.dictionaries(
    st.sampled_from([f"q{number}" for number in range(6)]),
    st.dictionaries(
        st.sampled_from([f"d{number}" for number in range(20)]), st.integers(0, 3), min_size=1, max_size=6
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=1500, deadline=None)
@given(
    runs,
    all_qrels,
    st.sampled_from([f"{name}@{k}" for name in THEIRS for k in (1, 3, 5, 10)] + ["AP", "RR", "nDCG"]),
)
def test_agrees_with_ir_measures(
    run: dict[str, list[str]], qrels: dict[str, dict[str, int]], name: str
) -> None:
    ranks = {
        query_id: {
            doc_id: place for place, doc_id in enumerate(order, 1) if doc_id in qrels.get(query_id, {})
        }
        for query_id, order in run.items()
    }
    scored = {
        query_id: {doc_id: -float(place) for place, doc_id in enumerate(order)}
        for query_id, order in run.items()
    }
    ours = evaluate(ranks, qrels, [name]).values[name]
    theirs = {
        result.query_id: result.value
        for result in ir_measures.iter_calc([ir_measures.parse_measure(name)], qrels, scored)
    }
    for query_id, value in ours.items():
        assert value == pytest.approx(theirs.get(query_id, 0.0), abs=1e-9)
        assert 0 <= value <= 1


# ranx's name -> ours
RANX_NAMES = {
    "mrr@10": "RR@10",
    "mrr": "RR",
    "hit_rate@10": "Success@10",
    "hit_rate@1": "Success@1",
    "ndcg@10": "nDCG@10",
    "recall@10": "R@10",
    "precision@10": "P@10",
    "map@10": "AP@10",
    "map": "AP",
}
# Compiling ranx's loops takes far longer than running them uncompiled, which only a process of its own can
# do.
RANX = """
import json, sys, ranx
qrels, scored, names = json.load(sys.stdin)
run = ranx.Run(scored)
ranx.evaluate(ranx.Qrels(qrels), run, names)
json.dump({name: {query_id: float(value) for query_id, value in run.scores[name].items()} for name in names}, sys.stdout)
"""


def test_agrees_with_ranx_on_thousands_of_queries() -> None:
    random = np.random.default_rng(5)
    qrels = {}
    orders = {}
    for number in range(4000):
        relevant = random.choice(30, random.integers(1, 6), replace=False)
        qrels[f"q{number}"] = {f"d{doc}": int(random.integers(1, 4)) for doc in relevant}
        orders[f"q{number}"] = [f"d{doc}" for doc in random.permutation(40)[: random.integers(1, 40)]]
    ranks = {
        query_id: {doc_id: place for place, doc_id in enumerate(order, 1)}
        for query_id, order in orders.items()
    }
    scored = {
        query_id: {doc_id: 1 / place for doc_id, place in places.items()}
        for query_id, places in ranks.items()
    }
    ranx = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RANX],
        input=json.dumps([qrels, scored, list(RANX_NAMES)]),
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
    )
    theirs = json.loads(ranx.stdout)
    ours = evaluate(ranks, qrels, list(RANX_NAMES.values())).values
    for name, our_name in RANX_NAMES.items():
        assert ours[our_name] == pytest.approx(theirs[name]), name


@given(st.integers(1, 50), st.integers(1, 20))
def test_success_never_falls_with_k(place: int, k: int) -> None:
    ranks, relevances = {"d": place}, {"d": 1}
    assert measure(f"Success@{k}")(ranks, relevances) <= measure(f"Success@{k + 1}")(ranks, relevances)


def test_means_run_over_all_judged_queries() -> None:
    evaluation = evaluate({"q1": {"a": 1}, "q2": {"a": 4}}, {"q1": {"a": 1}, "q2": {"a": 1}, "q3": {"a": 1}})
    assert evaluation.means["RR@10"] == pytest.approx((1 + 0.25) / 3)
    assert evaluation.mean_over_found("RR@10") == pytest.approx((1 + 0.25) / 2)
    assert (
        evaluate({"q1": {}}, {"q1": {"a": 1}}).mean_over_found("RR@10") is None
    )  # nothing is averaged over no query
    with pytest.raises(QueryError, match="no judged query"):
        evaluate({}, {})


@pytest.mark.parametrize(
    ("top", "hit", "mean", "words"),
    [
        (0.58, 0.85, 0.78, "allow 0.607 to 0.715: fits only as a mean over found queries"),
        (0.92, 0.98, 0.96, "allow 0.926 to 0.950: fits only as a mean over found queries"),
        (0.38, 0.72, 0.49, "allow 0.414 to 0.550: consistent"),
        (0.50, 0.60, 0.20, "cannot be, nor as a mean over found queries"),
    ],
)
def test_reported_figures_are_held_against_their_own_bounds(
    top: float, hit: float, mean: float, words: str
) -> None:
    assert words in str(check_report({"Success@1": top, "Success@10": hit, "RR@10": mean}))
    assert check_report({"Success@1": top, "RR@10": mean}) is None


@given(st.lists(st.integers(1, 30), min_size=1, max_size=40))
def test_measured_figures_always_fit_the_bounds(places: list[int]) -> None:
    ranks = {str(number): {"d": place} for number, place in enumerate(places)}
    means = evaluate(ranks, {query_id: {"d": 1} for query_id in ranks}).means
    low, high = reciprocal_rank_bounds(means["Success@1"], means["Success@10"], 10)
    assert low - 1e-9 <= means["RR@10"] <= high + 1e-9


@pytest.mark.parametrize("name", ["P", "R", "Success", "RR@0", "RR@-1", "MAP@10", "RR@ten"])
def test_unknown_measures_are_named(name: str) -> None:
    with pytest.raises(QueryError, match="is unknown; wanted: one of AP, P, R, RR, Success, nDCG"):
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
    assert result.delta == 0.5
    assert result.p == pytest.approx(2 / 64)
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


def test_paired_agrees_with_scipy_and_the_exact_t() -> None:
    random = np.random.default_rng(8)
    base, other = (
        {str(number): float(value) for number, value in enumerate(random.uniform(0, 1, 60))} for _ in range(2)
    )
    result = paired(base, other)
    difference = np.array([other[query_id] - base[query_id] for query_id in sorted(base)])
    bootstrap = stats.bootstrap(
        (difference,), np.mean, n_resamples=9_999, method="percentile", rng=np.random.default_rng(1)
    )
    width = bootstrap.confidence_interval.high - bootstrap.confidence_interval.low
    assert result.interval == pytest.approx(tuple(bootstrap.confidence_interval), abs=0.05 * width)
    assert result.p == pytest.approx(stats.ttest_rel([*other.values()], [*base.values()]).pvalue, abs=0.02)


def test_the_interval_of_a_mean_against_the_normal_approximation() -> None:
    values = {str(number): float(number % 2) for number in range(1000)}
    assert mean_interval(values) == pytest.approx(
        (0.5 - 1.96 * 0.5 / 1000**0.5, 0.5 + 1.96 * 0.5 / 1000**0.5), abs=0.003
    )
    assert mean_interval({"a": 0.25}) == (0.25, 0.25)


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_bonferroni_for_the_smallest_and_never_below_p(p_values: dict[str, float]) -> None:
    adjusted = holm(p_values)
    smallest = min(p_values.values())
    assert min(adjusted.values()) == pytest.approx(min(1, smallest * len(p_values)))
    assert all(p_values[name] <= adjusted[name] <= 1 for name in p_values)
    ordered = sorted(p_values, key=p_values.__getitem__)
    assert [adjusted[name] for name in ordered] == sorted(adjusted.values())


def test_slices_are_compared_with_holms_correction() -> None:
    base = dict.fromkeys("abcdefghij", 0.0)
    other = dict.fromkeys("abcdef", 0.5) | dict.fromkeys("ghij", 0.0)
    slices = compare_slices(base, other, dict.fromkeys("abcdef", "won") | dict.fromkeys("ghij", "even"))
    assert slices["won"].paired.n == 6
    assert slices["won"].paired.p == pytest.approx(1 / 32)
    assert slices["won"].p_holm == pytest.approx(1 / 16)
    assert (slices["even"].paired.n, slices["even"].p_holm) == (4, 1.0)
    assert most_different(base, other, 3) == [("a", 0.5), ("b", 0.5), ("c", 0.5)]
    assert differences(base, other)["g"] == 0
