"""What each model runs on, in which precision, and with how much memory."""

import os

from workbench.cli.doctor.case import Case
from workbench.cli.doctor.figures import size
from workbench.cli.doctor.finding import Findings, going_on, ok
from workbench.encoders import Encoder


def check(case: Case) -> Findings:
    for name in case.owners:
        subject = f"device {name}"
        yield from going_on(subject, _device(subject, case.encoders[name]))


def machine_memory() -> int:
    """Bytes."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _device(subject: str, encoder: Encoder) -> Findings:
    if encoder.origin.kind == "server":
        yield ok(subject, "the server's")
        return
    memory = encoder.card_memory or machine_memory()
    yield ok(subject, f"{encoder.device}, computing in {encoder.precision}; {size(memory)} of memory")
