"""Texts in requests that a server takes: halved where one is too large, and where one text in it fails."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from workbench.core.vectors import Vectors
from workbench.encoders.backends.api_faults import Refusal, why_no_vector

WHOLE, PART, ALONE = 99, 1, 2  # tries of a request: as many as there are, of a half, and of a text alone


@dataclass(frozen=True)
class Part:
    """Vectors of some texts, (n, d) float32; a row of NaN for each position in `failed`, with why."""

    vectors: Vectors
    failed: Mapping[int, str] = field(default_factory=dict)


def joined(parts: list[Part]) -> Part:
    """Parts one after the other; rows of a part that has no vector at all are as wide as the others."""
    width = max(part.vectors.shape[1] for part in parts)
    blocks, failed, start = list[Vectors](), dict[int, str](), 0
    for part in parts:
        blank = not part.vectors.shape[1]
        blocks.append(np.full((len(part.vectors), width), np.nan, np.float32) if blank else part.vectors)
        failed |= {start + row: why for row, why in part.failed.items()}
        start += len(part.vectors)
    return Part(np.concatenate(blocks), failed)


class Batches:
    """Sends texts by `ask(texts, tries)`, at most `size` of them and so many `characters` at a time.

    `healthy`: whether the server takes another text, asked where a refusal does not say what it is of. What a server
    found too large is halved, and `size` lowered to what it took, for as long as this lives.
    """

    def __init__(
        self, ask: Callable[[list[str], int], Part], healthy: Callable[[], bool], size: int, characters: int
    ) -> None:
        self._ask, self._healthy = ask, healthy
        self.size, self._characters, self._well = size, characters, False

    def parts(self, texts: list[str]) -> Iterator[Part]:
        """The vectors of each request's texts; a Refusal where it is not for one text's sake."""
        first = 0
        while first < len(texts):
            batch = self._next(texts, first)
            size, self._well = self.size, False
            part = self._sent(batch, WHOLE)
            if part.failed:  # then halves were too large for that text's sake
                self.size = size
            yield part
            first += len(batch)

    def _next(self, texts: list[str], first: int) -> list[str]:
        last, characters = first + 1, len(texts[first])
        while last < min(first + self.size, len(texts)) and characters + len(texts[last]) <= self._characters:
            characters += len(texts[last])
            last += 1
        return texts[first:last]

    def _sent(self, texts: list[str], tries: int) -> Part:
        if len(texts) > self.size:
            starts = range(0, len(texts), self.size)
            return joined([self._sent(texts[start : start + self.size], tries) for start in starts])
        try:
            return self._ask(texts, tries)
        except Refusal as refusal:
            alone = len(texts) == 1
            if not refusal.may_be_a_text or not (refusal.too_large or self._is_well(again=alone)):
                raise
            return _failed(refusal) if alone else self._halved(texts, refusal)

    def _is_well(self, *, again: bool) -> bool:
        """Whether the server takes another text; asked once for each batch, and before a text is given up (`again`)."""
        if again or not self._well:
            self._well = self._healthy()
        return self._well

    def _halved(self, texts: list[str], refusal: Refusal) -> Part:
        half = (len(texts) + 1) // 2
        left = self._sent(texts[:half], PART if half > 1 else ALONE)
        if refusal.too_large and not left.failed:
            self.size = min(self.size, half)
        return joined([left, self._sent(texts[half:], PART if len(texts) - half > 1 else ALONE)])


def _failed(refusal: Refusal) -> Part:
    """One text without a vector."""
    return Part(np.empty((1, 0), np.float32), {0: why_no_vector(refusal)})
