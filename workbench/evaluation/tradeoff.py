"""What a shorter vector costs and saves: quality, bytes and latency by dimension."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TypeVar

import numpy as np

from workbench.core.errors import QueryError
from workbench.evaluation.compare import Paired, mean_interval, paired

FLOAT32 = 4
LEAST, MOST = 3, 25  # searches timed, whatever they take
GOOD_ENOUGH = 0.99  # the share of full quality that a shorter vector should have
Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class Quality:
    """Mean of a measure over all judged queries at one dimension, its 95 % interval, and its share of full quality.

    `share` is None where the mean at the widest dimension is 0.
    """

    mean: float
    interval: tuple[float, float]
    share: float | None


def quality(values: Mapping[int, Mapping[str, float]]) -> dict[int, Quality]:
    """`values`: dimension -> query_id -> value of one measure in one system; result: widest dimension first."""
    means = {dim: float(np.mean(list(by_query.values()))) for dim, by_query in values.items()}
    full = means[max(means)]
    return {
        dim: Quality(means[dim], mean_interval(values[dim]), means[dim] / full if full else None)
        for dim in sorted(means, reverse=True)
    }


def smallest_dimension(means: Mapping[int, float], share: float = GOOD_ENOUGH) -> int | None:
    """The smallest dimension from which on up every one keeps `share` of the quality at the widest; None where that is 0.

    >>> smallest_dimension({768: 0.50, 512: 0.50, 256: 0.496, 128: 0.44})
    256
    """
    if not 0 < share <= 1:
        raise QueryError("share", f"is {share}", wanted="above 0, at most 1", remedy="write e.g. 0.99")
    full = means[max(means)]
    smallest = None
    for dim in sorted(means, reverse=True):
        if full <= 0 or means[dim] < share * full:
            break
        smallest = dim
    return smallest


@dataclass(frozen=True)
class Crossover:
    """A system cut to `dim` against the baseline at its full `width`."""

    dim: int
    width: int
    paired: Paired

    @property
    def reached(self) -> bool:
        """Whether the cut system's mean is no lower than the baseline's full one."""
        return self.paired.delta >= 0


def crossovers(
    baseline: Mapping[int, Mapping[str, float]], system: Mapping[int, Mapping[str, float]]
) -> list[Crossover]:
    """`system` at every dimension against `baseline` at its widest, by query values of one measure; widest first."""
    width = max(baseline)
    return [
        Crossover(dim, width, paired(baseline[width], system[dim])) for dim in sorted(system, reverse=True)
    ]


def bytes_per_vector(dim: int) -> int:
    return FLOAT32 * dim


@dataclass(frozen=True)
class Latency:
    """Seconds a search takes: `median` and 95th percentile over `n` searches."""

    median: float
    p95: float
    n: int


def latencies(
    searches: Mapping[Name, Callable[[int], object]], questions: int, budget: float, warm_up: int = 1
) -> dict[Name, Latency]:
    """Times every search on questions number 0 to `questions` - 1, by turns: what slows the machine slows all of them alike.

    Each round asks all of them one question, the next round in the other order, so that none always follows the same one.
    `warm_up` untimed rounds come first; then there are rounds for `budget` seconds, but LEAST at least, and MOST at most.
    """
    if questions < 1:
        raise QueryError("latency", "there is no query to search with", remedy="give at least one")
    taken: dict[Name, list[float]] = {name: [] for name in searches}
    began = perf_counter()
    for number in range(warm_up + max(LEAST, min(MOST, questions))):
        if number >= warm_up + LEAST and perf_counter() - began > budget:
            break
        for name in list(searches) if number % 2 else reversed(list(searches)):
            asked = perf_counter()
            searches[name](number % questions)
            taken[name].append(perf_counter() - asked)
    return {name: _latency(times[warm_up:]) for name, times in taken.items()}


def _latency(taken: Sequence[float]) -> Latency:
    return Latency(float(np.median(taken)), float(np.quantile(taken, 0.95)), len(taken))
