"""Ray for one run: a Ray of this machine alone, or a running cluster by its address, connected to within seconds or not at all."""

import logging
import os
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayError

from workbench.core.engines import RayCluster
from workbench.core.errors import EngineError
from workbench.core.machine import cores

PATIENCE = 5  # seconds until a head that does not answer is given up; Ray's own are 120
FORKED = "lance(db fork support| is not fork-safe)"  # a warning: what Ray forks becomes another program
_STORE = 200 * 2**20  # bytes of shared memory of a Ray of one machine: tasks and results are small
_ASKED = "set RAY_AUTH_MODE=token where the cluster asks for a token, and see docs/cluster.md"
_REMEDY = "correct --ray-address, or start the cluster: docs/cluster.md"


@dataclass(frozen=True)
class Share:
    """How many workers, and what each of them takes of a machine."""

    workers: int
    cpus: int
    gpus: float


@contextmanager
def connected(cluster: RayCluster) -> Iterator[None]:
    """A connection to Ray; where this process has one already, that one, and it stays."""
    if ray.is_initialized():
        yield
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    logging.getLogger("ray").setLevel(logging.ERROR)
    check_answers(cluster)
    with redirect_stdout(sys.stderr):  # where Ray would write of workers that are lost, beside our results
        try:
            _connect(cluster)
        except (RayError, RuntimeError, ValueError, OSError) as fault:
            told = str(fault).strip().partition("\n")[0]
            raise EngineError(cluster.place, f"cannot be worked with: {told}", remedy=_ASKED) from fault
        try:
            yield
        finally:
            ray.shutdown()


def _connect(cluster: RayCluster) -> None:
    options: dict[str, Any] = {"configure_logging": False, "log_to_driver": False}
    if not cluster.address:
        size = max(cores(), cluster.workers or 1)
        options |= {"num_cpus": size, "object_store_memory": _STORE, "include_dashboard": False}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", FORKED)
        ray.init(cluster.address or "local", **options)


def check_answers(cluster: RayCluster) -> None:
    """An EngineError where no head can be at the address."""
    address = cluster.address
    if address in ("", "auto"):
        return
    host, _, port = address.rpartition(":")
    if "://" in address or not (host and port.isdecimal()):
        wanted = "host:port of the cluster's head, or `auto`"
        raise EngineError(address, "is no address of a Ray cluster", wanted=wanted, remedy=_REMEDY)
    try:
        socket.create_connection((host, int(port)), PATIENCE).close()
    except (OSError, OverflowError) as fault:
        raise EngineError(cluster.place, f"does not answer ({fault})", remedy=_REMEDY) from fault


def share_of(cluster: RayCluster, gpus: float | None) -> Share:
    """What each worker gets of the cluster that is connected; `gpus`: by default 1, or a share where they are fewer than workers.

    An EngineError where a machine of its own cannot have such workers.
    """
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    cards = int(sum(each.get("GPU", 0) for each in machines))
    wanted = _own_cards(cluster.workers or 1, cards) if gpus is None else gpus
    fitting = [each for each in machines if each.get("CPU", 0) >= 1 and each.get("GPU", 0) >= wanted]
    workers = cluster.workers or (max(1, int(cards / wanted)) if wanted else max(1, len(fitting)))
    if not cluster.address and wanted * workers > cards:
        found = f"has {cards} GPUs for {workers} workers of {wanted:g}"
        raise EngineError("this machine", found, remedy="ask for fewer --workers or --gpus-per-worker")
    together = -(-workers // max(1, len(fitting)))  # on one machine
    least = min((each["CPU"] for each in fitting), default=1)
    return Share(workers, max(1, int(least // together)), wanted)


def _own_cards(workers: int, cards: int) -> float:
    """One for each worker, or the share of one that all can have."""
    return 1 / -(-workers // cards) if cards else 0
