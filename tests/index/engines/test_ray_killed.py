"""An index built by workers on Ray, with workers and drivers killed on the way, is the one that one process builds."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.embeddings_server import EmbeddingsServer, serving
from tests.index.engines.lighthouses import COUNT, MEAN, assert_same, lighthouse_desk
from tests.index.engines.processes import driver_of, workers_of
from tests.index.test_building_anywhere import Desk
from workbench.core.vectors import Vectors
from workbench.index import Index
from workbench.index.building import units

EVERY = 2  # requests of workers that are answered before somebody is killed


@pytest.fixture
def server(pair_folder: Path) -> Iterator[EmbeddingsServer]:
    with serving(pair_folder / "tuned") as server:
        yield server


class Killer:
    """Kills workers of a driver or itself while the server answers."""

    def __init__(self, server: EmbeddingsServer) -> None:
        self.killed: list[str] = []
        self._plan: list[str] = []
        self._server, self._driver, self._count = server, 0, 0
        server.encode = self._encode

    def watch(self, driver: int, plan: tuple[str, ...]) -> None:
        """`plan`: who is killed, each when EVERY requests more have been answered."""
        self._driver, self._plan, self._count = driver, list(plan), 0

    def _encode(self, texts: list[str]) -> Vectors:
        workers = workers_of(self._driver) if self._plan else []
        self._count += bool(workers)  # before there are any, the driver itself asks
        if workers and self._count % EVERY == 0:
            who = self._plan.pop(0)
            os.kill(self._driver if who == "driver" else workers[0], signal.SIGKILL)
            self.killed.append(who)
        return self._server.own(texts)


def test_killed_workers_and_drivers_change_nothing(
    server: EmbeddingsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units, "MEAN", MEAN)
    served = {"model": "m", "url": f"{server.address}/v1"}
    here, there = (lighthouse_desk(tmp_path / name, served=served) for name in ("here", "there"))
    here.build()
    before, killer = len(server.texts), Killer(server)
    plans = [("worker", "driver"), ("worker", "driver"), ("worker",)]
    ends = [_driven(there, killer, plan) for plan in plans]
    assert ends == [-signal.SIGKILL, -signal.SIGKILL, 0]
    assert killer.killed == [who for plan in plans for who in plan]
    assert COUNT <= len(server.texts) - before < 2 * COUNT
    there.run("index", "verify")
    assert_same(here.opened, there.opened)
    named = {place.name for place in (Path(there.opened.uri) / "articles.lance" / "data").iterdir()}
    assert len(named) == 2 * len(
        list(_units_of(there.opened))
    )  # texts and vectors of each; no others are left


def _driven(desk: Desk, killer: Killer, plan: tuple[str, ...]) -> int:
    """The exit status of a build in a process of its own."""
    driver = driver_of(desk, "--engine", "ray", "--workers", "2")
    killer.watch(driver.pid, plan)
    return driver.wait(600)


def _units_of(index: Index) -> tuple[int, ...]:
    return index._checked.checksums.fragments


def test_ctrl_c_ends_the_build_and_its_workers(server: EmbeddingsServer, tmp_path: Path) -> None:
    desk = lighthouse_desk(tmp_path / "desk", served={"model": "m", "url": f"{server.address}/v1"})
    workers = list[int]()

    def encode(texts: list[str]) -> Vectors:
        if not workers and (found := workers_of(driver.pid)):
            workers.extend(found)
            os.killpg(driver.pid, signal.SIGINT)  # as a terminal does: to all that were started from it
        return server.own(texts)

    server.encode = encode
    driver = driver_of(desk, "--engine", "ray", "--workers", "2")
    assert driver.wait(120) == 1
    until = monotonic() + 60
    while left := [each for each in workers if Path(f"/proc/{each}").exists()]:
        assert monotonic() < until, left
        sleep(0.1)
    assert workers
