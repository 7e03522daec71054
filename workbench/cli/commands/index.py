"""`workbench index`: build, describe or check the LanceDB index of a pair."""

from typing import Any

import click

from workbench.cli.options import (
    Open,
    device_option,
    engine_options,
    json_option,
    pair_options,
    print_json,
)
from workbench.core.ann import AnnKind
from workbench.core.engines import RayCluster


@click.group()
def index() -> None:
    """Build, describe or check the LanceDB index of a pair."""


@index.command()
@pair_options
@click.option(
    "--ann",
    type=click.Choice([kind.value for kind in AnnKind]),
    help="An approximate index on every vector column.  [default: as it was; at first none, of a large index ivf_rq]",
)
@click.option("--systems", help="Build these only, e.g. base; columns of the others stay.  [default: all]")
@click.option(
    "--dims", help="Build these only, e.g. 768,128; other columns stay.  [default: all of the pair]"
)
@device_option
@engine_options(gpus=True)
@click.option("--limit", type=click.IntRange(1), help="So many articles only, from everywhere in the corpus.")
@click.option(
    "--where",
    default="",
    help="Articles that this SQL condition lets through only, e.g. \"scope = 'national'\".",
)
@click.option(
    "--skip-failed",
    is_flag=True,
    help="Leave out, for all systems, articles that a model gives no vector for.",
)
def build(
    open_workbench: Open,
    ann: str | None,
    systems: str | None,
    dims: str | None,
    device: str | None,
    engine: RayCluster | None,
    limit: int | None,
    where: str,
    skip_failed: bool,
) -> None:
    """Encode what is new or changed, and replace the index in one step; safe to stop and run again."""
    from workbench.corpora.subset import Subset

    # all of the pair is opened: systems that share columns share the encoder of the first
    subset = Subset(where, limit)
    open_workbench(device=device).build(
        systems=systems, dims=dims, subset=subset, ann=ann, skip_failed=skip_failed, engine=engine
    )


@index.command()
@pair_options
@json_option
def info(open_workbench: Open, as_json: bool) -> None:
    """What the index holds, what made it, and whether it fits the pair."""
    workbench = open_workbench()
    opened = workbench.unchecked_index()
    differences = opened.differences(workbench.pair, workbench.encoders)
    if as_json:
        skipped = {doc_id: f"{each.label}: {each.why}" for doc_id, each in opened.skipped.items()}
        described = {"uri": opened.uri, "corpus": opened.counts, "builds": opened.builds, "skipped": skipped}
        print_json(described | {"differences": differences})
        return
    counts = opened.counts
    click.echo(opened.uri)
    click.echo(f"{counts['articles']:,} articles: {counts['national']:,} national, {counts['local']:,} local")
    for column, build in opened.builds.items():
        how = build["dtype"] or build["tokenizer"]
        where = f" at {build['address']}" if build.get("address") else ""
        made_by = f"{build['label']}  {build['model']} ({build['weights']}){where}  {how}"
        click.echo(f"{column:>12}  {made_by}  built {build['built']}{_ann(opened.ann(column))}")
    for line in [*opened.left_out, *opened.without_address(workbench.pair, workbench.encoders)]:
        click.echo(line)
    fits = "fits the pair" if not differences else "does not fit the pair:\n  " + "\n  ".join(differences)
    click.echo(fits)


def _ann(recorded: dict[str, Any]) -> str:
    if not recorded:
        return ""
    return f"  {recorded['kind']} {recorded['bytes'] / 1e6:.1f} MB in {recorded['seconds']:.0f} s"


@index.command()
@pair_options
def verify(open_workbench: Open) -> None:
    """Read all of the index, hold it against its checksums and the articles against the corpus; exit status 1 where something is wrong."""
    workbench = open_workbench()
    workbench.verify()
    opened = workbench.index
    articles, columns = opened.counts["articles"], opened.columns_in_words
    click.echo(f"{opened.uri}: {articles:,} articles and {columns} are as they should be")
    if not opened.has_checksums:
        build = f"workbench index build --pair {workbench.pair.typed}"
        click.echo(
            f"It has no checksums, so that a flipped bit may go unseen: {build} adds them, and encodes nothing anew"
        )
    for line in opened.left_out:
        click.echo(line)
