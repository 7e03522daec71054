"""Which judged queries show best what one system gained on another: worked examples, chosen by rule."""

from workbench.evaluation.experiment import Experiment
from workbench.evaluation.outcomes import Outcome, ScopeError


def worked_examples(experiment: Experiment, baseline: str, system: str, dim: int) -> list[str]:
    """The query_ids in whose reciprocal rank `system` gains, the most telling first; never empty.

    First those where the baseline puts a local copy of the relevant national article on top, then the others; within each
    the largest gain first, and of equal ones that whose relevant article stood furthest down. Where nothing gains, the
    query with the least loss alone.
    """
    before, after = (experiment.evaluations[name][dim].values["RR@10"] for name in (baseline, system))
    outcomes, kinds = experiment.outcomes[baseline][dim], experiment.scope_errors[baseline][dim]

    def order(query_id: str) -> tuple[bool, float, int, str]:
        copied = kinds.get(query_id) is ScopeError.COPY and outcomes[query_id] is Outcome.NATIONAL_TO_LOCAL
        gain = after[query_id] - before[query_id]
        depth = experiment.best_rank(baseline, dim, query_id) or 0
        return not (copied and gain > 0), -gain, -depth, query_id

    ordered = sorted(before, key=order)
    return [query_id for query_id in ordered if after[query_id] > before[query_id]] or ordered[:1]
