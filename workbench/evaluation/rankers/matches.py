"""What full-text search found for the latest questions, in a temporary file, since a fusion asks the same ones again."""

from collections.abc import Callable
from tempfile import TemporaryFile
from threading import Lock
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

Match = tuple[NDArray[np.int32], NDArray[np.float32]]
_BYTES = 512e6  # of the file; beyond, it begins anew
_ROW = np.dtype([("place", np.int32), ("score", np.float32)])


class Matches:
    """Positions and scores of the articles that match a question; nothing of it stays in memory but where each stands."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 — closed with this object
        finalize(self, self._file.close)
        self._stored: dict[str, tuple[int, int]] = {}  # text -> first byte, bytes
        self._end = 0
        self._lock = Lock()

    def once(self, text: str, find: Callable[[], tuple[NDArray[np.int64], NDArray[np.float32]]]) -> Match:
        """What was found for `text`; by `find` where it is not stored."""
        with self._lock:
            if stored := self._stored.get(text):
                first, length = stored
                self._file.seek(first)
                found = np.frombuffer(self._file.read(length), _ROW)
                return found["place"], found["score"]
        places, scores = find()
        self._store(text, places, scores)
        return places.astype(np.int32), scores

    def _store(self, text: str, places: NDArray[np.int64], scores: NDArray[np.float32]) -> None:
        rows = np.empty(len(places), _ROW)
        rows["place"], rows["score"] = places, scores
        with self._lock:
            if self._end + rows.nbytes > _BYTES:
                self._stored.clear()
                self._end = 0
            self._file.seek(self._end)
            self._file.write(rows.tobytes())
            self._stored[text] = (self._end, rows.nbytes)
            self._end += rows.nbytes
