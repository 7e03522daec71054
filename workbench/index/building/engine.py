"""What fills the units of a system: the loop of this process, or whatever offers the same."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from workbench.encoders import Encoder, EncoderDescription
from workbench.index.building.filling import Filler, told_more
from workbench.index.building.jobs import Filling, Job
from workbench.index.building.staged import Filled


class Engine(Protocol):
    """Fills units by encoding what they lack."""

    def fill(
        self,
        filling: Filling,
        jobs: Sequence[Job],
        encoder: Encoder,
        done: Callable[[Filled], None],
        progress: Callable[[int], None],
    ) -> EncoderDescription:
        """What encoded, perhaps on another device than `encoder` would. An EncoderError ends it.

        `done(filled)` for each job, in any order; `progress(encoded)`: articles of all jobs so far.
        """
        ...


class LocalEngine:
    """One unit after the other, with this process's encoder."""

    def fill(
        self,
        filling: Filling,
        jobs: Sequence[Job],
        encoder: Encoder,
        done: Callable[[Filled], None],
        progress: Callable[[int], None],
    ) -> EncoderDescription:
        filler, before = Filler(filling, encoder), 0
        for job in jobs:
            done(filler.fill(job, partial(told_more, progress, before)))
            before += job.missing
        return encoder.description
