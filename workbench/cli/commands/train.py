"""`workbench train`: a system's model trained further on triplets."""

import shlex
from pathlib import Path
from typing import Any

import click

from workbench.cli.options import Open, pair_options, say, settings_options
from workbench.core.settings import home_words
from workbench.training.recipes import DEFAULT, HELP, Recipe, read_recipe


@click.command()
@pair_options
@click.option(
    "--triplets",
    multiple=True,
    required=True,
    help="What `workbench mine` wrote, or any file, folder or hub's data set of triplets (repeatable).",
)
@click.option("--out", required=True, help="The folder for the new model; a pair file is put beside it.")
@click.option("--system", help="The system whose model is trained.  [default: the first]")
@click.option("--recipe", default=DEFAULT, show_default=True, help="A packaged recipe or a TOML file.")
@click.option("--dev", help="A query set that is measured after each epoch, to keep the best one.")
@click.option("--resume", is_flag=True, help="Go on with a run that was stopped.")
@click.option(
    "--keep-unknown", is_flag=True, help="Train on positives that are no article of the corpus, too."
)
@click.option(
    "--allow-contaminated",
    is_flag=True,
    help="Train on questions that the pair's own sets ask, too; the page marks them.",
)
@settings_options(Recipe, HELP, by_default="as the recipe says")
def train(
    open_workbench: Open,
    triplets: tuple[str, ...],
    out: str,
    system: str | None,
    recipe: str,
    dev: str | None,
    resume: bool,
    keep_unknown: bool,
    allow_contaminated: bool,
    **changes: Any,
) -> None:
    """Train one model of the pair further, by the recipe of LawVault's model card unless another is named."""
    workbench = open_workbench()
    pair_file = workbench.train(
        triplets,
        Path(out),
        system=system,
        recipe=read_recipe(recipe, **changes),
        dev=dev,
        resume=resume,
        keep_unknown=keep_unknown,
        allow_contaminated=allow_contaminated,
    )
    options = shlex.join(["--pair", str(pair_file), *home_words(workbench.home)])
    say(f"{out}: trained. To compare it with the model that it comes from:")
    say(f"  workbench index build {options}")
    say(f"  workbench serve {options}")
