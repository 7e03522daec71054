"""The `workbench` command: JSON to stdout or a file, everything for people to stderr; exit status 0, 1 or 2."""

from typing import Any

import click

from workbench import __version__
from workbench.cli.commands import COMMANDS
from workbench.cli.options import say
from workbench.core.errors import WorkbenchError


class _Group(click.Group):
    """A WorkbenchError ends a command with its message and exit status 1."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except WorkbenchError as fault:
            say(f"error: {fault}")
            context.exit(1)


@click.group(cls=_Group, commands=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Compare embedding models on Chinese statutes, side by side, on one LanceDB index.

    \b
    Start here:
      workbench demo                      build the demo (about two minutes), then open the page
      workbench search "试用期最长多久？"    one question, both models, in the terminal
      workbench evaluate --queries F      MRR, hit rate and outcomes on a query set, as JSON
    """
