"""Who does the heavy work where this process is not to do it alone, named where nothing heavy is loaded."""

from dataclasses import dataclass

from workbench.core.errors import EngineError


@dataclass(frozen=True)
class RayCluster:
    """Workers on Ray.

    `address`: host:port of a running cluster's head, or `auto` for one that this machine belongs to; empty: a Ray of this
    machine alone, for this run. `workers`: by default one for each share of a GPU that `gpus_per_worker` is, and where
    there are no GPUs one a machine. `gpus_per_worker`: by default 1, or an even share where there are more workers.
    """

    address: str = ""
    workers: int | None = None
    gpus_per_worker: float | None = None

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise EngineError(
                "workers", f"is {self.workers}", wanted="1 or more", remedy="ask for one at least"
            )
        gpus = self.gpus_per_worker
        if gpus is not None and (gpus < 0 or (gpus > 1 and gpus != int(gpus))):
            wanted = "a share up to 1, or a whole number"
            raise EngineError(
                "GPUs a worker", f"is {gpus:g}", wanted=wanted, remedy="correct --gpus-per-worker"
            )

    @property
    def place(self) -> str:
        """What messages call it."""
        return f"Ray at {self.address}" if self.address else "Ray"
