"""All systems of a pair side by side: their measures, errors and costs, and every two of them compared."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from workbench.core.dimensions import dim_name
from workbench.evaluation.compare import holm
from workbench.evaluation.experiment import Experiment
from workbench.evaluation.outcomes import DISPLACING
from workbench.evaluation.tables import difference, measured_costs

MEASURES = ("RR@10", "Success@10", "Success@1", "nDCG@10", "R@100")
BEST, TIED = "best", "tied"
SURE = 0.05  # p after Holm from which on a difference may be chance


def overview(experiment: Experiment, dim: int, costs: Mapping[str, Any], articles: int) -> pd.DataFrame:
    """One row a system, in the pair's order, at `dim` or what stands for it.

    `at`: the system's own dimension, 0 where it has no vectors; by measure its mean, `NAME low` and `NAME high`, and `NAME best`:
    BEST, TIED (p after Holm of at least SURE against the best) or empty; `errors`: of scope; `bytes` an article and `ms` a
    question where `costs` (as `summarise_costs` gives them) has them, else NaN; `articles`: how many the index holds.
    """
    rows = []
    marks = {measure: _best(experiment, dim, measure) for measure in _measured(experiment)}
    for name in experiment.evaluations:
        row: dict[str, Any] = {"system": name, "at": experiment.measured_at(name, dim)}
        for measure, best in marks.items():
            low, high = experiment.comparisons.interval(name, dim, measure)
            mean = experiment.evaluations[name][dim].means[measure]
            row |= {measure: mean, f"{measure} low": low, f"{measure} high": high}
            row[f"{measure} best"] = best[name]
        outcomes = list(experiment.outcomes[name][dim].values())
        row["errors"] = sum(outcome in DISPLACING for outcome in outcomes)
        cost = measured_costs(costs.get(name, {}).get(dim_name(row["at"]), {}))
        rows.append(row | {"bytes": cost["column bytes"] / articles, "ms": cost["exact ms"]})
    return pd.DataFrame(rows)


def _measured(experiment: Experiment) -> list[str]:
    """Those of MEASURES that were measured."""
    known = experiment.evaluations[experiment.baseline][experiment.dims[0]].values
    return [measure for measure in MEASURES if measure in known]


def _best(experiment: Experiment, dim: int, measure: str) -> dict[str, str]:
    """Which system is best by one measure, and which could be as far as the test tells."""
    means = {name: by_dim[dim].means[measure] for name, by_dim in experiment.evaluations.items()}
    best = max(means, key=lambda name: means[name])
    p_values = {
        name: experiment.only(best, name).comparisons.paired(name, dim, measure).p
        for name in means
        if name != best
    }
    sure = holm(p_values)
    return {best: BEST} | {name: TIED if sure[name] >= SURE else "" for name in p_values}


def matrix(experiment: Experiment, dim: int) -> pd.DataFrame:
    """One row two systems, each way: difference in RR@10 of `system` against `baseline`, interval, p and p after Holm."""
    rows = list[dict[str, Any]]()
    for each in experiment.comparisons.pairwise(dim):
        there = difference(each.paired) | {"p_holm": each.p_holm}
        back = {"delta": 0.0 - there["delta"], "low": 0.0 - there["high"], "high": 0.0 - there["low"]}
        rows += [
            {"baseline": each.baseline, "system": each.system} | there,
            {"baseline": each.system, "system": each.baseline} | there | back,
        ]
    return pd.DataFrame(rows)
