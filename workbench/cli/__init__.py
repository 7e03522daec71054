"""The `workbench` command: JSON to stdout or a file, everything for people to stderr; exit status 0, 1 or 2."""

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from workbench import __version__
from workbench.core.errors import WorkbenchError
from workbench.core.settings import Pair, home_folder, packaged_pairs, read_pair, select


def _say(text: str) -> None:
    click.echo(text, err=True)


class _Group(click.Group):
    """A WorkbenchError ends a command with its message and exit status 1."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except WorkbenchError as fault:
            _say(f"error: {fault}")
            context.exit(1)


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """--pair, --variant and --home, handed on as `pair` (read) and `home` (a Path)."""

    @click.option(
        "--pair",
        "pair_name",
        default="demo",
        show_default=True,
        help=f"A packaged pair ({', '.join(packaged_pairs())}) or a TOML file.",
    )
    @click.option(
        "--variant",
        default="",
        help="Other prompts that the pair names, or `all` for every one as a further system.  [default: as configured]",
    )
    @click.option("--home", help="Where models and index live.  [default: $WORKBENCH_HOME or ./.workbench]")
    @wraps(command)
    def wrapped(pair_name: str, variant: str, home: str | None, **more: Any) -> None:
        command(pair=read_pair(pair_name, variant), home=home_folder(home), **more)

    return wrapped


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Compare embedding models on Chinese statutes, side by side, on one LanceDB index.

    \b
    Start here:
      workbench demo                      build the demo (about two minutes), then open the page
      workbench search "试用期最长多久？"    one question, both models, in the terminal
      workbench evaluate --queries F      MRR, hit rate and outcomes on a query set, as JSON
    """


@main.command()
@click.option("--build-only", is_flag=True, help="Build what is missing, but do not open the page.")
@click.option(
    "--port",
    default=lambda: int(os.environ.get("PORT", "8501")),
    show_default="$PORT or 8501",
    help="Where the page answers.",
)
@click.option("--home", help="Where models and index live.  [default: $WORKBENCH_HOME or ./.workbench]")
def demo(build_only: bool, port: int, home: str | None) -> None:
    """Build the demo corpus, models and index where they are missing, and open the page."""
    from workbench._workbench import build_demo

    pair, folder = read_pair("demo"), home_folder(home)
    build_demo(pair, folder, _say)
    if not build_only:
        _serve(pair, folder, port)


@main.command()
@_options
@click.option(
    "--port",
    default=lambda: int(os.environ.get("PORT", "8501")),
    show_default="$PORT or 8501",
    help="Where the page answers.",
)
def serve(pair: Pair, home: Path, port: int) -> None:
    """Open the page on a pair whose index is built."""
    _serve(pair, home, port)


@main.group()
def index() -> None:
    """Build, describe or check the LanceDB index of a pair."""


@index.command("build")
@_options
@click.option(
    "--ann",
    type=click.Choice(["ivf_rq", "ivf_hnsw_sq", "ivf_pq", "none"]),
    help="An approximate index on every vector column.  [default: as it was, at first none]",
)
@click.option("--systems", help="Build these only, e.g. base; columns of the others stay.  [default: all]")
@click.option(
    "--dims", help="Build these only, e.g. 768,128; other columns stay.  [default: all of the pair]"
)
@click.option(
    "--device", help="cuda, cuda:1, mps or cpu.  [default: as the pair says, else the best there is]"
)
@click.option("--limit", type=click.IntRange(1), help="So many articles only, from everywhere in the corpus.")
@click.option(
    "--where",
    default="",
    help="Articles that this SQL condition lets through only, e.g. \"scope = 'national'\".",
)
def index_build(
    pair: Pair,
    home: Path,
    ann: str | None,
    systems: str | None,
    dims: str | None,
    device: str | None,
    limit: int | None,
    where: str,
) -> None:
    """Encode what is new or changed, and replace the index in one step; safe to stop and run again."""
    from workbench._workbench import build_index
    from workbench.corpora.subset import Subset

    pair = select(pair, device=device)  # all of it: systems that share columns share the encoder of the first
    build_index(
        pair, home, _say, ann, only=select(pair, systems=systems, dims=dims), choice=Subset(where, limit)
    )


