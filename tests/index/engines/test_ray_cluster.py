"""A cluster of several machines, each of which is a Ray of its own here: some are lost in a build, others come, some have GPUs."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import sleep

import pytest
from ray.cluster_utils import Cluster

from tests.embeddings_server import serving
from tests.index.engines.lighthouses import COUNT, MEAN, assert_same, lighthouse_desk
from tests.index.engines.processes import driver_of
from workbench.core.engines import RayCluster
from workbench.core.vectors import Vectors
from workbench.index.building import units
from workbench.index.engines.ray_pool import RayPool
from workbench.index.engines.ray_session import FORKED
from workbench.index.engines.ray_tasks import Work

pytestmark = pytest.mark.filterwarnings(f"ignore:{FORKED}")


@contextmanager
def head() -> Iterator[Cluster]:
    """A head that has no room for workers."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    try:
        yield cluster
    finally:
        cluster.shutdown()


def test_machines_that_are_lost_and_others_that_come_change_nothing(
    pair_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units, "MEAN", MEAN)
    with head() as cluster, serving(pair_folder / "tuned") as server:
        here, there = (
            lighthouse_desk(tmp_path / name, served={"model": "m", "url": f"{server.address}/v1"})
            for name in ("here", "there")
        )
        here.build()
        before = len(server.texts)
        first, second = cluster.add_node(num_cpus=1), cluster.add_node(num_cpus=1)
        halts = {COUNT // 4: Event(), COUNT // 2: Event()}

        def encode(texts: list[str]) -> Vectors:
            for count, goes_on in halts.items():
                if len(server.texts) - before > count:
                    goes_on.wait(60)
            return server.own(texts)

        server.encode = encode
        driver = driver_of(there, "--engine", "ray", "--ray-address", cluster.address, "--workers", "2")
        for lost, (count, goes_on) in zip((first, second), halts.items(), strict=True):
            while len(server.texts) - before <= count:
                assert driver.poll() is None
                sleep(0.1)
            cluster.remove_node(lost, allow_graceful=False)
            if lost is second:  # no machine has room for workers now
                cluster.add_node(num_cpus=1)
            goes_on.set()
        assert driver.wait(300) == 0
        assert COUNT <= len(server.texts) - before < 2 * COUNT
    there.run("index", "verify")
    assert_same(here.opened, there.opened)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where a cluster answers that has one machine with two graphics cards."""
    with head() as cluster:
        cluster.add_node(num_cpus=4, num_gpus=2)
        yield cluster.address


def _seen(_: int, __: Callable[[int], None]) -> tuple[str, int]:
    """Which cards a worker is given, and its process."""
    sleep(0.5)  # so that each worker has a task
    return os.environ.get("CUDA_VISIBLE_DEVICES", ""), os.getpid()


def _look() -> Work[int, tuple[str, int]]:
    return _seen


@pytest.mark.parametrize(
    ("workers", "gpus", "expected"),
    [(None, None, ["0", "1"]), (None, 0.5, ["0", "0", "1", "1"]), (4, None, ["0", "0", "1", "1"])],
)
def test_workers_share_the_graphics_cards_of_a_machine(
    address: str, workers: int | None, gpus: float | None, expected: list[str]
) -> None:
    with RayPool(RayCluster(address, workers=workers), gpus=gpus) as pool:
        assert pool.size == len(expected)
        seen = pool.map(_look, range(4 * len(expected)), int)
        found = {process: cards for cards, process in seen}
    assert sorted(found.values()) == expected
