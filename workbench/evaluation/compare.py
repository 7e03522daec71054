"""Two systems on the same queries: paired differences, their interval and test, and how two lists overlap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

import numpy as np
from scipy import stats

from workbench.core.errors import QueryError

Name = TypeVar("Name", str, tuple[str, str])
RESAMPLES = 9_999
SEED = 20_240_501


@dataclass(frozen=True)
class Paired:
    """`delta`: mean of (system - baseline); `interval`: 95 % paired bootstrap; `p`: two-sided paired randomisation."""

    n: int
    delta: float
    interval: tuple[float, float]
    p: float
    wins: int
    ties: int
    losses: int


def paired(
    baseline: Mapping[str, float],
    system: Mapping[str, float],
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Paired:
    """Compares per-query values of two systems over identical queries.

    Percentile bootstrap over queries (Sakai 2006) and sign-flip randomisation (Smucker, Allan and Carterette 2007),
    both by SciPy, with a fixed seed.
    """
    difference = np.array(list(differences(baseline, system).values()))
    wins = int((difference > 0).sum())
    losses = int((difference < 0).sum())
    return Paired(
        n=len(difference),
        delta=float(difference.mean()),
        interval=_bootstrap(difference, resamples, seed),
        p=_randomisation(difference, resamples, seed),
        wins=wins,
        ties=len(difference) - wins - losses,
        losses=losses,
    )


def differences(baseline: Mapping[str, float], system: Mapping[str, float]) -> dict[str, float]:
    """`system` minus `baseline` by query, in the order of the query ids; both over identical queries."""
    if baseline.keys() != system.keys() or not baseline:
        raise QueryError(
            "comparison",
            "the two systems were not measured on the same queries",
            remedy="evaluate both on one query set",
        )
    return {query_id: system[query_id] - baseline[query_id] for query_id in sorted(baseline)}


def mean_interval(
    values: Mapping[str, float], *, resamples: int = RESAMPLES, seed: int = SEED
) -> tuple[float, float]:
    """95 % percentile bootstrap interval of one system's mean over queries."""
    return _bootstrap(np.array([values[query_id] for query_id in sorted(values)]), resamples, seed)


def _randomisation(difference: np.ndarray, resamples: int, seed: int) -> float:
    if len(difference) < 2 or not difference.any():
        return 1.0
    test = stats.permutation_test(
        (difference,),
        _mean,
        permutation_type="samples",
        n_resamples=resamples,
        batch=999,
        vectorized=True,
        rng=np.random.default_rng(seed),
    )
    return float(test.pvalue)


def _mean(values: np.ndarray, axis: int) -> np.ndarray:
    return np.asarray(np.mean(values, axis=axis))


def _bootstrap(values: np.ndarray, resamples: int, seed: int) -> tuple[float, float]:
    if len(values) < 2 or (values == values[0]).all():
        return float(values.mean()), float(values.mean())
    bootstrap = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=resamples,
        batch=999,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    low, high = bootstrap.confidence_interval
    return float(low), float(high)


def holm(p_values: Mapping[Name, float]) -> dict[Name, float]:
    """p-values adjusted for testing all of them (Holm 1979), by the same names.

    >>> holm({"a": 0.01, "b": 0.04, "c": 0.03})
    {'a': 0.03, 'c': 0.06, 'b': 0.06}
    """
    adjusted: dict[Name, float] = {}
    highest = 0.0
    for place, name in enumerate(sorted(p_values, key=lambda name: (p_values[name], name))):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[name]))
        adjusted[name] = highest
    return adjusted


@dataclass(frozen=True)
class Pairwise:
    """The comparison of two of several systems; `p_holm` is its p, adjusted for the number of pairs."""

    baseline: str
    system: str
    paired: Paired
    p_holm: float


def pairwise(values: Mapping[str, Mapping[str, float]]) -> list[Pairwise]:
    """Every two systems compared over the same queries, in their order; `values`: system -> query_id -> value."""
    compared = {pair: paired(values[pair[0]], values[pair[1]]) for pair in combinations(values, 2)}
    adjusted = holm({pair: result.p for pair, result in compared.items()})
    return [Pairwise(*pair, result, adjusted[pair]) for pair, result in compared.items()]


@dataclass(frozen=True)
class Slice:
    """The comparison within one slice of the queries; `p_holm` is its p, adjusted for the number of slices."""

    paired: Paired
    p_holm: float


def compare_slices(
    baseline: Mapping[str, float], system: Mapping[str, float], slices: Mapping[str, str]
) -> dict[str, Slice]:
    """Paired comparison in each slice; `slices`: query_id -> name of its slice, for every query."""
    members: dict[str, list[str]] = {}
    for query_id in baseline:
        members.setdefault(slices[query_id], []).append(query_id)
    comparisons = {
        name: paired(
            {query_id: baseline[query_id] for query_id in ids},
            {query_id: system[query_id] for query_id in ids},
        )
        for name, ids in sorted(members.items())
    }
    adjusted = holm({name: comparison.p for name, comparison in comparisons.items()})
    return {name: Slice(comparison, adjusted[name]) for name, comparison in comparisons.items()}


def most_different(
    baseline: Mapping[str, float], system: Mapping[str, float], count: int
) -> list[tuple[str, float]]:
    """The `count` queries whose values differ most, largest difference first; never one without a difference.

    >>> most_different({"a": 0.5, "b": 1.0, "c": 0.2}, {"a": 0.75, "b": 0.0, "c": 0.2}, 3)
    [('b', -1.0), ('a', 0.25)]
    """
    changed = [item for item in differences(baseline, system).items() if item[1]]
    return sorted(changed, key=lambda item: (-abs(item[1]), item[0]))[:count]


def overlap(first: Sequence[str], second: Sequence[str], k: int) -> int:
    """How many articles two rankings share among their first k.

    >>> overlap(["a", "b", "c"], ["c", "d", "a"], 2), overlap(["a", "b", "c"], ["c", "d", "a"], 3)
    (0, 2)
    """
    return len(set(first[:k]) & set(second[:k]))


def rank_biased_overlap(first: Sequence[str], second: Sequence[str], p: float = 0.9) -> float:
    """Extrapolated RBO of two rankings of equal length (Webber, Moffat and Zobel 2010, equation 32), in [0, 1].

    `p`: how far down a reader looks; 0.9 puts 86 % of the weight on the first ten.

    >>> rank_biased_overlap(["a", "b"], ["a", "b"]), rank_biased_overlap(["a", "b"], ["c", "d"])
    (1.0, 0.0)
    """
    depth = min(len(first), len(second))
    if not depth:
        return 0.0
    shared = [overlap(first, second, k) for k in range(1, depth + 1)]
    summed = sum(count / k * p**k for k, count in enumerate(shared, 1))
    return shared[-1] / depth * p**depth + (1 - p) / p * summed
