"""Encoders: one protocol, one module a backend; torch is imported only when a text has to be encoded."""

from pathlib import Path

from workbench.core.settings import Pair
from workbench.encoders.backends import make_encoder
from workbench.encoders.protocol import Encoder, EncoderDescription, Origin, Structure
from workbench.encoders.query_cache import QueryVectors

__all__ = ["Encoder", "EncoderDescription", "Origin", "QueryVectors", "Structure", "encoders_for"]


def encoders_for(pair: Pair, home: Path) -> dict[str, Encoder]:
    """Dense system -> its encoder; nothing is loaded before its first text."""
    return {name: make_encoder(system, home) for name, system in pair.dense.items()}
