"""`workbench demo` and `workbench serve`: the page."""

from typing import TYPE_CHECKING

import click

from workbench.cli.options import Open, home_option, pair_options, port_option, say
from workbench.cli.terminal import Terminal

if TYPE_CHECKING:
    from workbench import Workbench


@click.command()
@click.option("--build-only", is_flag=True, help="Build what is missing, but do not open the page.")
@port_option
@home_option
def demo(build_only: bool, port: int, home: str | None) -> None:
    """Build the demo corpus, models and index where they are missing, and open the page."""
    from workbench import Workbench

    if not build_only:
        _check(port)
    with Terminal() as terminal:
        workbench = Workbench.open("demo", home=home, reporter=terminal)
        workbench.build_demo()
    if not build_only:
        _serve(workbench, port)


@click.command()
@pair_options
@port_option
def serve(open_workbench: Open, port: int) -> None:
    """Open the page on a pair whose index is built."""
    _serve(open_workbench(), port)


def _serve(workbench: "Workbench", port: int) -> None:
    """Becomes the page's server."""
    from workbench.page.server import serve

    workbench.check_index()
    _check(port)
    say(f"The page: http://localhost:{port} (Ctrl+C stops it)")
    serve(workbench.pair, workbench.home, port)


def _check(port: int) -> None:
    """A port that cannot be had is said at once, not after a build and not after an address that does not answer."""
    from workbench.page.server import check_port

    check_port(port)
