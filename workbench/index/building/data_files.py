"""The data files of the table `articles`: written and read one by one, and put together to a version of the table.

A fragment is a run of rows; each of its data files holds some of its columns. LanceDB has no interface to them, so this is
done with `pylance`, by the same makers.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import lance
import pyarrow as pa
from lance.file import LanceFileReader, LanceFileWriter
from lance.fragment import DataFile, FragmentMetadata

from workbench.core.settings import is_remote
from workbench.index.reading import ARTICLES
from workbench.index.storage import options_for

BATCH_ROWS = 1024  # rows that are read or written at a time


@dataclass(frozen=True)
class Place:
    """Where the values of one column of one fragment are: which column of which data file.

    `size`: bytes of the file; `version`: of its format.
    """

    file: str
    number: int
    size: int
    version: tuple[int, int]


Places = Mapping[str, Place]  # by column


@dataclass(frozen=True)
class Fragment:
    """A run of rows of a table, `start` its first one."""

    start: int
    rows: int
    places: Places


class DataFolder:
    """The data files of the index at `uri`."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._table = f"{uri}/{ARTICLES}.lance"
        self._options: dict[str, str] | None = dict(options_for(uri)) if is_remote(uri) else None

    def write(self, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> dict[str, Place]:
        """Writes a file of its own; where each column of `schema` is."""
        name = f"{uuid4().hex}.lance"
        writer = LanceFileWriter(self._path(name), schema, storage_options=self._options)
        for batch in batches:
            writer.write_batch(batch)
        writer.close()
        metadata: Any = LanceFileReader(self._path(name), storage_options=self._options).metadata()
        version = metadata.major_version, metadata.minor_version
        return {
            column: Place(name, number, int(writer.size_bytes or 0), version)
            for number, column in enumerate(schema.names)
        }

    def read(self, places: Places, batch_rows: int = BATCH_ROWS) -> Iterable[pa.RecordBatch]:
        """The values of some columns of one file, named as in `places`."""
        (file,) = {place.file for place in places.values()}
        path = self._path(file)
        there = LanceFileReader(path, storage_options=self._options).metadata().schema.names
        names = {there[place.number]: column for column, place in places.items()}
        reader = LanceFileReader(path, storage_options=self._options, columns=list(names))
        for batch in reader.read_all(batch_size=batch_rows).to_batches():
            yield batch.rename_columns([names[name] for name in batch.schema.names])

    def sees(self, place: Place) -> bool:
        """Whether a file is there, as far as this machine can tell without asking a storage."""
        return self._options is not None or Path(self._path(place.file)).is_file()

    def table(self, places: Places) -> pa.Table:
        """All values of some columns of a fragment, whatever files they are in."""
        by_file: dict[str, dict[str, Place]] = defaultdict(dict)
        for column, place in places.items():
            by_file[place.file][column] = place
        columns: dict[str, Any] = {}
        for own in by_file.values():
            part = pa.Table.from_batches(self.read(own))
            columns |= {name: part[name] for name in part.column_names}
        return pa.table({name: columns[name] for name in places})

    def fragments(self, version: int) -> list[Fragment]:
        """The fragments of one version of the table, in order; none where one has lost rows."""
        dataset = self._dataset(version)
        names = {field.id(): field.name() for field in dataset.lance_schema.fields()}
        found, start = list[Fragment](), 0
        for each in (fragment.metadata for fragment in dataset.get_fragments()):
            if each.num_deletions:
                return []
            places = {
                names[key]: Place(
                    file.path,
                    number,
                    int(file.file_size_bytes or 0),
                    (file.file_major_version, file.file_minor_version),
                )
                for file in each.files
                for key, number in zip(file.fields, file.column_indices, strict=True)
                if key in names
            }
            found.append(Fragment(start, each.physical_rows, places))
            start += each.physical_rows
        return found

    def values_at(self, version: int, column: str, rows: Sequence[int]) -> list[Any]:
        """The values of one column at some rows of one version of the table."""
        found: list[Any] = self._dataset(version).take(list(rows), columns=[column])[column].to_pylist()
        return found

    def commit(self, schema: pa.Schema, fragments: Sequence[Fragment]) -> None:
        """Makes these fragments the newest version of the table, in one commit."""
        keys = {name: key for key, name in enumerate(schema.names)}
        made = [FragmentMetadata(0, _files(each.places, keys), each.rows) for each in fragments]
        lance.LanceDataset.commit(
            self._table,
            lance.LanceOperation.Overwrite(schema, made),
            storage_options=self._options,
        )

    def clean(self, older_than: timedelta) -> None:
        """Removes versions of before, and files that no version names; only for who holds the lock."""
        dataset = lance.dataset(self._table, storage_options=self._options)
        dataset.cleanup_old_versions(older_than=older_than, delete_unverified=True)

    def _dataset(self, version: int) -> Any:
        return lance.dataset(self._table, version=version, storage_options=self._options)

    def _path(self, name: str) -> str:
        return f"{self._table}/data/{name}"


def _files(places: Places, keys: Mapping[str, int]) -> list[DataFile]:
    """The files that hold these columns, whose ids are `keys`."""
    by_file: dict[tuple[str, int, tuple[int, int]], list[tuple[int, int]]] = defaultdict(list)
    for column, place in places.items():
        by_file[place.file, place.size, place.version].append((keys[column], place.number))
    return [
        DataFile(
            name,
            [key for key, _ in held],
            [number for _, number in held],
            *version,
            size or None,
        )
        for (name, size, version), held in by_file.items()
    ]
