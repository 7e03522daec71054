"""What every encoder offers."""

from collections.abc import Callable, Sequence
from typing import Protocol

from workbench.core.vectors import Vectors


class Encoder(Protocol):
    """Turns texts into unit vectors of one width.

    `document_fingerprint` and `query_fingerprint` change with whatever changes the vectors: weights, prompts,
    template, dtype, maximal length.
    """

    @property
    def document_fingerprint(self) -> str: ...

    @property
    def query_fingerprint(self) -> str: ...

    @property
    def description(self) -> dict[str, str]:
        """Model, weights, prompts, dtype and library versions, as recorded in `builds`."""
        ...

    def pin_revision(self, weights: str) -> None:
        """Encodes with the weights that an index was built with, where a hub gives them and this machine has none of its own yet."""
        ...

    def prepare(self) -> list[str]:
        """Loads what encoding needs and checks it; notes on what is unusual but allowed."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """(n, d) float32, unit rows; the system's query prompt is put in front here."""
        ...

    def encode_documents(
        self, texts: Sequence[str], *, progress: Callable[[int], None] = lambda _: None
    ) -> Vectors:
        """(n, d) float32, unit rows; `texts` are already formatted by the system's template. `progress(done)` as it goes on."""
        ...

    def release(self) -> None:
        """Frees the memory that encoding took; it can be used again."""
        ...
