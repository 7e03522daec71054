"""What full-text search found for the latest questions, since a fusion asks the same ones again."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

import numpy as np
from numpy.typing import NDArray

Match = tuple[NDArray[np.int32], NDArray[np.float32]]
_BYTES = 128e6  # in all; beyond, what was asked longest ago is forgotten


class Matches:
    """Positions and scores of the articles that match a question, for the questions asked last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Match] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def once(self, text: str, find: Callable[[], tuple[NDArray[np.int64], NDArray[np.float32]]]) -> Match:
        """What was found for `text`; by `find` where it is not kept."""
        with self._lock:
            if kept := self._kept.get(text):
                self._kept.move_to_end(text)
                return kept
        places, scores = find()
        match = places.astype(np.int32), scores
        with self._lock:
            if text not in self._kept:
                self._kept[text] = match
                self._bytes += sum(array.nbytes for array in match)
            while self._bytes > _BYTES:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= sum(array.nbytes for array in oldest)
        return match
