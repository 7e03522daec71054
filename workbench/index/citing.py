"""An index as the catalogue that citations are looked up in: nothing but the names of its laws is held in memory."""

from bisect import bisect
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.corpora.citations import Dates
from workbench.index.filters import in_list
from workbench.index.reading import Citable, Index


class IndexCatalogue:
    """The laws of `index` and their articles, which are asked for by query over indexed columns."""

    def __init__(self, index: Index) -> None:
        self._index = index

    @property
    def laws(self) -> Sequence[str]:
        return self._index.laws.names

    def of_laws(self, names: Collection[str]) -> list[Citable]:
        return _citable(self._index.rows_where(in_list("law", names), ["law"])) if names else []

    def called(self, names: Collection[str]) -> list[Citable]:
        condition = f"{in_list('doc_id', names)} OR {in_list('source_id', names)}"
        return _citable(self._index.rows_where(condition, ["doc_id", "source_id"])) if names else []

    def around(self, name: str) -> list[str]:
        near = sorted({*_around(self._index.doc_ids, name), *_around(self._source_ids, name)})
        return _around(near, name)

    def dates(self) -> Mapping[str, Dates]:
        return self._index.laws.dates()

    @cached_property
    def _source_ids(self) -> list[str]:
        """What sources call articles, in order: read for the message that nothing is called like a citation."""
        names: list[str] = pc.unique(
            pa.chunked_array(self._index.pieces("source_id"), pa.string())
        ).to_pylist()
        return sorted(filter(None, names))


def _around(names: Sequence[str], name: str) -> list[str]:
    """Of names in order the two before where another would stand and the two behind."""
    place = bisect(names, name)
    return list(names[max(place - 2, 0) : place + 2])


def _citable(rows: Any) -> list[Citable]:
    return list(map(Citable, *(rows[name].to_pylist() for name in Citable._fields)))
