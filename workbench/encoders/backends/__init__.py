"""Ways to encode: one module a backend, chosen by what a system says."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from workbench.core.settings import DenseSystem
from workbench.encoders.protocol import Encoder

# Module with a function `make(system, home)`, and the systems that it takes; the first that takes a system
# makes its encoder. Modules are imported when they are needed: their libraries are for those who use them.
BACKENDS: tuple[tuple[str, Callable[[DenseSystem], bool]], ...] = (
    ("embeddings_api", lambda system: bool(system.url)),
    ("sentence_transformer", lambda system: True),
)


def make_encoder(system: DenseSystem, home: Path) -> Encoder:
    """The encoder of `system`; `home`: where the demo pair's models lie. Nothing is loaded before its first text."""
    name = next(module for module, takes in BACKENDS if takes(system))
    encoder: Encoder = import_module(f"{__name__}.{name}").make(system, home)
    return encoder
