"""A pool of workers on Ray: each task goes to whoever is free, and to another one where its worker is lost.

Ray's own restarts are not used: a worker that comes back elsewhere may find no room for long, while others are free.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import count
from time import monotonic
from types import TracebackType
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError

from workbench.core.engines import RayCluster
from workbench.core.errors import EngineError
from workbench.index.engines.ray_session import connected, share_of
from workbench.index.engines.ray_tasks import TRIES, Attempt, Result, Round, Task, Work, Worker, reason

POLL = 0.5  # seconds between two looks at how far the workers are
ROOM = 60  # seconds without any worker after which one is told what a cluster lacks


class RayPool:
    """Workers on Ray, as long as the `with` lasts.

    `gpus`: for each worker, by default 1 where the cluster has any; `say`: told where the cluster has no room.
    """

    def __init__(
        self, cluster: RayCluster, say: Callable[[str], None] = lambda _: None, *, gpus: float | None = None
    ) -> None:
        self._cluster, self._say, self._gpus = cluster, say, gpus
        self._open, self._keys = ExitStack(), count()
        self._idle: list[Any] = []
        self._starting: dict[Any, Any] = {}  # what answers once a worker is there -> that worker
        self._failed = 0  # starts, one after another
        self._since = 0.0  # when none was there last

    def __enter__(self) -> "RayPool":
        with ExitStack() as open_:
            open_.enter_context(connected(self._cluster))
            self._share = share_of(self._cluster, self._gpus)
            self._open = open_.pop_all()
        self._since = monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in [*self._idle, *self._starting.values()]:
            ray.kill(worker)
        self._open.close()

    @property
    def size(self) -> int:
        """How many workers there are to be."""
        return self._share.workers

    def map(
        self,
        make: Callable[[], Work[Task, Result]],
        tasks: Iterable[Task],
        size: Callable[[Task], int],
        progress: Callable[[int], None] = lambda _: None,
    ) -> Iterator[Result]:
        """The results, in whatever order they come; `make` gives each worker what does the tasks.

        `size`: what a task counts for in `progress(done)`, over all workers. What fails in a worker is raised here as it
        was there. An EngineError where one task costs too many workers, or none can start.
        """
        every = Round[Task, Result](ray.put(make), next(self._keys), deque(map(Attempt, tasks)))
        finished = most = 0
        try:
            while every.waiting or every.running:
                self._start(self.size - len(every.running))
                every.hand_out(self._idle)
                for ready in self._wait(every.running):
                    attempt = every.running.pop(ready)
                    try:
                        result: Result = _result(ready)
                    except RayError as lost:
                        every.again(attempt, self._cluster.place, lost)
                        continue
                    self._idle.append(attempt.worker)
                    finished += size(attempt.task)
                    yield result
                done = finished + sum(each.look() for each in every.running.values())
                if done > most:  # it falls where a worker is lost
                    progress(done)
                    most = done
        finally:
            for attempt in every.running.values():
                ray.kill(attempt.worker)

    def _start(self, wanted: int) -> None:
        """Starts workers until so many are there or on their way."""
        share = self._share
        kind = ray.remote(Worker).options(
            num_cpus=share.cpus,
            num_gpus=share.gpus,
            scheduling_strategy="SPREAD",
            max_concurrency=2,  # a task, and what asks how far it is
        )
        for _ in range(wanted - len(self._idle) - len(self._starting)):
            worker: Any = kind.remote(share.cpus)
            self._starting[worker.told.remote()] = worker

    def _wait(self, running: Iterable[Any]) -> list[Any]:
        """Results that are there, after POLL at most; workers that are there now are idle."""
        ready, _ = ray.wait([*running, *self._starting], timeout=POLL)
        for started in [each for each in ready if each in self._starting]:
            worker = self._starting.pop(started)
            try:
                ray.get(started)
            except RayError as fault:
                self._check_starts(fault)
            else:
                self._idle.append(worker)
                self._failed = 0
        self._check_room(bool(self._idle or running))
        return [each for each in ready if each in running]

    def _check_starts(self, why: RayError) -> None:
        self._failed += 1
        if self._failed >= TRIES:
            found = f"starts no worker: {reason(why)}"
            remedy = "install the same versions of Python, Ray and the workbench on every machine"
            raise EngineError(self._cluster.place, found, remedy=remedy) from why

    def _check_room(self, has_any: bool) -> None:
        """Says what is waited for where there has been no worker for long."""
        if has_any:
            self._since = monotonic()
        elif self._cluster.address and monotonic() > self._since + ROOM:
            self._since = float("inf")
            share, there = self._share, ray.cluster_resources()
            each = f"{share.cpus} CPUs and {share.gpus:g} GPUs"
            has = f"of {there.get('CPU', 0):g} and {there.get('GPU', 0):g} in all"
            self._say(f"{self._cluster.place} has no room for a worker yet ({each} each, {has}): waiting")


def _result(ready: Any) -> Any:
    """What came back; what failed there is raised as it was, and a RayError where the worker is lost."""
    try:
        return ray.get(ready)
    except RayTaskError as fault:
        raise fault.cause from fault
