"""What several commands share: the pair's options, where the page answers, JSON on stdout."""

from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.terminal import Terminal
from workbench.core.settings import packaged_pairs

if TYPE_CHECKING:
    from workbench import Workbench

Open = Callable[..., "Workbench"]

home_option = click.option(
    "--home", help="Where models and index live.  [default: $WORKBENCH_HOME or ./.workbench]"
)
port_option = click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    envvar="PORT",
    default=8501,
    show_default="$PORT or 8501",
    help="Where the page answers.",
)
device_option = click.option(
    "--device", help="cuda, cuda:1, mps or cpu.  [default: as the pair says, else the best there is]"
)
json_option = click.option("--json", "as_json", is_flag=True, help="The same as JSON on stdout.")


def pair_options(command: Callable[..., None]) -> Callable[..., None]:
    """--pair, --variant and --home, handed on as `open_workbench`, which takes what else `Workbench.open` does."""

    @click.option(
        "--pair",
        default="demo",
        show_default=True,
        help=f"A packaged pair ({', '.join(packaged_pairs())}) or a TOML file.",
    )
    @click.option(
        "--variant",
        default="",
        help="Other prompts that the pair names, or `all` for every one as a further system."
        "  [default: as configured]",
    )
    @home_option
    @wraps(command)
    def wrapped(pair: str, variant: str, home: str | None, **options: Any) -> None:
        from workbench import Workbench  # here: help need not wait for what it loads

        with Terminal() as terminal:
            command(partial(Workbench.open, pair, variant=variant, home=home, reporter=terminal), **options)

    return wrapped


def say(text: str) -> None:
    """A line for people, on stderr."""
    click.echo(text, err=True)


def print_json(result: Any) -> None:
    """`result` on stdout."""
    from workbench.evaluation.exports import write_json

    click.echo(write_json(result, None), nl=False)
