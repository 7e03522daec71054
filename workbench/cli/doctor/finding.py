"""What a check says: one finding a line, with its remedy."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from workbench.core.errors import WorkbenchError


class State(StrEnum):
    """Whether all is well, or works but should be seen, or stands in the way."""

    OK = "ok"
    NOTE = "note"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """What one check found of `subject`; `remedy`: what to do about it, empty where nothing needs to be done."""

    subject: str
    state: State
    found: str
    remedy: str = ""

    def line(self, room: int, width: int = 0) -> str:
        """Subjects in a column of `room` characters.

        In a terminal of `width` characters wrapped, with the remedy on lines of its own.
        """
        text = f"{self.state:<4}  {self.subject:<{room}}  {' '.join(self.found.splitlines())}"
        remedy = f"→ {' '.join(self.remedy.splitlines())}" if self.remedy else ""
        indent = " " * (room + 8)
        if width <= 2 * len(indent):
            return f"{text} {remedy}".rstrip()
        lines = textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False)
        lines += textwrap.wrap(
            remedy,
            width,
            initial_indent=indent,
            subsequent_indent=f"{indent}  ",
            break_on_hyphens=False,
        )
        return "\n".join(lines)


Findings = Iterator[Finding]


def ok(subject: str, found: str) -> Finding:
    return Finding(subject, State.OK, found)


def note(subject: str, found: str, remedy: str) -> Finding:
    return Finding(subject, State.NOTE, found, remedy)


def fail(subject: str, found: str, remedy: str) -> Finding:
    return Finding(subject, State.FAIL, found, remedy)


def finding_of(subject: str, fault: WorkbenchError, state: State = State.FAIL) -> Finding:
    """What a fault says."""
    wanted = f"; wanted: {fault.wanted}" if fault.wanted else ""
    return Finding(subject, state, f"{fault.subject} {fault.found}{wanted}", fault.remedy)


def going_on(subject: str, findings: Findings, state: State = State.FAIL) -> Findings:
    """`findings`; where a fault ends them, it is the last one: one fault must not hide the others."""
    try:
        yield from findings
    except WorkbenchError as fault:
        yield finding_of(subject, fault, state)
    except (ImportError, OSError) as fault:  # a broken library; a place that this user may not read
        yield fail(subject, str(fault), "mend that, or install the workbench again, and run this once more")
