"""The laws of an index with their levels, places and dates: a fifteenth of its articles, and all that a header, a filter or a citation asks first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.domain import Level, Scope
from workbench.corpora.citations import Dates

KEYS = ("law", "level", "region", "published", "effective", "replaced")
LAWS = "laws"  # what they are called among the derived
_AT_ONCE = 64  # batches that are grouped before they are put to the others


@dataclass(frozen=True)
class LawsThere:
    """`table`: one row for each law, level, place and dates that articles have together, in the order of the first such article.

    `first` and `last`: positions of the first and the last one; `articles`: how many.
    """

    table: Any

    @cached_property
    def counts(self) -> dict[str, int]:
        """Number of articles, in all and by scope."""
        by_level = self.table.group_by("level").aggregate([("articles", "sum")]).to_pylist()
        found = {scope.value: 0 for scope in Scope}
        for row in by_level:
            found[Level(row["level"]).scope.value] += row["articles_sum"]
        return {"articles": sum(found.values())} | found

    @cached_property
    def names(self) -> list[str]:
        """The laws, in the order of their first articles."""
        found: list[str] = pc.unique(self.table["law"]).to_pylist()
        return found

    def values(self, field: str) -> list[str]:
        """The distinct values of one of KEYS, in order."""
        return sorted(pc.unique(self.table[field]).to_pylist())

    def dates(self) -> Mapping[str, Dates]:
        """When each law was published and came into force, as its last article has it."""
        rows = self.table.select(["law", "published", "effective", "last"]).sort_by("last").to_pylist()
        return {row["law"]: Dates(row["published"], row["effective"]) for row in rows}


def laws_of(batches: Iterable[Any]) -> LawsThere:
    """The laws of `batches`: record batches in table order, with those of KEYS that there are."""
    merged: Any = None
    waiting: list[Any] = []
    place = 0
    for batch in batches:
        waiting.append(_grouped(batch, place))
        place += batch.num_rows
        if len(waiting) == _AT_ONCE:
            merged, waiting = _merged([merged, *waiting]), []
    return LawsThere(_merged([merged, *waiting]).sort_by("first"))


def packed(laws: LawsThere) -> bytes:
    """As bytes, to be read again by `unpacked`."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, laws.table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as to:
        to.write_table(laws.table)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def unpacked(content: bytes) -> LawsThere:
    return LawsThere(pa.ipc.open_stream(content).read_all())


def _grouped(batch: Any, start: int) -> Any:
    keys = [name for name in KEYS if name in batch.schema.names]
    places = pa.array(range(start, start + batch.num_rows), pa.int64())
    table = pa.Table.from_arrays([*(batch[name] for name in keys), places], [*keys, "place"])
    found = table.group_by(keys).aggregate([("place", "min"), ("place", "max"), ("place", "count")])
    return found.rename_columns([*keys, "first", "last", "articles"])


def _merged(parts: list[Any]) -> Any:
    table = pa.concat_tables([part for part in parts if part is not None])
    keys = [name for name in KEYS if name in table.schema.names]
    found = table.group_by(keys).aggregate([("first", "min"), ("last", "max"), ("articles", "sum")])
    return found.rename_columns([*keys, "first", "last", "articles"])
