"""`workbench evaluate`: every system of a pair measured on a query set."""

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.options import Open, device_option, engine_options, pair_options, queries_option, say
from workbench.core.domain import SLICES
from workbench.core.engines import RayCluster
from workbench.core.errors import QueryError

if TYPE_CHECKING:
    from workbench import Contamination, Experiment, Pair, Workbench
    from workbench.evaluation.earlier import Earlier


@click.command()
@pair_options
@queries_option
@device_option
@click.option("--dims", help="Dimensions, e.g. 768,128.  [default: all of the pair]")
@click.option("--systems", help="Systems of the pair, e.g. base,tuned.  [default: all]")
@click.option("--baseline", help="The system that the others are held against.  [default: the first]")
@click.option(
    "--by",
    multiple=True,
    type=click.Choice(SLICES),
    help="Compare within these slices too (repeatable).",
)
@click.option(
    "--costs",
    is_flag=True,
    help="Measure bytes on disk, search latency and the loss of an ANN index too (slower).",
)
@click.option(
    "--measures",
    help="Measures beside the headline ones, e.g. nDCG@20,R@50,AP.  [default: R@10,R@100,P@10,AP]",
)
@click.option(
    "--since", help="Say what changed since an earlier evaluation: its JSON, or a report of the page."
)
@click.option(
    "--json",
    "output",
    callback=lambda _, __, value: "" if value == "-" else value,
    help="Write the result to this file.  [default: -, which is stdout]",
)
@click.option(
    "--csv",
    "table",
    help="Write one row a query to this file: ranks, outcomes and kinds of error of scope of every system and dimension.",
)
@click.option(
    "--trec",
    "folder",
    help="Write TREC run files for every system and dimension, and qrels, to this folder.",
)
@click.option(
    "--depth",
    default=100,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="Hits a query in TREC run files.",
)
@engine_options(gpus=False)
def evaluate(
    open_workbench: Open,
    queries: str,
    device: str | None,
    dims: str | None,
    systems: str | None,
    baseline: str | None,
    by: tuple[str, ...],
    costs: bool,
    measures: str | None,
    since: str | None,
    output: str | None,
    table: str | None,
    folder: str | None,
    depth: int,
    engine: RayCluster | None,
) -> None:
    """Measure every model of the pair on a query set: exact ranks over the whole corpus."""
    from workbench.evaluation.earlier import summarise_changes
    from workbench.evaluation.exports import check_place, write_json
    from workbench.evaluation.measures import parse_measures

    for file in filter(None, (output, table)):
        check_place(Path(file))
    if folder:
        check_place(Path(folder), folder=True)
    further = parse_measures(measures) if measures else ()
    earlier = _earlier(since) if since else None
    workbench = open_workbench(systems=systems, dims=dims, baseline=baseline, device=device)
    began = perf_counter()
    query_set = workbench.resolve(queries)
    opening = perf_counter() - began
    for citation in query_set.unresolved:
        say(f"{citation.query_id}: {citation.citation}: {citation.reason}")
    experiment = workbench.evaluate(
        query_set, depth=depth if folder else 1, measures=further or None, engine=engine
    )
    contamination = workbench.contamination(query_set)
    summary = workbench.summary(experiment, by=by, contamination=contamination, costs=costs)
    summary["seconds"]["opening"] = opening
    if earlier:
        summary["since"] = summarise_changes(earlier, experiment)
    _write_files(workbench, experiment, table, folder, depth, further)
    text = write_json(summary, Path(output) if output else None)
    if not output:
        click.echo(text, nl=False)
    for note in workbench.notes:
        say(note)
    _say_means(workbench.pair, summary, further)
    _say_partly(summary)
    _say_scope_errors(workbench.pair, summary)
    _say_pairwise(workbench.pair, summary)
    _say_superseded(workbench.pair, summary)
    _say_contamination(experiment, contamination)
    _say_reported(workbench.pair, summary)
    _say_since(workbench.pair, summary)


def _earlier(since: str) -> "Earlier":
    """The earlier evaluation, read before anything takes long."""
    from workbench.evaluation.earlier import read_earlier

    path = Path(since)
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise QueryError(
            since, f"cannot be read ({fault.strerror})", remedy="correct the path after --since"
        ) from fault
    return read_earlier(content, path.name)


