"""Fills the units of a build by workers on Ray, each with a model of its own."""

import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType

from workbench.core.engines import RayCluster
from workbench.core.errors import EncoderError, EngineError
from workbench.encoders import Encoder, EncoderDescription, encoders_for
from workbench.index.building.data_files import DataFolder
from workbench.index.building.filling import Filler
from workbench.index.building.finished import HASH
from workbench.index.building.jobs import Filling, Job
from workbench.index.building.staged import Filled
from workbench.index.engines.ray_pool import RayPool
from workbench.index.engines.ray_session import check_answers
from workbench.index.engines.ray_tasks import Work


class RayEngine:
    """Workers on `cluster`, from the first unit that lacks vectors until the `with` ends.

    `home`: where models lie, on every machine; `say`: told what the cluster has no room for.
    """

    def __init__(self, cluster: RayCluster, home: Path, say: Callable[[str], None]) -> None:
        self._cluster, self._home, self._say = cluster, home, say
        self._open = ExitStack()

    def __enter__(self) -> "RayEngine":
        check_answers(self._cluster)  # before the corpus is read
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    @cached_property
    def _pool(self) -> RayPool:
        gpus = self._cluster.gpus_per_worker
        return self._open.enter_context(RayPool(self._cluster, self._say, gpus=gpus))

    def fill(
        self,
        filling: Filling,
        jobs: Sequence[Job],
        encoder: Encoder,
        done: Callable[[Filled], None],
        progress: Callable[[int], None],
    ) -> EncoderDescription:
        """As `Engine` has it; what is long comes first, so that no worker is left alone with it."""
        weights, fingerprint = encoder.description.weights, encoder.document_fingerprint
        encoder.release()  # it has checked what is to be checked; the workers load their own
        model = _Model(filling, self._home, weights, fingerprint)
        longest_first = sorted(jobs, key=_size, reverse=True)
        made_by = encoder.description
        for filled, described in self._pool.map(model.work, longest_first, _size, progress):
            done(filled)
            made_by = described
        return made_by


def _size(job: Job) -> int:
    return job.missing


@dataclass(frozen=True)
class _Model:
    """What a worker makes its encoder of, which has to be the one of `weights` and `fingerprint`."""

    filling: Filling
    home: Path
    weights: str
    fingerprint: str

    def work(self) -> "Work[Job, _Told]":
        """Called in the worker: what fills units there."""
        encoder = encoders_for(self.filling.pair, self.home)[self.filling.system]
        encoder.pin_revision(self.weights)
        encoder.prepare()
        if encoder.document_fingerprint != self.fingerprint:
            raise EncoderError(
                f"{self.filling.label} on {socket.gethostname()}",
                f"is {encoder.description.weights}",
                wanted=f"{self.weights}, as where the build was started",
                remedy="bring the same model to every machine",
            )
        folder = DataFolder(self.filling.place)
        return partial(_fill, Filler(self.filling, encoder), encoder, folder)


_Told = tuple[
    Filled, EncoderDescription
]  # a unit, and what encoded it: other machines may have other devices


def _fill(
    filler: Filler, encoder: Encoder, folder: DataFolder, job: Job, progress: Callable[[int], None]
) -> _Told:
    if not folder.sees(job.unit.texts[HASH]):
        raise EngineError(
            f"{folder.uri} on {socket.gethostname()}",
            "is not the folder in which the index is built",
            remedy="give `[index] uri` a folder that all machines share, or object storage: docs/cluster.md",
        )
    return filler.fill(job, progress), encoder.description
