"""All systems side by side: twelve queries whose every rank is in a table, p-values by counting, Holm by his procedure."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tables import A1, BY_HAND, P1
from workbench.core.dimensions import ALL, ByDimension, dim_name, own_dim
from workbench.core.domain import Hit, Query
from workbench.evaluation.all_systems import BEST, TIED, matrix, overview
from workbench.evaluation.compare import holm
from workbench.evaluation.experiment import Experiment
from workbench.evaluation.outcomes import classify
from workbench.evaluation.ranks import Ranking
from workbench.evaluation.scores import evaluate
from workbench.query_sets.query_set import QuerySet

# system -> its own dimension -> the rank of the one relevant article of each query; "-": nothing is found.
RANKS = {
    "base": {16: "111122225555", 4: "222233339999"},
    "wide": {32: "111111112222", 8: "333333333333"},
    "bm25": {ALL: "999999999999"},
    "earlier": {ALL: "111111111---"},
}
QUERY_IDS = [f"q{number:02}" for number in range(12)]
QRELS = {query_id: {A1: 1} for query_id in QUERY_IDS}
MEASURES = ("RR@10", "Success@10", "Success@1")
COSTS = {
    "base": {"16": {"column bytes": 6400, "exact": {"median ms": 2.5}}},
    "bm25": {"all": {"column bytes": 300, "exact": {"median ms": 1.5}}},
}


def ranking_of(row: str) -> Ranking:
    """A local article is on top wherever the relevant one, which is national, is further down."""
    found = {query_id: int(rank) for query_id, rank in zip(QUERY_IDS, row, strict=True) if rank != "-"}
    ranks = {query_id: {A1: found[query_id]} if query_id in found else {} for query_id in QUERY_IDS}
    top = {query_id: [Hit(A1 if rank == 1 else P1, 0.5)] for query_id, rank in found.items()}
    return Ranking(ranks, {}, {query_id: top.get(query_id, []) for query_id in QUERY_IDS})


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    rankings = {
        name: ByDimension({dim: ranking_of(row) for dim, row in by_dim.items()})
        for name, by_dim in RANKS.items()
    }
    evaluations = {
        name: ByDimension({dim: evaluate(each.ranks, QRELS, MEASURES) for dim, each in by_dim.items()})
        for name, by_dim in rankings.items()
    }
    queries = tuple(Query(query_id, query_id) for query_id in QUERY_IDS)
    bare = Experiment(
        QuerySet("by hand", queries, QRELS),
        (16, 4),
        rankings,
        evaluations,
        {},
        {name: {} for name in RANKS},
        BY_HAND,
        {},
    )
    outcomes = {
        name: ByDimension({dim: classify(bare.top_ids(name, dim), QRELS, BY_HAND) for dim in by_dim})
        for name, by_dim in rankings.items()
    }
    return replace(bare, outcomes=outcomes)


def reciprocal(system: str, dim: int) -> list[Fraction]:
    return [Fraction(0) if rank == "-" else Fraction(1, int(rank)) for rank in RANKS[system][dim]]


def differences(baseline: str, system: str, at: Mapping[str, int]) -> list[Fraction]:
    rows = zip(reciprocal(baseline, at[baseline]), reciprocal(system, at[system]), strict=True)
    return [theirs - ours for ours, theirs in rows]


def p_by_counting(values: list[Fraction]) -> float:
    """The share of all ways to set the signs whose sum is at least as far from 0."""
    told = [value for value in values if value]
    sums = [
        abs(sum((sign * value for sign, value in zip(signs, told, strict=True)), Fraction(0)))
        for signs in product((1, -1), repeat=len(told))
    ]
    return sum(each >= abs(sum(values, Fraction(0))) for each in sums) / len(sums)


def rejected(p_values: Mapping[str, float], level: float) -> set[str]:
    """Holm's procedure: from the least p up, against level / (how many are left), until one is not below."""
    order = sorted(p_values, key=p_values.__getitem__)
    for place, name in enumerate(order):
        if p_values[name] > level / (len(order) - place):
            return set(order[:place])
    return set(order)


AT = {  # to compare at -> what stands for it
    16: {"base": 16, "wide": 32, "bm25": ALL, "earlier": ALL},
    8: {"base": 16, "wide": 8, "bm25": ALL, "earlier": ALL},
    4: {"base": 4, "wide": 32, "bm25": ALL, "earlier": ALL},
}


