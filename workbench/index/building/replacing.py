"""The new table out of its units: one commit of the rows, then what goes with them, then the rows of `builds` that name it."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa

from workbench.core.dimensions import ALL
from workbench.core.settings import Pair
from workbench.index.building.data_files import DataFolder, Fragment
from workbench.index.building.finished import FinishedIndex
from workbench.index.building.staged import Filled
from workbench.index.building.units import Unit
from workbench.index.checking import DATA
from workbench.index.checksums import CHECKSUMS, COLUMN, FRAGMENTS, Recorded, record, record_all_files
from workbench.index.columns import (
    BUILD_SCHEMA,
    DESCRIBED,
    Column,
    column_name,
    differing_keys,
    recorded,
)
from workbench.index.fulltext import build_full_text, describe
from workbench.index.reading import ARTICLES, BUILDS
from workbench.index.scalar import build_scalar
from workbench.index.storage import connect

_KEEP_OLD = timedelta(days=1)  # how long a page that is open can go on reading a replaced table


@dataclass(frozen=True)
class NewTable:
    """What the table is to hold: units, and by system its dimensions, widest first, their vectors by unit, and what made them.

    `schema`: of the text columns; `subset`: the record of how the articles were selected.
    """

    pair: Pair
    schema: pa.Schema
    units: Sequence[Unit]
    dims: Mapping[str, Sequence[int]]
    filled: Mapping[str, Mapping[str, Filled]]
    builds: Mapping[str, Mapping[str, str]]
    subset: str

    @property
    def rows(self) -> int:
        return sum(unit.rows for unit in self.units)

    @property
    def vector_columns(self) -> Iterator[tuple[str, str, int]]:
        """Column, its system and dimension, in the table's order."""
        return ((column_name(name, dim), name, dim) for name, dims in self.dims.items() for dim in dims)

    @property
    def full_schema(self) -> pa.Schema:
        vectors = (pa.field(column, pa.list_(pa.float32(), dim)) for column, _, dim in self.vector_columns)
        return pa.schema([*self.schema, *vectors])

    @property
    def fragments(self) -> list[Fragment]:
        found, start = list[Fragment](), 0
        for unit in self.units:
            vectors = {
                column: self.filled[name][unit.name].places[dim] for column, name, dim in self.vector_columns
            }
            found.append(Fragment(start, unit.rows, {**unit.texts, **vectors}))
            start += unit.rows
        return found

    @property
    def files(self) -> set[str]:
        """The files of its rows, by their paths in the table's folder."""
        return {f"{DATA}/{place.file}" for each in self.fragments for place in each.places.values()}

    @property
    def checksums(self) -> dict[str, Recorded]:
        """Those of each column's runs."""
        runs = {
            name: [run for unit in self.units for run in unit.digests[name]] for name in self.schema.names
        }
        for column, name, dim in self.vector_columns:
            runs[column] = [run for unit in self.units for run in self.filled[name][unit.name].digests[dim]]
        return {name: Recorded(self.rows, tuple(each)) for name, each in runs.items()}


def replace_table(uri: str, old: FinishedIndex | None, new: NewTable) -> bool:
    """Makes `new` the table at `uri`; False where it is there already, just so."""
    if old and _is_same(old, new):
        return False
    database, build_id = connect(uri), uuid.uuid4().hex
    folder = DataFolder(uri)
    _record(database, [])  # so that the table is there
    folder.commit(new.full_schema.with_metadata({"build_id": build_id}), new.fragments)
    written = database.open_table(ARTICLES)
    build_full_text(written, new.pair.lexical)
    build_scalar(database, written, {old.index.build_id} if old else set())
    record(database, build_id, COLUMN, new.checksums)
    cut = Recorded(new.rows, tuple(str(unit.rows) for unit in new.units))
    record(database, build_id, FRAGMENTS, {ARTICLES: cut})
    known = old.index.checksums.files if old else {}
    record_all_files(database, uri, ARTICLES, build_id, known=known, staying=new.files)
    _record(database, _rows(new, build_id))
    folder.clean(_KEEP_OLD)
    kept = ", ".join(f"'{kept}'" for kept in {build_id, old.index.build_id if old else build_id})
    for each in (BUILDS, CHECKSUMS):
        database.open_table(each).delete(f"build_id NOT IN ({kept})")
    return True


def _is_same(old: FinishedIndex, new: NewTable) -> bool:
    """Whether `old` is all that is wanted, and as it was built."""
    index, columns = old.index, {column: name for column, name, _ in new.vector_columns}
    full_text = {column_name(name, ALL): each for name, each in new.pair.lexical.items()}
    if columns.keys() | full_text.keys() != set(index.builds) or old.fragments != new.fragments:
        return False
    same_records = all(
        recorded(index.builds[column], key) == recorded(new.builds[name], key)
        for column, name in columns.items()
        for key in ("address", "skipped")
    )
    same_texts = all(
        not differing_keys(index.builds[column], describe(system)) and index.has_full_text(column)
        for column, system in full_text.items()
    )
    is_sound = index.is_newest and index.has_checksums and not index.damaged_records()
    return same_records and same_texts and is_sound and new.subset == index.subset


def _rows(new: NewTable, build_id: str) -> list[Column]:
    """What `builds` says of each column."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    vectors = [
        Column(
            build_id=build_id,
            column=column,
            system=name,
            label=new.pair.systems[name].label,
            dim=dim,
            rows=new.rows,
            built=new.builds[name].get("built", now),
            chosen=new.subset,
            skipped=recorded(new.builds[name], "skipped"),
            **{key: recorded(new.builds[name], key) for key in (*DESCRIBED, "fingerprint")},
        )
        for column, name, dim in new.vector_columns
    ]
    texts = [
        Column(
            build_id=build_id,
            column=column_name(name, ALL),
            system=name,
            label=system.label,
            dim=ALL,
            rows=new.rows,
            built=now,
            chosen=new.subset,
            fingerprint="",
            **asdict(describe(system)),
        )
        for name, system in new.pair.lexical.items()
    ]
    return vectors + texts


def _record(database: Any, columns: Sequence[Column]) -> None:
    """Adds rows to `builds`; where an older version wrote that table, columns that it lacks are added first."""
    rows = pa.Table.from_pylist([asdict(column) for column in columns], schema=BUILD_SCHEMA)
    if BUILDS not in database.list_tables().tables:
        database.create_table(BUILDS, rows)
        return
    builds = database.open_table(BUILDS)
    lacking = [name for name in BUILD_SCHEMA.names if name not in builds.schema.names]
    if lacking:
        builds.add_columns(dict.fromkeys(lacking, "cast('' as string)"))
    builds.add(rows)
