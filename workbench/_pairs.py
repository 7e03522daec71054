"""Pair files with every kind of source and of training data that the workbench knows."""

from pathlib import Path

from workbench.core import pair_files
from workbench.core.settings import Pair
from workbench.corpora.sources import SOURCES
from workbench.query_sets.formats import TRAINING

KINDS = pair_files.SourceKinds(
    corpus=tuple(dict.fromkeys(source.Settings for source in SOURCES.values())), training=TRAINING
)


def read_pair(name: str, variant: str = "") -> Pair:
    """The packaged pair of that name, or the pair in that TOML file; with one of its variants where that is named."""
    return pair_files.read_pair(name, KINDS, variant)


def parse_pair(text: str, path: Path) -> Pair:
    """The pair that `text` describes; relative paths in it are taken from the folder of `path`."""
    return pair_files.parse_pair(text, path, KINDS)