@index.command("info")
@_options
@click.option("--json", "as_json", is_flag=True, help="The same as JSON on stdout.")
def index_info(pair: Pair, home: Path, as_json: bool) -> None:
    """What the index holds, what made it, and whether it fits the pair."""
    from workbench.encoders import encoders_for
    from workbench.evaluation.exports import write_json
    from workbench.index import Index

    opened = Index(pair.index_uri(home))
    differences = opened.differences(pair, encoders_for(pair, home))
    if as_json:
        click.echo(
            write_json(
                {
                    "uri": opened.uri,
                    "corpus": opened.counts,
                    "builds": opened.builds,
                    "differences": differences,
                },
                None,
            ),
            nl=False,
        )
        return
    click.echo(
        f"{opened.uri}\n{opened.counts['articles']:,} articles: {opened.counts['national']:,} national, {opened.counts['local']:,} local"
    )
    for column, build in opened.builds.items():
        click.echo(
            f"{column:>12}  {build['label']}  {build['model']} ({build['weights']})  {build['dtype']}  built {build['built']}{_ann(opened.ann(column))}"
        )
    click.echo(
        "fits the pair" if not differences else "does not fit the pair:\n  " + "\n  ".join(differences)
    )


def _ann(found: dict[str, Any]) -> str:
    return f"  {found['kind']} {found['bytes'] / 1e6:.1f} MB in {found['seconds']:.0f} s" if found else ""


@index.command("verify")
@_options
def index_verify(pair: Pair, home: Path) -> None:
    """Read every vector and compare every article with the corpus; exit status 1 where something is wrong."""
    from workbench.core.errors import IndexFault
    from workbench.corpora import read_corpus
    from workbench.corpora.subset import Subset
    from workbench.encoders import encoders_for
    from workbench.index import Index

    opened = Index(pair.index_uri(home)).check_fits(pair, encoders_for(pair, home))
    faults = opened.verify(
        Subset.recorded(opened.chosen).select(read_corpus(pair.corpus.sources, home).articles)
    )
    if faults:
        raise IndexFault(
            opened.uri, "; ".join(faults), remedy=f"run `workbench index build --pair {pair.slug}`"
        )
    click.echo(
        f"{opened.uri}: {opened.counts['articles']:,} articles and {len(opened.builds)} vector columns are as they should be"
    )


