"""Workers on a real Ray of this machine: their results and faults, what becomes of those that are killed, and both commands."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from tests.index.engines.lighthouses import MEAN, assert_same, lighthouse_desk
from tests.index.test_building_anywhere import Desk
from workbench import Workbench
from workbench.core.engines import RayCluster
from workbench.core.errors import EncoderError, EngineError, IndexFault
from workbench.evaluation import ray_ranks
from workbench.index.building import units
from workbench.index.engines import ray_tasks
from workbench.index.engines.ray_pool import RayPool
from workbench.index.engines.ray_session import check_answers, connected
from workbench.index.engines.ray_tasks import Work

TWO = RayCluster(workers=2)
RAY = ("--engine", "ray", "--workers", "2")
Tell = Callable[[int], None]


@pytest.fixture(scope="module")
def session() -> Iterator[None]:
    with connected(TWO):
        yield


@pytest.fixture(scope="module")
def pool(session: None) -> Iterator[RayPool]:
    with RayPool(TWO) as pool:
        yield pool


def _square(number: int, tell: Tell) -> int:
    tell(number)
    return number * number


def _fail(number: int, tell: Tell) -> int:
    raise EncoderError("Base", f"cannot read {number}", wanted="another", remedy="mend it")


def _die(marks: Path, times: int, number: int, tell: Tell) -> int:
    """Kills its process until there are `times` marks, where the number is 2."""
    if number == 2 and len(list(marks.iterdir())) < times:
        (marks / str(os.getpid())).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def _slow(number: int, tell: Tell) -> int:
    for done in range(number + 1):
        tell(done)
        sleep(1)
    return number


def _working(work: Work[int, int]) -> Work[int, int]:
    return work


def _run(pool: RayPool, work: Work[int, int], *tasks: int, told: list[int] | None = None) -> list[int]:
    progress = told.append if told is not None else lambda _: None
    return sorted(pool.map(partial(_working, work), tasks, int, progress))


def test_every_task_is_done_once_and_the_progress_ends_with_their_sizes(pool: RayPool) -> None:
    told: list[int] = []
    assert _run(pool, _square, 1, 2, 3, 4, 5, told=told) == [1, 4, 9, 16, 25]
    assert told == sorted(told)
    assert told[-1] == 15


def test_progress_is_seen_within_a_task(pool: RayPool) -> None:
    told: list[int] = []
    assert _run(pool, _slow, 4, told=told) == [4]
    assert set(told) & {1, 2, 3}


def test_no_tasks_are_no_results(pool: RayPool) -> None:
    assert _run(pool, _square) == []


def test_a_fault_in_a_worker_is_raised_as_it_was_and_the_pool_goes_on(pool: RayPool) -> None:
    with pytest.raises(EncoderError) as raised:
        _run(pool, _fail, 3, 3, 3)
    assert str(raised.value) == "Base: cannot read 3; wanted: another; mend it"
    assert raised.value.remedy == "mend it"
    assert _run(pool, _square, 7) == [49]


def test_what_killed_workers_had_is_done_by_others(pool: RayPool, tmp_path: Path) -> None:
    assert _run(pool, partial(_die, tmp_path, 3), 1, 2, 3, 4) == [1, 4, 9, 16]
    assert len(list(tmp_path.iterdir())) == 3


def test_a_task_that_costs_too_many_workers_ends_it(
    pool: RayPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_tasks, "TRIES", 2)
    with pytest.raises(EngineError, match=r"^Ray: lost 2 workers over the same piece of work: .*--workers"):
        _run(pool, partial(_die, tmp_path, 9), 1, 2, 3)
    assert len(list(tmp_path.iterdir())) == 2


def test_more_graphics_cards_than_there_are_is_one_message(session: None) -> None:
    with (
        pytest.raises(EngineError, match=r"^this machine: has 0 GPUs for 2 workers of 4; ask for fewer"),
        RayPool(TWO, gpus=4),
    ):
        pass


@pytest.mark.parametrize("address", ["ray://head:10001", ":6379", "head:port"])
def test_what_is_no_address_is_said_at_once(address: str) -> None:
    with pytest.raises(EngineError, match=f"^{address}: is no address of a Ray cluster"):
        check_answers(RayCluster(address))


def test_an_address_where_nothing_is_says_so_within_seconds() -> None:
    # Ray itself would wait for two minutes, and then end this process.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(EngineError, match=f"^Ray at {address}: does not answer"):
            check_answers(RayCluster(address))


@pytest.mark.parametrize(
    ("cluster", "found"),
    [
        ({"workers": 0}, "workers: is 0"),
        ({"gpus_per_worker": 1.5}, "GPUs a worker: is 1.5"),
        ({"gpus_per_worker": -1}, "is -1"),
    ],
)
def test_settings_that_cannot_be(cluster: dict[str, Any], found: str) -> None:
    with pytest.raises(EngineError, match=found):
        RayCluster(**cluster)


# The commands


@pytest.fixture(scope="module")
def desks(
    session: None, pair_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Desk, Desk]]:
    """The same corpus and models, built by this process and by two workers."""
    models = {name: {"model": str(pair_folder / name)} for name in ("base", "tuned")}
    folder = tmp_path_factory.mktemp("desks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(units, "MEAN", MEAN)
        here, there = (lighthouse_desk(folder / name, **models) for name in ("here", "there"))
        assert here.build() == "base 600, tuned 600"
        assert there.build(*RAY) == "base 600, tuned 600"
        yield here, there


def test_workers_build_what_this_process_builds(desks: tuple[Desk, Desk]) -> None:
    here, there = desks
    assert_same(here.opened, there.opened)
    there.run("index", "verify")
    assert there.build() == there.build(*RAY) == "base 0, tuned 0"


def test_workers_give_the_ranks_that_this_process_gives(desks: tuple[Desk, Desk]) -> None:
    here, _ = desks
    queries = here.folder / "queries.jsonl"
    assert len(here.opened.run_ends) > 4  # so that each worker has some
    ours, theirs = (
        Workbench.open(here.file, home=here.home).evaluate(queries, depth=20, engine=engine)
        for engine in (None, TWO)
    )
    for name, by_dim in ours.rankings.items():
        for dim, ranking in by_dim.items():
            other = theirs.rankings[name][dim]
            assert (other.ranks, other.displaced) == (ranking.ranks, ranking.displaced)
            assert dict(other.hits) == dict(ranking.hits)
            assert len({hit.score for hit in ranking.hits["3"]}) < 20  # with ties


def test_a_worker_that_sees_another_index_says_so(desks: tuple[Desk, Desk], pool: RayPool) -> None:
    here, _ = desks
    place: Any = ray_ranks._Place(here.pair, here.opened.uri, "another")
    found = r"home/index/pair on .*: has another index; wanted: the index that is to be measured"
    with pytest.raises(EngineError, match=found):
        list(pool.map(partial(place.work, None, "auto"), [1], int))


def test_a_damaged_run_is_found_in_the_part_that_has_it(desks: tuple[Desk, Desk]) -> None:
    here, _ = desks
    index = here.opened
    ends, columns = index.run_ends, dict[str, Any](index._checked.checksums.columns)
    digests = columns["base_16"].digests
    columns["base_16"] = replace(columns["base_16"], digests=(*digests[:1], "0" * 16, *digests[2:]))
    index._checked.checksums = replace(index._checked.checksums, columns=columns)
    with pytest.raises(
        IndexFault, match=rf"rows {ends[0]} to {ends[2] - 1}: not what was built \(checksum\)"
    ):
        list(index.vector_part("base_16", slice(ends[0], ends[2])))
    assert sum(map(len, index.vector_part("base_16", slice(ends[1], ends[3])))) == ends[3] - ends[1]
