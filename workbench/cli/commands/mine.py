"""`workbench mine`: a system's wrong top results as triplets to train on."""

from pathlib import Path
from typing import Any

import click

from workbench.cli.options import Open, new_file, pair_options, queries_option, say, settings_options
from workbench.core.settings import UnfitSettings, settings_of
from workbench.training.mining_rules import HELP, MiningRules


@click.command()
@pair_options
@queries_option
@click.option("--system", help="The system whose wrong results are wanted.  [default: the first]")
@click.option(
    "--only",
    type=click.Choice(["regressed", "displaced", "missed"]),
    help="Only queries that do worse than in the first system, that put another scope or place on top, or that"
    " have no relevant article among the first ten.",
)
@click.option(
    "--reviews",
    is_flag=True,
    help="Add what people said on the page: relevant articles as positives, wrong ones as negatives.",
)
@click.option("--out", required=True, help="The file to write, e.g. triplets.jsonl.")
@settings_options(MiningRules, HELP)
def mine(
    open_workbench: Open,
    queries: str,
    system: str | None,
    only: str | None,
    reviews: bool,
    out: str,
    **rules: Any,
) -> None:
    """Write the wrong top results of one model as hard negatives, for `workbench train` and other trainers."""
    try:
        chosen = settings_of(MiningRules, rules)
    except UnfitSettings as fault:
        option = f"--{fault.key.replace('_', '-')}"
        raise click.BadParameter(f"{fault.value} ({fault.wanted})", param_hint=option) from fault
    workbench = open_workbench()
    with new_file(Path(out)) as file:
        query_set = workbench.resolve(queries)
        mining = workbench.mine(query_set, system=system, rules=chosen, only=only, reviews=reviews)
        file.writelines(mining.lines())
    negatives = sum(len(triplet.negatives) for triplet in mining.triplets)
    if query_set.unresolved_queries:
        say(f"{query_set.unresolved_queries:,} queries name no article of this corpus and are left out")
    if mining.empty:
        shown = ", ".join(mining.empty[:5])
        say(f"{len(mining.empty):,} queries leave no negative under these rules, e.g. {shown}")
    if str(Path(queries).resolve()) in workbench.pair.queries:
        say(f"{queries} measures this pair, so `workbench train` refuses its questions")
    say(f"{out}: {len(mining.triplets):,} lines of {mining.asked:,} queries, {negatives:,} negatives")
