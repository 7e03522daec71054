"""The subcommands: one module each, listed in COMMANDS."""

import click

from workbench.cli.commands.doctor import doctor
from workbench.cli.commands.evaluate import evaluate
from workbench.cli.commands.index import index
from workbench.cli.commands.mine import mine
from workbench.cli.commands.search import search
from workbench.cli.commands.serve import demo, serve
from workbench.cli.commands.train import train

COMMANDS: list[click.Command] = [demo, serve, index, search, evaluate, mine, train, doctor]