def _write_files(
    workbench: "Workbench",
    experiment: "Experiment",
    table: str | None,
    folder: str | None,
    depth: int,
    measures: tuple[str, ...],
) -> None:
    """The CSV table and the TREC files that were asked for."""
    from workbench.evaluation.exports import write_text
    from workbench.evaluation.tables import all_ranks, csv_text

    if table:
        write_text(csv_text(all_ranks(experiment, measures)), Path(table))
    if folder:
        for name, text in workbench.trec_files(experiment, depth).items():
            write_text(text, Path(folder) / name)


def _say_means(pair: "Pair", summary: dict[str, Any], measures: tuple[str, ...]) -> None:
    from workbench.evaluation.measures import measure_label

    shown = {"RR@10": "MRR@10", "Success@10": "Hit rate@10", "Success@1": "Top-1"}
    labels = shown | {name: measure_label(name) for name in measures if name not in shown}
    for name, by_dim in summary["systems"].items():
        for dim, row in by_dim.items():
            means = "  ".join(f"{label} {row[measure]:.3f}" for measure, label in labels.items())
            say(f"{pair.systems[name].label:<20} {dim:>4}  {means}")


def _say_partly(summary: dict[str, Any]) -> None:
    """One line where queries have relevant articles that this corpus lacks."""
    queries = summary["queries"]
    if partly := queries["partly resolved"]:
        measures = ", ".join(queries["measures of known articles only"])
        several = "queries cite" if partly > 1 else "query cites"
        say(
            f"{partly:,} {several} articles that do not resolve beside some that do: {measures} count those that do"
        )


def _say_pairwise(pair: "Pair", summary: dict[str, Any]) -> None:
    """One line every two systems at the widest dimension, where there are more than two."""
    if len(pair.systems) < 3:
        return
    for row in summary["pairwise"]:
        low, high = row["interval"]
        names = " → ".join(pair.systems[row[key]].label for key in ("baseline", "system"))
        told = (
            f"MRR@10 {row['delta']:+.3f} ({low:+.3f} to {high:+.3f}), p after Holm {row['p after Holm']:.4f}"
        )
        say(f"{names}: {told}")


def _say_scope_errors(pair: "Pair", summary: dict[str, Any]) -> None:
    """One line a system, at the widest dimension."""
    for name, by_dim in summary["systems"].items():
        widest, row = next(iter(by_dim.items()))
        kinds = row["scope errors"]
        told = ", ".join(f"{kind} {queries}" for kind, queries in kinds.items())
        say(f"{pair.systems[name].label:<20} {widest:>4}  Errors of scope {sum(kinds.values())}: {told}")


def _say_superseded(pair: "Pair", summary: dict[str, Any]) -> None:
    """One line a system, at the widest dimension, where any of them has an older version on top."""
    widest = {name: next(iter(by_dim.items())) for name, by_dim in summary["systems"].items()}
    superseded = {name: row["outcomes"]["superseded"] for name, (_, row) in widest.items()}
    if any(superseded.values()):
        for name, queries in superseded.items():
            label, dim = pair.systems[name].label, widest[name][0]
            say(f"{label:<20} {dim:>4}  Superseded {queries}: an older version of a relevant article on top")


def _say_since(pair: "Pair", summary: dict[str, Any]) -> None:
    """What can be compared with the earlier evaluation, and one line a system at its widest dimension."""
    if not (since := summary.get("since")):
        return
    others = {name: len(ids) for name, ids in since["queries"].items() if isinstance(ids, list) and ids}
    told = "".join(f", {count} {name}" for name, count in others.items())
    say(
        f"Since {since['file']} ({since['articles']:,} articles): {since['queries']['compared']} queries compared{told}"
    )
    for name, by_dim in since["systems"].items():
        dim, change = next(iter(by_dim.items()))
        low, high = change["interval"]
        means = f"MRR@10 {change['then']:.3f} → {change['now']:.3f}"
        told = f"{change['delta']:+.3f} ({low:+.3f} to {high:+.3f}), p {change['p']:.4f}"
        counted = f"{change['wins']} improved, {change['losses']} regressed"
        say(f"{pair.systems[name].label:<20} {dim:>4}  {means}, {told}; {counted}")


def _say_contamination(experiment: "Experiment", contamination: "Contamination | None") -> None:
    if contamination is not None:
        asked = len(contamination.near_duplicates)
        judged = len(experiment.query_set.judged)
        seen = len(contamination.contaminated)
        say(
            f"Contamination: {asked} of {judged} queries are asked in training, {seen} asked or answered there"
        )


def _say_reported(pair: "Pair", summary: dict[str, Any]) -> None:
    for name, row in summary["reported"].items():
        say(f"{pair.systems[name].label}, as reported: {row['check']}")
