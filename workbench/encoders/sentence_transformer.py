"""Models loaded by `sentence_transformers`, from a local folder or a hub."""

import hashlib
import json
import threading
from collections.abc import Sequence
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.encoders.static_embedding import StaticModel, read_static
from workbench.errors import EncoderError
from workbench.settings import System
from workbench.vectors import Vectors, checked

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_LIBRARIES = ("sentence-transformers", "transformers", "torch")


class SentenceTransformerEncoder:
    """One system's model; `location` is a folder or a hub id. Safe to share between threads."""

    def __init__(self, system: System, location: str) -> None:
        self._system, self._location = system, location
        self._lock = threading.Lock()

    @cached_property
    def _model(self) -> "SentenceTransformer":
        _check_folder(self._location)
        import torch
        from sentence_transformers import SentenceTransformer

        try:
            model = SentenceTransformer(
                self._location,
                revision=self._system.revision or None,
                trust_remote_code=False,
                model_kwargs={"dtype": getattr(torch, self._system.dtype), "use_safetensors": True},
            )
        except Exception as fault:  # whatever the libraries raise for a missing, gated or damaged model
            raise EncoderError(self._location, f"cannot be loaded ({type(fault).__name__}: {fault})", remedy=_remedy(self._location)) from fault
        if self._system.max_seq_length:
            model.max_seq_length = self._system.max_seq_length
        return model.eval()

    @cached_property
    def document_fingerprint(self) -> str:
        return _digest(*self._identity, self._system.document_template)

    @cached_property
    def query_fingerprint(self) -> str:
        return _digest(*self._identity, self._system.query_prompt)

    @property
    def _identity(self) -> tuple[str, ...]:
        return (weights_fingerprint(self._location, self._system.revision), self._system.dtype, str(self._system.max_seq_length))

    @cached_property
    def description(self) -> dict[str, str]:
        return {
            "model": self._system.model,
            "weights": weights_fingerprint(self._location, self._system.revision),
            "query_prompt": self._system.query_prompt,
            "document_template": self._system.document_template,
            "dtype": self._system.dtype,
            "max_seq_length": str(self._system.max_seq_length or ""),
            "versions": json.dumps({library: version(library) for library in _LIBRARIES}),
        }

    @cached_property
    def _static(self) -> StaticModel | None:
        """The model where NumPy can read it, so that a question does not wait for torch."""
        plain = self._system.dtype == "float32" and not self._system.max_seq_length
        return read_static(Path(self._location)) if plain else None

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        prompted = [self._system.query_prompt + text for text in texts]
        with self._lock:
            if self._static:
                return checked(self._static.encode(prompted), 1, self._system.label)
        return self._encode(prompted)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        return self._encode(list(texts))

    def _encode(self, texts: list[str]) -> Vectors:
        with self._lock:  # one model, one text at a time: fast tokenizers are not re-entrant
            vectors = self._model.encode(texts, prompt="", convert_to_numpy=True, show_progress_bar=False)
        return checked(vectors, 1, self._system.label)


@lru_cache(maxsize=16)
def _folder_digest(files: tuple[tuple[str, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for name, _, _ in files:
        with open(name, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def weights_fingerprint(location: str, revision: str = "") -> str:
    """What identifies the weights: a digest of a folder's files, or a hub id with its revision."""
    folder = Path(location)
    if not folder.is_dir():
        return f"{location}@{revision or 'main'}"
    paths = sorted(path for path in folder.rglob("*") if path.suffix in (".safetensors", ".json", ".model", ".txt") and path.is_file())
    return _folder_digest(tuple((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in paths))


def _check_folder(location: str) -> None:
    folder = Path(location)
    if folder.is_absolute() and not (folder / "modules.json").is_file():
        state = "is no SentenceTransformer folder (modules.json is missing)" if folder.is_dir() else "does not exist"
        raise EncoderError(location, state, remedy=_remedy(location))


def _remedy(location: str) -> str:
    if Path(location).parent.name == "models" and Path(location).name in ("base", "tuned"):
        return "run `workbench demo --build-only` to train the demo pair again"
    return "correct `model` in the pair file: a folder relative to it, or a hub id that this machine can reach"


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
