"""What this process may use of the machine."""

import os

CORES = "WORKBENCH_CORES"  # set by who shares a machine out among processes


def cores() -> int:
    """How many cores this process may use, where CORES says nothing else."""
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(own, int(os.environ.get(CORES, own)))
