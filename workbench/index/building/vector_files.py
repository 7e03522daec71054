"""A system's vectors of one unit as a file: written, and read again where it still holds what was written."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from workbench.core.settings import is_remote
from workbench.core.vectors import Vectors, truncate_dim
from workbench.index.building.data_files import BATCH_ROWS, DataFolder, Place
from workbench.index.building.finished import HASH
from workbench.index.building.staged import Filled, Staged
from workbench.index.building.units import Unit
from workbench.index.checking import fixed, matrix
from workbench.index.checksums import RunDigests
from workbench.index.faults import LANCE_ERRORS
from workbench.index.faults_of_storage import storage_fault


def write_vectors(
    folder: DataFolder, unit: Unit, hashes: Sequence[str], vectors: Vectors, dims: Sequence[int]
) -> Filled:
    """Writes a unit's vectors, (rows, width) float32, at each of `dims`, and beside them what they are of."""
    schema = pa.schema([(str(dim), pa.list_(pa.float32(), dim)) for dim in dims] + [(HASH, pa.string())])
    runs = {dim: RunDigests() for dim in dims}

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, len(hashes), BATCH_ROWS):
            rows = slice(start, start + BATCH_ROWS)
            widest = vectors[rows]
            columns = [fixed(widest if dim == widest.shape[1] else _narrower(widest, dim)) for dim in dims]
            for digests, column in zip(runs.values(), columns, strict=True):
                digests.add(column)
            yield pa.RecordBatch.from_arrays([*columns, pa.array(hashes[rows], pa.string())], schema=schema)

    places = folder.write(batches(), schema)
    return Filled(
        unit.name,
        unit.key,
        {dim: places[str(dim)] for dim in dims},
        {dim: each.close().digests for dim, each in runs.items()},
        places[HASH],
    )


def _narrower(vectors: Vectors, dim: int) -> Vectors:
    """As `truncate_dim`, with zeros for rows of zeros, which are left out in the end."""
    there = vectors.any(axis=1)
    cut = np.zeros((len(vectors), dim), np.float32)
    cut[there] = truncate_dim(vectors[there], dim)
    return cut


def staged_file(folder: DataFolder, staged: Staged, unit: str) -> Filled | None:
    """What is staged of a unit as whole, if its file still holds what was written."""
    found = staged.filled(unit)
    if not found:
        return None
    runs = {dim: RunDigests() for dim in found.places}
    try:
        for batch in folder.read({str(dim): place for dim, place in found.places.items()}):
            for dim, digests in runs.items():
                digests.add(batch[str(dim)])
    except LANCE_ERRORS as fault:
        if is_remote(folder.uri) and (of_storage := storage_fault(folder.uri, fault)):
            raise of_storage from fault
        return None  # a file that is gone or damaged: its unit is filled anew
    sound = all(runs[dim].close().digests == digests for dim, digests in found.digests.items())
    return found if sound else None


def vectors_in(folder: DataFolder, filled: Filled) -> Iterator[tuple[list[str], Vectors]]:
    """Content hashes and the widest vectors of a unit that is whole, a batch at a time."""
    widest = max(filled.places)
    columns: dict[str, Place] = {HASH: filled.hashes, "vector": filled.places[widest]}
    for batch in folder.read(columns):
        yield batch[HASH].to_pylist(), matrix(batch["vector"])
