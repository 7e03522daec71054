"""The demo models on real national and local law: `python -m tests.benchmarks.real_law TREE QUESTIONS… [--home H] [--dims …] [--ann KIND …]`.

TREE is a folder or archive of LawRefBook/Laws; QUESTIONS are query sets in any format (STARD's questions, say). Neither is
part of this project. The demo's models have to be in the home folder; an index of its own is built there. Prints what
reading, building and judging take, per model and dimension MRR@10, hit rate, Top-1 and national→local errors, the paired
comparison, how many national→local errors were mended and made, and how many questions the demo's training gives away; with --ann, what each kind of ANN index costs and loses.
"""

import argparse
import json
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean
from time import perf_counter

from scipy.stats import binomtest

from tests.conftest import ROOT
from workbench import Workbench
from workbench._pairs import parse_pair
from workbench.core.domain import Scope
from workbench.core.settings import Pair, home_folder
from workbench.corpora import read_corpus
from workbench.corpora.citations import Resolver
from workbench.encoders import encoders_for
from workbench.evaluation.costs import measure_costs
from workbench.evaluation.experiment import Experiment
from workbench.evaluation.outcomes import Outcome
from workbench.evaluation.summary import summarise, summarise_contamination
from workbench.index import ANN_KINDS, build, build_ann, column_name
from workbench.query_sets.contamination import TrainingQuery, contamination, training_queries
from workbench.query_sets.formats import read_queries, set_of, training_set
from workbench.query_sets.query_set import resolve_qrels

PAIR = """
name = "Demo models on real law"
dims = {dims}
training = [{{ kind = "queries", path = {training} }}]
[corpus]
sources = [{{ kind = "lawrefbook", path = {tree} }}]
[systems.base]
label = "Base (demo)"
model = "demo:base"
[systems.tuned]
label = "Tuned (demo)"
model = "demo:tuned"
"""
DIMS = [768, 512, 256, 128]
FIGURES = {"MRR@10": "RR@10", "Hit rate@10": "Success@10", "Top-1": "Success@1"}
RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes in which the system counts


def pair_of(tree: Path, dims: list[int], home: Path) -> Pair:
    """The demo's models on the law in `tree`, as a pair of its own."""
    paths = {"tree": tree, "training": ROOT / "sample_queries" / "train.jsonl"}
    text = PAIR.format(
        dims=sorted(dims, reverse=True),
        **{key: json.dumps(str(path.resolve())) for key, path in paths.items()},
    )
    return parse_pair(text, home / "real-law.toml")


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Prints the seconds that `what` takes, and the most memory that the process has held so far."""
    began = perf_counter()
    yield
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT
    print(f"{what}: {perf_counter() - began:.1f} s, peak memory so far {peak / 1e9:.2f} GB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("questions", nargs="+")
    parser.add_argument("--home")
    parser.add_argument("--dims", type=int, nargs="+", default=DIMS)
    parser.add_argument("--ann", nargs="*", default=[], choices=sorted(ANN_KINDS))
    given = parser.parse_args()
    home = home_folder(given.home)
    pair = pair_of(given.tree, given.dims, home)
    encoders, uri = encoders_for(pair, home), pair.index_uri(home)
    with timed("read"):
        corpus = read_corpus(pair.corpus.sources, home)
    print("\n".join(corpus.lines()))
    local = sum(article.scope is Scope.LOCAL for article in corpus.articles)
    print(f"{len(corpus.articles):,} articles, {len(corpus.articles) - local:,} national, {local:,} local")
    resolver = Resolver(corpus.articles)
    training = training_queries(
        (query for source in pair.training for query in training_set(source)), resolver
    )
    with timed("built"):
        report = build(uri, list(corpus.articles), pair, encoders)
    print(f"encoded now: {dict(report.encoded)}")
    for questions in given.questions:
        query_set = resolve_qrels(set_of(questions), read_queries(questions), resolver)
        print(
            f"{query_set.name}: {len(query_set.judged):,} judged, {query_set.unresolved_queries:,} unresolved"
        )
        with timed("judged, questions encoded"):
            measured = Workbench(pair, home).evaluate(query_set)
        show(measured)
        show_contamination(measured, training, max(pair.dims))
    for kind in given.ann:
        show_ann(kind, measured, pair, home)
    build_ann(uri, "none")


def show_contamination(measured: Experiment, training: list[TrainingQuery], width: int) -> None:
    """What the demo's training gives away of a query set, and MRR@10 without that."""
    known = contamination(measured.query_set, training)
    seen = f"{len(known.all_positives):,} with all and {len(known.some_positives):,} with some relevant articles seen"
    asked = f"{len(known.near_duplicates):,} asked there"
    print(f"{len(known.contaminated):,} given away by {len(training):,} training queries: {asked}, {seen}")
    rest = summarise_contamination(measured, known)["without queries given away"]
    means = {name: round(by_dim[str(width)]["RR@10"], 3) for name, by_dim in rest.get("systems", {}).items()}
    print(f"MRR@10 over the {rest['judged']:,} questions that are not given away: {means}")


def mended(measured: Experiment, dim: int) -> str:
    """How many national→local errors the tuned model mends and makes, with McNemar's exact test (McNemar 1947)."""
    base, tuned = (
        {
            query_id
            for query_id, outcome in measured.outcomes[name][dim].items()
            if outcome is Outcome.NATIONAL_TO_LOCAL
        }
        for name in ("base", "tuned")
    )
    gone, new = len(base - tuned), len(tuned - base)
    p = binomtest(gone, gone + new).pvalue if gone + new else 1.0
    return f"national→local {len(base)} → {len(tuned)}: {gone} mended, {new} made, p {p:.2g}"


def show(measured: Experiment) -> None:
    summary = summarise(measured)
    for name, by_dim in summary["systems"].items():
        for dim, row in by_dim.items():
            figures = "  ".join(f"{label} {row[key]:.3f}" for label, key in FIGURES.items())
            displaced = f"displacing articles {row['displacement']['articles']:,}"
            print(
                f"{name:>6} {dim:>4}  {figures}  national→local {row['outcomes']['national→local']}  {displaced}"
            )
    for dim, row in summary["comparison"]["tuned"].items():
        low, high = row["interval"]
        print(
            f"{dim:>11}  {row['delta']:+.3f} ({low:+.3f} to {high:+.3f}), p {row['p']:.4f}; {row['wins']} won, {row['ties']} tied, {row['losses']} lost; {mended(measured, int(dim))}"
        )


def show_ann(kind: str, measured: Experiment, pair: Pair, home: Path) -> None:
    """What one kind of ANN index costs and loses, by model and dimension."""
    build_ann(pair.index_uri(home), kind)
    workbench = Workbench(pair, home)
    costs = measure_costs(measured, index=workbench.index, rankers=workbench.rankers)
    for name, by_dim in costs.items():
        for dim, cost in by_dim.items():
            if found := cost.approximate:
                took = workbench.index.ann(column_name(name, dim))["seconds"]
                print(
                    f"{kind:>12} {name:>6} {dim:>4}  built in {took:.0f} s, {found.bytes / 1e6:.0f} MB beside {cost.column_bytes / 1e6:.0f} MB;"
                    f" {found.latency.median * 1e3:.1f} ms (p95 {found.latency.p95 * 1e3:.1f}), exact {cost.exact.median * 1e3:.0f} ms;"
                    f" recall@10 {fmean(found.recall.values()):.3f}, MRR@10 {fmean(found.rr_change.values()):+.4f}"
                )


if __name__ == "__main__":
    main()
