"""Two systems on the same queries: paired differences, their interval and test, and how two lists overlap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from workbench.errors import QueryError

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


def paired(baseline: Mapping[str, float], system: Mapping[str, float], *, resamples: int = RESAMPLES, seed: int = SEED) -> Paired:
    """Compares per-query values of two systems over identical queries.

    Percentile bootstrap over queries (Sakai 2006) and sign-flip randomisation (Smucker, Allan and Carterette 2007),
    both by SciPy, with a fixed seed.
    """
    if baseline.keys() != system.keys() or not baseline:
        raise QueryError("comparison", "the two systems were not measured on the same queries", remedy="evaluate both on one query set")
    difference = np.array([system[query_id] - baseline[query_id] for query_id in sorted(baseline)])
    wins, losses = int((difference > 0).sum()), int((difference < 0).sum())
    delta = float(difference.mean())
    interval, p = (delta, delta), 1.0
    if len(difference) > 1 and difference.any():
        bootstrap = stats.bootstrap((difference,), np.mean, n_resamples=resamples, batch=999, method="percentile", rng=np.random.default_rng(seed))
        interval = (float(bootstrap.confidence_interval.low), float(bootstrap.confidence_interval.high))
        test = stats.permutation_test(
            (difference,), _mean, permutation_type="samples", n_resamples=resamples, batch=999, vectorized=True, rng=np.random.default_rng(seed)
        )
        p = float(test.pvalue)
    return Paired(len(difference), delta, interval, p, wins, len(difference) - wins - losses, losses)


def _mean(values: np.ndarray, axis: int) -> np.ndarray:
    return np.asarray(np.mean(values, axis=axis))


def overlap(one: Sequence[str], other: Sequence[str], k: int) -> int:
    """How many articles two rankings share among their first k.

    >>> overlap(["a", "b", "c"], ["c", "d", "a"], 2), overlap(["a", "b", "c"], ["c", "d", "a"], 3)
    (0, 2)
    """
    return len(set(one[:k]) & set(other[:k]))


def rank_biased_overlap(one: Sequence[str], other: Sequence[str], p: float = 0.9) -> float:
    """Extrapolated RBO of two rankings of equal length (Webber, Moffat and Zobel 2010, equation 32), in [0, 1].

    `p`: how far down a reader looks; 0.9 puts 86 % of the weight on the first ten.

    >>> rank_biased_overlap(["a", "b"], ["a", "b"]), rank_biased_overlap(["a", "b"], ["c", "d"])
    (1.0, 0.0)
    """
    depth = min(len(one), len(other))
    if not depth:
        return 0.0
    shared = [overlap(one, other, k) for k in range(1, depth + 1)]
    summed = sum(count / k * p**k for k, count in enumerate(shared, 1))
    return shared[-1] / depth * p**depth + (1 - p) / p * summed
