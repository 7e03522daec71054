"""What every encoder offers, and the records in which it describes itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from workbench.core.vectors import Vectors

SERVED = "served:"  # before the name of a server's model, in the place of a digest of its weights


@dataclass(frozen=True)
class EncoderDescription:
    """What made a column of vectors, in the words that stand in the table `builds`.

    `weights`: a digest of a folder's files, `name@commit` of a hub, or `served:model`, with `@` and what the server tells
    its model by, where it does; `max_seq_length`: empty where it is the model's own; `query_fields`, `document_fields`:
    JSON of what a server gets beside the texts, empty where that is nothing; `tokenizer`: of full text; `versions`: JSON of what else had a hand in
    the vectors (libraries, device, precision; what a server tells of its model); `address`: where a server was asked,
    without secrets.
    """

    model: str
    weights: str
    query_prompt: str
    document_template: str
    dtype: str
    max_seq_length: str
    versions: str
    query_fields: str = ""
    document_fields: str = ""
    tokenizer: str = ""
    address: str = ""


@dataclass(frozen=True)
class Origin:
    """Where a model comes from.

    `place`: a folder, the id of a hub's repository, or a server's address without credentials; `commit`: of a
    repository, where this machine has it.
    """

    kind: Literal["folder", "hub", "server"]
    place: str
    commit: str = ""


@dataclass(frozen=True)
class Structure:
    """What a loaded transformer can take in.

    `max_tokens`: the longest text; `both_directions`: whether earlier tokens see later ones.
    """

    max_tokens: int
    both_directions: bool


class Encoder(Protocol):
    """Turns texts into unit vectors of one width.

    `document_fingerprint` and `query_fingerprint` change with whatever changes the vectors: weights, prompts,
    template, dtype, maximal length, fields of requests.
    """

    @property
    def document_fingerprint(self) -> str: ...

    @property
    def query_fingerprint(self) -> str: ...

    @property
    def description(self) -> EncoderDescription:
        """Model, weights, prompts, dtype and library versions, as recorded in `builds`."""
        ...

    @property
    def origin(self) -> Origin:
        """Where the model comes from, as far as this machine can tell; nobody is asked."""
        ...

    @property
    def device(self) -> str:
        """What encodes: cuda, mps or cpu; empty where a server does. An EncoderError where this machine has none such."""
        ...

    @property
    def precision(self) -> str:
        """What is computed in: float32, bfloat16 or a mixture; empty where only a server knows."""
        ...

    @property
    def card_memory(self) -> int | None:
        """Bytes of the graphics card that encodes; None where the machine's own memory, or a server's, is used."""
        ...

    def check_installed(self) -> None:
        """An EncoderError where a library that encoding needs is not installed; none is imported."""
        ...

    def check_files(self) -> None:
        """An EncoderError where the files on this machine already tell that the model cannot be loaded."""
        ...

    def structure(self) -> Structure | None:
        """Length and attention of the model, which is loaded for it; None where that cannot be told."""
        ...

    def check_trainable(self) -> None:
        """An EncoderError where this machine has no weights to train; nothing is loaded."""
        ...

    def trainable(self) -> Any:
        """A SentenceTransformer of its own, in float32, to be trained."""
        ...

    def pin_revision(self, weights: str) -> None:
        """Encodes with the weights that an index was built with.

        Only where a hub gives them and this machine has none of its own yet, or where a server did not tell of its own.
        """
        ...

    def expect(self, texts: Sequence[str], vectors: Vectors) -> None:
        """What the index in use has of some documents, (n, d) float32 unit rows.

        Only a server needs it, whose weights can change unseen: it is asked for the same before its first new vector, and
        an EncoderError says where it gives others.
        """
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
        """(n, d) float32, unit rows; `texts` are already formatted by the system's template.

        `progress(done)` as it goes on.
        """
        ...

    def release(self) -> None:
        """Frees the memory that encoding took; it can be used again."""
        ...
