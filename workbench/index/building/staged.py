"""What a build that was stopped has done of one system: units that are whole, and vectors of those under way.

A unit's vectors are a data file of the table that no version names yet, and a small record of it; those of a unit under way
are parts, one a batch, which go once the unit is whole. Records and parts are single objects, written at once or not at
all, each with its checksum: what does not fit that was damaged, and counts as not there.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from shutil import rmtree
from uuid import uuid4

import obstore
import pyarrow as pa
from obstore.exceptions import BaseError

from workbench.core.digests import digest
from workbench.core.settings import is_remote
from workbench.core.vectors import Vectors
from workbench.encoders import Encoder
from workbench.index.building.data_files import Place
from workbench.index.checking import fixed, matrix
from workbench.index.faults_of_storage import storage_fault
from workbench.index.storage import object_store

FOLDER = "staging"


@dataclass(frozen=True)
class Filled:
    """The vectors of one system for one unit.

    `key`: of the texts that they are of; `places`, `digests`: of each dimension, the latter the checksums of its runs;
    `hashes`: where the content hash of each row is; `encoded`: how many were encoded now; `failed`: row -> why it has none,
    so that this is no unit to be kept.
    """

    unit: str
    key: str
    places: Mapping[int, Place]
    digests: Mapping[int, tuple[str, ...]]
    hashes: Place
    encoded: int = 0
    failed: Mapping[int, str] = field(default_factory=dict)


def group_of(encoder: Encoder, width: int) -> str:
    """What vectors have in common that can stand for each other."""
    return f"{encoder.document_fingerprint}_{width}"


class Staged:
    """What is staged of one group at `uri`."""

    def __init__(self, uri: str, group: str) -> None:
        self._uri, self._folder = uri, f"{FOLDER}/{group}"
        self._store = object_store(uri)

    def record(self, filled: Filled) -> None:
        """Notes that a unit is whole; what was staged of its parts goes."""
        told = {
            "unit": filled.unit,
            "key": filled.key,
            "places": {dim: asdict(place) for dim, place in filled.places.items()},
            "digests": {dim: list(digests) for dim, digests in filled.digests.items()},
            "hashes": asdict(filled.hashes),
        }
        text = json.dumps(told)
        sealed = json.dumps({"seal": digest(text).hex(), "record": text})
        self._put(f"{self._folder}/{filled.unit}.json", sealed.encode())
        self._remove(f"{self._folder}/{filled.unit}/")

    def filled(self, unit: str) -> Filled | None:
        """What is recorded of a unit under that name, whatever texts it was of then."""
        content = self._get(f"{self._folder}/{unit}.json")
        try:
            sealed = json.loads(content or b"{}")
            if digest(sealed["record"]).hex() != sealed["seal"]:
                return None
            told = json.loads(sealed["record"])
        except (KeyError, TypeError, ValueError):  # none is there, or a damaged one
            return None
        return Filled(
            told["unit"],
            told["key"],
            {int(dim): _place(place) for dim, place in told["places"].items()},
            {int(dim): tuple(digests) for dim, digests in told["digests"].items()},
            _place(told["hashes"]),
        )

    def add(self, unit: str, hashes: Sequence[str], vectors: Vectors) -> None:
        """Stages a part of a unit; `vectors`: (n, d) float32 of these content hashes."""
        rows = pa.table({"content_hash": list(hashes), "vector": fixed(vectors)})
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, rows.schema) as writer:
            writer.write_table(rows)
        content = sink.getvalue().to_pybytes()
        self._put(f"{self._folder}/{unit}/{uuid4().hex}.arrow", digest(content) + content)

    def parts(self, unit: str) -> Iterator[tuple[list[str], Vectors]]:
        """Content hashes and vectors, (n, d) float32, of a unit under way."""
        for name in self._names(f"{self._folder}/{unit}/"):
            content = self._get(name) or b""
            length = len(digest(b""))
            if digest(content[length:]) != content[:length]:
                continue
            rows = pa.ipc.open_stream(content[length:]).read_all()
            yield rows["content_hash"].to_pylist(), matrix(rows["vector"])

    def units(self) -> Iterator[Filled]:
        """All that is recorded as whole."""
        for name in self._names(f"{self._folder}/"):
            if name.endswith(".json") and (found := self.filled(name.rpartition("/")[2][: -len(".json")])):
                yield found

    def under_way(self) -> Iterator[str]:
        """The names of units of which parts are staged."""
        names = (name.split("/") for name in self._names(f"{self._folder}/") if name.endswith(".arrow"))
        yield from dict.fromkeys(parts[-2] for parts in names)

    def _put(self, name: str, content: bytes) -> None:
        try:
            obstore.put(self._store, name, content)
        except (BaseError, OSError) as fault:
            raise storage_fault(self._uri, fault) or fault from fault

    def _get(self, name: str) -> bytes | None:
        try:
            return bytes(obstore.get(self._store, name).bytes())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as fault:
            raise storage_fault(self._uri, fault) or fault from fault

    def _names(self, prefix: str) -> list[str]:
        return names_below(self._uri, prefix)

    def _remove(self, prefix: str) -> None:
        remove_below(self._uri, prefix)


def names_below(uri: str, prefix: str) -> list[str]:
    """The objects at `uri` whose names begin so."""
    try:
        return [
            str(each["path"]) for found in obstore.list(object_store(uri), prefix=prefix) for each in found
        ]
    except FileNotFoundError:
        return []
    except (BaseError, OSError) as fault:
        raise storage_fault(uri, fault) or fault from fault


def remove_below(uri: str, prefix: str) -> None:
    """Removes them, and in a local index the folder that held them."""
    if not is_remote(uri):
        rmtree(Path(uri) / prefix, ignore_errors=True)
    elif names := names_below(uri, prefix):
        obstore.delete(object_store(uri), names)


def _place(told: dict[str, object]) -> Place:
    return Place(**{**told, "version": tuple(told["version"])})  # type: ignore[arg-type]
