"""Encoders: one protocol, one module a backend; torch is imported only when a text has to be encoded."""

from pathlib import Path

from workbench.core.settings import DEMO_PREFIX, Pair, System
from workbench.encoders.backends.sentence_transformer import SentenceTransformerEncoder
from workbench.encoders.protocol import Encoder
from workbench.encoders.query_cache import QueryVectors

__all__ = ["Encoder", "QueryVectors", "encoders_for"]


def model_location(system: System, home: Path) -> str:
    """Folder or hub id of a system's model; `demo:NAME` is a folder in the home folder."""
    name = system.model.removeprefix(DEMO_PREFIX)
    return str(home / "models" / name) if system.model.startswith(DEMO_PREFIX) else system.model


def encoders_for(pair: Pair, home: Path) -> dict[str, Encoder]:
    """An encoder for each system of `pair`; nothing is loaded before its first text."""
    return {name: _encoder(system, home) for name, system in pair.systems.items()}


def _encoder(system: System, home: Path) -> Encoder:
    if not system.url:
        return SentenceTransformerEncoder(system, model_location(system, home))
    from workbench.encoders.backends.embeddings_api import (
        EmbeddingsApiEncoder,  # its HTTP library is for those who need it
    )

    return EmbeddingsApiEncoder(system)
