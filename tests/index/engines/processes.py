"""Builds in processes of their own, and the processes of a Ray below one, as `/proc` has them."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT
from tests.index.engines.lighthouses import MEAN
from tests.index.test_building_anywhere import Desk

# The command, with units as small as in a test. Ctrl-C works, which a shell may have switched off for what
# runs in its background.
_DRIVER = f"""
import signal
import sys
from workbench.cli import main
from workbench.index.building import units
signal.signal(signal.SIGINT, signal.default_int_handler)
units.MEAN = {MEAN}
main(sys.argv[1:])
"""


def driver_of(desk: Desk, *options: str) -> "subprocess.Popen[bytes]":
    """A build of a desk's index that has begun."""
    command = ["index", "build", "--pair", str(desk.file), "--home", str(desk.home), *options]
    return subprocess.Popen([sys.executable, "-c", _DRIVER, *command], cwd=ROOT, process_group=0)


def workers_of(driver: int) -> list[int]:
    """The ids of our workers below the process `driver`."""
    parents = dict(_parents())

    def is_below(process: int) -> bool:
        while process and process != driver:
            process = parents.get(process, 0)
        return bool(process)

    return [process for process in parents if is_below(process) and b"ray::Worker" in _command(process)]


def _parents() -> Iterator[tuple[int, int]]:
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            yield int(status.parent.name), int(status.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
