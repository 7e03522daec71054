"""Whether a build fits into memory: what this check has taken so far, the largest model among it, and the vectors of a unit."""

import resource
import sys

from workbench.cli.doctor.case import Case
from workbench.cli.doctor.device import machine_memory
from workbench.cli.doctor.figures import size
from workbench.cli.doctor.finding import Findings, fail, ok

WRITING = 0.3e9  # bytes that writing a table takes (measured)
COPIES = 3  # how often a unit's vectors are in memory (measured)


def check(case: Case) -> Findings:
    if not case.articles:
        return
    from workbench.index.building.units import MOST

    widest = max((dims[0] for dims in case.dims.values()), default=0)
    unit = COPIES * 4 * widest * min(MOST, len(case.articles))
    needed, there = round(_taken() + WRITING + unit), machine_memory()
    lacking = ", ".join(name for name in case.owners if name not in case.pace)
    uncounted = f", not counting the model of {lacking}" if lacking else ""
    found = f"about {size(needed)} to build{uncounted}; {size(there)} in this machine"
    if needed <= there:
        yield ok("memory", found)
        return
    yield fail("memory", found, "index fewer dims or a part (--limit), or build on a larger machine")


def _taken() -> int:
    """Bytes, at the most so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
