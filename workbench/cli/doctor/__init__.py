"""What stands in the way of a pair, and what its build will take: one module a check.

A fault is what the checks look for, and one must not hide the others. So, beside the page and the command, the doctor
is the only one that catches every WorkbenchError.
"""

from collections.abc import Callable
from pathlib import Path

from workbench.cli.doctor import (
    built_index,
    corpus,
    device,
    disk,
    encoding_time,
    installed,
    memory,
    model,
    queries,
    run_files,
)
from workbench.cli.doctor.case import Case
from workbench.cli.doctor.finding import Finding, Findings, State, going_on
from workbench.core.settings import Pair

__all__ = ["CHECKS", "Finding", "State", "examine", "subject_room"]

# Subject, check, and whether it needs a loaded model or a measurement.
CHECKS: tuple[tuple[str, Callable[[Case], Findings], bool], ...] = (
    ("installed", installed.check, False),
    ("device", device.check, True),
    ("model", model.check, False),
    ("corpus", corpus.check, False),
    ("queries", queries.check, False),
    ("run", run_files.check, False),
    ("disk", disk.check, True),
    ("memory", memory.check, True),
    ("time", encoding_time.check, True),
    ("index", built_index.check, False),
)


def examine(pair: Pair, home: Path, *, quick: bool = False) -> Findings:
    """Findings in a fixed order, as they are made. `quick`: no model is loaded, and nothing measured."""
    case = Case(pair, home, quick)
    for subject, check, slow in CHECKS:
        if not (quick and slow):
            yield from going_on(subject, check(case))


def subject_room(pair: Pair) -> int:
    """How many characters the longest subject has."""
    subjects = ["installed", *(f"device {name}" for name in pair.systems)]
    return max(map(len, subjects))
