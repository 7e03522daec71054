"""`workbench doctor`: what stands in the way of a pair."""

import shutil
import sys
from dataclasses import asdict

import click

from workbench.cli.options import Open, device_option, json_option, pair_options, print_json


@click.command()
@pair_options
@device_option
@click.option("--quick", is_flag=True, help="Load no model, fetch nothing and measure nothing.")
@json_option
def doctor(open_workbench: Open, device: str | None, quick: bool, as_json: bool) -> None:
    """Check whatever a pair needs, and say what its build will take; exit status 1 where something stands in the way.

    Models are loaded for real: what a hub gives and this machine lacks is downloaded.
    """
    from workbench.cli.doctor import State, examine, subject_room

    workbench = open_workbench(device=device)
    pair = workbench.pair
    room = subject_room(pair)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    findings = []
    for finding in examine(pair, workbench.home, quick=quick):
        findings.append(finding)
        if not as_json:
            click.echo(finding.line(room, width))
    faults = sum(finding.state is State.FAIL for finding in findings)
    if as_json:
        print_json({"pair": pair.name, "faults": faults, "findings": list(map(asdict, findings))})
    if faults:
        click.get_current_context().exit(1)
