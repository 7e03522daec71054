"""The names of all articles in table order, as Arrow holds them: a Python string only for what is asked for."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, overload

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


class DocIds(Sequence[str]):
    """`rows`: how many; `read`: gives their Arrow arrays, once one of them is wanted. They ascend."""

    def __init__(self, rows: int, read: Callable[[], Iterator[Any]]) -> None:
        self._rows, self._read = rows, read

    @cached_property
    def array(self) -> Any:
        """All of them in one Arrow array, whose offsets have 64 bits: together they can have more than 2 GB."""
        pieces = [piece.cast(pa.large_string()) for piece in self._read()]
        return pa.concat_arrays(pieces) if pieces else pa.array([], pa.large_string())

    def __len__(self) -> int:
        return self._rows

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        found: str | list[str] = (
            self.array[place].to_pylist() if isinstance(place, slice) else self.array[place].as_py()
        )
        return found

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), 1 << 16):
            yield from self.array[start : start + (1 << 16)].to_pylist()

    def __contains__(self, doc_id: object) -> bool:
        if not isinstance(doc_id, str):
            return False
        place = bisect_left(self, doc_id)
        return place < len(self) and self[place] == doc_id

    def at(self, mask: NDArray[np.bool_]) -> "DocIds":
        """Those where `mask` (rows,) is true."""
        return DocIds(int(mask.sum()), lambda: iter([self.array.filter(pa.array(mask))]))