def test_overview_by_hand(experiment: Experiment) -> None:
    table = overview(experiment, 16, COSTS, articles=100).set_index("system")
    assert list(table.index) == ["base", "wide", "bm25", "earlier"]
    assert table["at"].to_dict() == AT[16]
    # 4 + 4/2 + 4/5, 8 + 4/2, 12/9 and 9 of 12
    assert table["RR@10"].tolist() == pytest.approx([6.8 / 12, 10 / 12, 1 / 9, 9 / 12])
    assert table["Success@1"].tolist() == pytest.approx([4 / 12, 8 / 12, 0, 9 / 12])
    # The best against base: 8 queries gained, p 2/2^8, twice that after Holm; against bm25 12, p 2/2^12;
    # against earlier 3 gained and 1 lost.
    assert table["RR@10 best"].tolist() == ["", BEST, "", TIED]
    # earlier against base: 5 gained, p 2/2^5; against bm25 9, 2/2^9; against wide 1.
    assert table["Success@1 best"].tolist() == [TIED, TIED, "", BEST]
    # The first of three equal ones; 3 lost are p 2/2^3.
    assert table["Success@10 best"].tolist() == [BEST, TIED, TIED, TIED]
    assert table["errors"].tolist() == [8, 4, 12, 0]  # nothing found is no error of scope
    assert "nDCG@10" not in table  # was not measured


@pytest.mark.parametrize("dim", AT)
def test_overview_at_what_stands_for_a_dimension(experiment: Experiment, dim: int) -> None:
    table = overview(experiment, dim, {}, articles=100).set_index("system")
    assert table["at"].to_dict() == AT[dim]
    for name, own in AT[dim].items():
        row = table.loc[name]
        assert row["RR@10"] == pytest.approx(float(sum(reciprocal(name, own)) / 12))
        assert row["RR@10 low"] - 1e-12 <= row["RR@10"] <= row["RR@10 high"] + 1e-12


def test_costs_that_were_not_measured_are_nan(experiment: Experiment) -> None:
    nan = np.nan
    for dim, stored, ms in (
        (16, [64.0, nan, 3.0, nan], [2.5, nan, 1.5, nan]),
        (4, [nan, nan, 3.0, nan], [nan, nan, 1.5, nan]),
    ):
        table = overview(experiment, dim, COSTS, articles=100)
        np.testing.assert_array_equal(table["bytes"], stored)
        np.testing.assert_array_equal(table["ms"], ms)


@pytest.mark.parametrize("dim", AT)
def test_every_two_systems_agree_with_counting(experiment: Experiment, dim: int) -> None:
    table = experiment.comparisons.pairwise(dim)
    assert [(each.baseline, each.system) for each in table] == list(combinations(RANKS, 2))
    p_values = {}
    for each in table:
        told = differences(each.baseline, each.system, AT[dim])
        p_values[f"{each.baseline} {each.system}"] = p_by_counting(told)
        assert each.paired.delta == pytest.approx(float(sum(told) / 12))
        assert each.paired.p == pytest.approx(p_by_counting(told))
        assert (each.paired.wins, each.paired.losses) == (
            sum(value > 0 for value in told),
            sum(value < 0 for value in told),
        )
    adjusted = {f"{each.baseline} {each.system}": each.p_holm for each in table}
    for name, p in adjusted.items():
        assert name in rejected(p_values, p * 1.0001)
        assert p == pytest.approx(1.0) or name not in rejected(p_values, p * 0.9999)


@pytest.mark.parametrize("dim", AT)
def test_the_matrix_is_antisymmetric(experiment: Experiment, dim: int) -> None:
    table = matrix(experiment, dim)
    cells = {(row["baseline"], row["system"]): row for row in table.to_dict("records")}
    assert len(cells) == len(table) == 4 * 3
    for (baseline, system), row in cells.items():
        other = cells[system, baseline]
        assert baseline != system
        assert row["delta"] == -other["delta"]
        assert (row["low"], row["high"]) == (-other["high"], -other["low"])
        assert row["low"] <= row["delta"] <= row["high"]
        assert (row["p"], row["p_holm"]) == (other["p"], other["p_holm"])
        assert row["delta"] == pytest.approx(float(sum(differences(baseline, system, AT[dim])) / 12))


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.0001, 1), min_size=1))
def test_holm_agrees_with_his_procedure(p_values: dict[str, float]) -> None:
    adjusted = holm(p_values)
    for level in (0.001, 0.01, 0.05, 0.3, 0.9):
        clear = {name: p for name, p in adjusted.items() if abs(p - level) > 1e-12}
        assert {name for name, p in clear.items() if p < level} == rejected(p_values, level) & clear.keys()
    assert all(p_values[name] <= p <= 1 for name, p in adjusted.items())


lengths = st.lists(st.integers(1, 4096), min_size=1, max_size=5, unique=True)


@given(lengths, st.integers(0, 4096))
def test_what_stands_for_a_dimension(dims: list[int], dim: int) -> None:
    by_dim = ByDimension({each: dim_name(each) for each in dims})
    assert list(by_dim) == sorted(dims, reverse=True)
    assert len(by_dim) == len(dims)
    assert by_dim[dim] == dim_name(own_dim(list(by_dim), dim))
    assert own_dim(list(by_dim), dim) == (dim if dim in dims else max(dims))
    assert dict(by_dim) == {each: str(each) for each in dims}


@given(st.integers(0, 4096))
def test_without_vectors_one_stands_for_all(dim: int) -> None:
    assert (own_dim([ALL], dim), ByDimension({ALL: "all"})[dim], dim_name(ALL)) == (ALL, "all", "all")
