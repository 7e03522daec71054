"""Tasks for workers on Ray: who does them, how far each is, and that those of a lost worker come again."""

import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import ray
from ray.exceptions import RayError

from workbench.core.errors import EngineError
from workbench.core.machine import CORES

Task = TypeVar("Task")
Result = TypeVar("Result")
# Does a task; calls what it is given with how much of it is done.
Work = Callable[[Task, Callable[[int], None]], Result]

TRIES = 5  # workers that one task may cost, and that may fail to start one after another


class Worker:
    """One worker: what it works with is made once, with the first task for it."""

    def __init__(self, cpus: int) -> None:
        os.environ[CORES] = str(cpus)
        self._key, self._done = -1, 0
        self._work: Any = None

    def run(self, make: Callable[[], Work[Task, Result]], key: int, task: Task) -> Result:
        """`key`: tells what `make` gives from what others gave."""
        self._done = 0
        if key != self._key:
            self._work = None  # and its memory is free
            self._key, self._work = key, make()
        return self._work(task, self._tell)

    def _tell(self, done: int) -> None:
        self._done = done

    def told(self) -> int:
        """How far the task at hand is; answered while it is worked on."""
        return self._done


@dataclass
class Attempt(Generic[Task]):
    """A task, and how many workers it has cost; under way: at which worker, what asks how far it is, and the last answer."""

    task: Task
    lost: int = 0
    worker: Any = None
    asked: Any = None
    done: int = 0

    def look(self) -> int:
        """How far it is, as far as that is known without waiting."""
        self.asked = self.asked or self.worker.told.remote()
        if ray.wait([self.asked], timeout=0)[0]:
            with suppress(RayError):  # then the worker is lost, as its result will say
                self.done, self.asked = ray.get(self.asked), None
        return self.done


@dataclass
class Round(Generic[Task, Result]):
    """The tasks of one `map`: those that wait, and those under way by what their result will come as."""

    make: Any
    key: int
    waiting: deque[Attempt[Task]]
    running: dict[Any, Attempt[Task]] = field(default_factory=dict)

    def hand_out(self, idle: list[Any]) -> None:
        while self.waiting and idle:
            attempt = Attempt(self.waiting[0].task, self.waiting.popleft().lost, idle.pop())
            self.running[attempt.worker.run.remote(self.make, self.key, attempt.task)] = attempt

    def again(self, attempt: Attempt[Task], place: str, why: RayError) -> None:
        """Puts a task back whose worker is lost; an EngineError where it has cost too many."""
        if attempt.lost + 1 >= TRIES:
            found = f"lost {TRIES} workers over the same piece of work: {reason(why)}"
            remedy = "give each more memory (fewer --workers), and run again: what is finished stays"
            raise EngineError(place, found, remedy=remedy) from why
        self.waiting.append(Attempt(attempt.task, attempt.lost + 1))


def reason(fault: RayError) -> str:
    """What Ray tells, in one line."""
    lines = [line.strip() for line in str(fault).splitlines() if line.strip()]
    return lines[-1] if "creation task" in lines[0] else lines[0]
