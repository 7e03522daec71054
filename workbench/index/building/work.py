"""What building the vectors of every system needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from workbench.core.settings import Pair
from workbench.encoders import Encoder
from workbench.index.building.engine import Engine
from workbench.index.building.finished import FinishedIndex
from workbench.index.building.units import Unit
from workbench.index.precomputed import PrecomputedVectors

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Work:
    """What building the vectors of every system needs.

    `wanted`: those that are to be built now, the others stay; `left_out`: articles that have no row for the sake of one of
    these, by system and `doc_id`: content hash and why.
    """

    uri: str
    wanted: Sequence[str]
    pair: Pair
    units: Sequence[Unit]
    holders: Sequence[FinishedIndex]
    encoders: Mapping[str, Encoder]
    offers: Mapping[str, Callable[[], PrecomputedVectors]]
    engine: Engine
    progress: Progress
    skip_failed: bool
    left_out: Mapping[str, Mapping[str, list[str]]]

    @property
    def rows(self) -> int:
        return sum(unit.rows for unit in self.units)

    def tell(self, name: str, done: int) -> None:
        """So many articles have vectors of a system."""
        self.progress(name, done, self.rows)
