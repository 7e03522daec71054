"""What is worked out from an experiment by resampling: each once, however many sessions ask for it at once."""

from collections.abc import Callable, Mapping
from threading import RLock
from typing import Any, TypeVar

from workbench.evaluation.compare import (
    Paired,
    Pairwise,
    Slice,
    compare_slices,
    mean_interval,
    paired,
    pairwise,
)
from workbench.evaluation.scores import Evaluation
from workbench.evaluation.tradeoff import Crossover, Quality, crossovers, quality

HEADLINE_MEASURE = "RR@10"
Result = TypeVar("Result")
Evaluations = Mapping[str, Mapping[int, Evaluation]]


class Memo:
    """Results by key; who asks while one is being made waits for it."""

    def __init__(self) -> None:
        self._results: dict[tuple[Any, ...], Any] = {}
        self._lock = RLock()

    def once(self, key: tuple[Any, ...], make: Callable[[], Result]) -> Result:
        with self._lock:
            if key not in self._results:
                self._results[key] = make()
            result: Result = self._results[key]
            return result


class Comparisons:
    """The systems of an experiment against its baseline, and each at every dimension against its widest.

    `evaluations`: by system and dimension, the baseline first; `slices(by)`: query_id -> its slice. Experiments over the
    same queries share a `memo`.
    """

    def __init__(
        self, evaluations: Evaluations, slices: Callable[[str], Mapping[str, str]], memo: Memo
    ) -> None:
        self._evaluations = evaluations
        self._slices = slices
        self._memo = memo
        self._baseline = next(iter(evaluations), "")

    def paired(self, system: str, dim: int, measure: str = HEADLINE_MEASURE) -> Paired:
        """`system` against the baseline at one dimension."""
        baseline, values = self._values(self._baseline, dim, measure), self._values(system, dim, measure)
        key = ("paired", self._baseline, system, dim, measure)
        return self._memo.once(key, lambda: paired(baseline, values))

    def pairwise(self, dim: int, measure: str = HEADLINE_MEASURE) -> list[Pairwise]:
        """Every two systems at one dimension, with Holm's correction over all pairs."""
        values = {name: self._values(name, dim, measure) for name in self._evaluations}
        return self._memo.once(("pairwise", *values, dim, measure), lambda: pairwise(values))

    def interval(self, system: str, dim: int, measure: str = HEADLINE_MEASURE) -> tuple[float, float]:
        """95 % interval of one system's mean at one dimension."""
        values = self._values(system, dim, measure)
        return self._memo.once(("interval", system, dim, measure), lambda: mean_interval(values))

    def by_slice(self, by: str, system: str, dim: int, measure: str = HEADLINE_MEASURE) -> dict[str, Slice]:
        """`system` against the baseline in each slice of the queries, with Holm's correction; `by`: one of SLICES."""
        baseline, values = self._values(self._baseline, dim, measure), self._values(system, dim, measure)
        key = ("by slice", by, self._baseline, system, dim, measure)
        return self._memo.once(key, lambda: compare_slices(baseline, values, self._slices(by)))

    def quality(self, system: str) -> dict[int, Quality]:
        """Mean of RR@10 with its interval and its share of full quality, by dimension, widest first."""
        return self._memo.once(("quality", system), lambda: quality(self._by_dim(system)))

    def crossovers(self, system: str) -> list[Crossover]:
        """`system` at every dimension against the baseline at its widest, widest first."""
        baseline, values = self._by_dim(self._baseline), self._by_dim(system)
        key = ("crossovers", self._baseline, system)
        return self._memo.once(key, lambda: crossovers(baseline, values))

    def _values(self, system: str, dim: int, measure: str) -> Mapping[str, float]:
        return self._evaluations[system][dim].values[measure]

    def _by_dim(self, system: str) -> dict[int, Mapping[str, float]]:
        return {dim: self._values(system, dim, HEADLINE_MEASURE) for dim in self._evaluations[system]}