@main.command()
@click.argument("question")
@_options
@click.option("--dim", type=int, help="Vector length.  [default: the pair's widest]")
@click.option("--depth", default=10, show_default=True, type=click.IntRange(1, 1000), help="Hits per model.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def search(question: str, pair: Pair, home: Path, dim: int | None, depth: int, as_json: bool) -> None:
    """Ask one QUESTION of every model of the pair."""
    from workbench._workbench import open_index, query_vectors
    from workbench.encoders import encoders_for
    from workbench.evaluation.asking import ask
    from workbench.evaluation.exports import write_json
    from workbench.query_sets.query_set import query_text

    pair, text = select(pair, dims=str(dim) if dim else None), query_text(question)
    chosen, encoders = max(pair.dims), encoders_for(pair, home)
    opened = open_index(pair, home, encoders)
    answer = ask(text, index=opened, encoders=encoders, vectors=query_vectors(home), dim=chosen, depth=depth)
    rows: dict[str, list[dict[str, Any]]] = {
        name: [
            {
                "rank": place,
                "doc_id": hit.doc_id,
                "score": hit.score,
                "scope": answer.articles[hit.doc_id].scope.value,
                "ranks": _ranks(answer, hit.doc_id),
            }
            for place, hit in enumerate(listing.hits, 1)
        ]
        for name, listing in answer.listings.items()
    }
    if as_json:
        click.echo(write_json({"query": answer.text, "dim": chosen, "hits": rows}, None), nl=False)
        return
    for name, hits in rows.items():
        click.echo(pair.systems[name].label)
        for row in hits:
            article = answer.articles[row["doc_id"]]
            others = ", ".join(f"{other} {place:,}" for other, place in row["ranks"].items() if other != name)
            click.echo(
                f"{row['rank']:>4}  {row['score']:.3f}  {row['scope']:<8}  {article.law} {article.article}  (in {others})"
            )


def _ranks(answer: Any, doc_id: str) -> dict[str, int]:
    return {name: listing.ranks[doc_id] for name, listing in answer.listings.items()}


@main.command()
@_options
@click.option(
    "--queries",
    "file",
    required=True,
    help="A query set: JSON lines, CSV, BEIR, TREC, STARD or triplets (sample_queries/README.md).",
)
@click.option("--dims", help="Vector lengths, e.g. 768,128.  [default: all of the pair]")
@click.option("--systems", help="Systems of the pair, e.g. base,tuned.  [default: all]")
@click.option("--baseline", help="The system that the others are held against.  [default: the first]")
@click.option(
    "--by",
    multiple=True,
    type=click.Choice(["level", "region", "law", "topic", "style"]),
    help="Compare within these slices too (repeatable).",
)
@click.option(
    "--costs",
    is_flag=True,
    help="Measure bytes on disk, search latency and the loss of an ANN index too (slower).",
)
@click.option("--json", "output", help="Write the result to this file.  [default: stdout]")
@click.option(
    "--csv",
    "table",
    help="Write one row a query to this file: ranks and outcomes of every system and dimension.",
)
@click.option(
    "--trec", "folder", help="Write TREC run files for every system and dimension, and qrels, to this folder."
)
@click.option(
    "--depth",
    default=100,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="Hits a query in TREC run files.",
)
def evaluate(
    pair: Pair,
    home: Path,
    file: str,
    dims: str | None,
    systems: str | None,
    baseline: str | None,
    by: tuple[str, ...],
    costs: bool,
    output: str | None,
    table: str | None,
    folder: str | None,
    depth: int,
) -> None:
    """Measure every model of the pair on a query set: exact ranks over the whole corpus."""
    from workbench._workbench import open_index, query_vectors
    from workbench.cli.progress import Bars
    from workbench.corpora.citations import Resolver
    from workbench.encoders import encoders_for
    from workbench.evaluation.experiment import contamination_summary, run_experiment
    from workbench.evaluation.exports import write_json
    from workbench.index import read_training
    from workbench.query_sets.contamination import contamination
    from workbench.query_sets.formats import read_queries, set_of
    from workbench.query_sets.query_set import resolve_qrels

    pair = with_baseline(select(pair, systems=systems, dims=dims), baseline)
    queries, encoders, vectors = read_queries(file), encoders_for(pair, home), query_vectors(home)
    began = perf_counter()
    opened = open_index(pair, home, encoders)
    query_set = resolve_qrels(set_of(file), queries, Resolver(opened.citable()))
    opening = perf_counter() - began
    for item in query_set.unresolved:
        _say(f"{item.query_id}: {item.citation}: {item.reason}")
    with Bars(
        {name: f"Ranking, {system.label}" for name, system in pair.systems.items()}, "articles"
    ) as bars:
        measured = run_experiment(
            query_set,
            index=opened,
            encoders=encoders,
            vectors=vectors,
            dims=pair.dims,
            width=max(pair.dims),
            depth=depth if folder else 1,
            progress=bars.show,
        )
    summary = {"pair": pair.name, "corpus": opened.counts} | measured.summary(by)
    summary["reported"] = _reported(pair)
    training = read_training(opened.uri)
    summary["leakage"] = (
        contamination_summary(measured, found := contamination(query_set, training))
        if training is not None
        else None
    )
    if costs:
        from workbench.evaluation.costs import measure_costs, plain_costs

        summary["costs"] = plain_costs(
            measure_costs(measured, index=opened, encoders=encoders, vectors=vectors)
        )
    summary["seconds"] = {"opening": opening} | dict(measured.seconds)
    _write_files(measured, table, folder, depth)
    text = write_json(summary, Path(output) if output else None)
    if not output:
        click.echo(text, nl=False)
    for name, by_dim in summary["systems"].items():
        for dim, row in by_dim.items():
            _say(
                f"{pair.systems[name].label:<20} {dim:>4}  MRR@10 {row['RR@10']:.3f}  Hit rate@10 {row['Success@10']:.3f}  Top-1 {row['Success@1']:.3f}"
            )
    if training is not None:
        _say(
            f"Contamination: {len(found.near_duplicates)} of {len(query_set.judged)} queries are asked in training, {len(found.contaminated)} asked or answered there"
        )
    for name, row in summary["reported"].items():
        _say(f"{pair.systems[name].label}, as reported: {row['check']}")


@main.command()
@_options
@click.option(
    "--device", help="cuda, cuda:1, mps or cpu.  [default: as the pair says, else the best there is]"
)
@click.option("--quick", is_flag=True, help="Load no model, fetch nothing and measure nothing.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON on stdout.")
def doctor(pair: Pair, home: Path, device: str | None, quick: bool, as_json: bool) -> None:
    """Check whatever a pair needs, and say what its build will take; exit status 1 where something stands in the way.

    Models are loaded for real: what a hub gives and this machine lacks is downloaded.
    """
    from workbench.cli.doctor import State, examine, subject_room
    from workbench.evaluation.exports import write_json

    pair, findings = select(pair, device=device), []
    room, width = subject_room(pair), shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    for finding in examine(pair, home, quick=quick):
        findings.append(finding)
        if not as_json:
            click.echo(finding.line(room, width))
    faults = sum(finding.state is State.FAIL for finding in findings)
    if as_json:
        click.echo(
            write_json({"pair": pair.name, "faults": faults, "findings": list(map(asdict, findings))}, None),
            nl=False,
        )
    if faults:
        click.get_current_context().exit(1)


def _reported(pair: Pair) -> dict[str, dict[str, Any]]:
    """What the systems' makers reported, and whether it can be."""
    from workbench.evaluation.scores import check_report

    checks = {name: check_report(system.reported) for name, system in pair.systems.items() if system.reported}
    incomplete = "cannot be checked without Success@1, Success@10 and RR@10"
    return {
        name: {"figures": pair.systems[name].reported, "check": str(check or incomplete)}
        for name, check in checks.items()
    }


def _write_files(measured: Any, table: str | None, folder: str | None, depth: int) -> None:
    """The CSV table and the TREC files that were asked for."""
    from workbench.evaluation.exports import trec_files, write_text
    from workbench.evaluation.tables import all_ranks, csv_text

    if table:
        write_text(csv_text(all_ranks(measured)), Path(table))
    if folder:
        for name, text in trec_files(measured.query_set, measured.runs(depth)).items():
            write_text(text, Path(folder) / name)


def with_baseline(pair: Pair, baseline: str | None) -> Pair:
    """`pair` with the baseline first."""
    return select(pair, systems=",".join([baseline, *pair.systems])) if baseline else pair


def _serve(pair: Pair, home: Path, port: int) -> None:
    """Becomes the page's server."""
    from workbench.encoders import encoders_for
    from workbench.index import Index
    from workbench.page.server import serve

    Index(pair.index_uri(home)).check_fits(pair, encoders_for(pair, home))
    _say(f"The page: http://localhost:{port} (Ctrl+C stops it)")
    serve(pair, home, port)
