"""Paths of sources, which users write: where nothing can be read, one clear message says so."""

import os
from pathlib import Path

from workbench.core import hub
from workbench.core.errors import CorpusError
from workbench.core.pair_checks import path_fault
from workbench.core.pair_text import LONGEST_PATH, shortened
from workbench.core.settings import Source

CORRECT_PATH = "correct `path` in the pair file"


def source_path(source: Source, *ends: str, remedy: str = CORRECT_PATH) -> Path:
    """The file or folder of a source, fetched first where a hub has it; `ends`: of the names that are fetched, by default all."""
    if is_on_hub(source):
        patterns = [f"*{end}" for end in ends]
        return hub.fetch_data_set(source.path, revision=source.revision, patterns=patterns)
    return existing_path(source.path, remedy=remedy)


def is_on_hub(source: Source) -> bool:
    """Whether a source's path names a hub's data set."""
    if hub.is_prefixed(source.path):
        return True
    return source.may_be_hub_id and not os.path.isabs(source.path) and not os.path.exists(source.path)


def existing_path(path: str | Path, *, remedy: str = CORRECT_PATH) -> Path:
    """`path`, where there is a file or a folder; else a CorpusError with this remedy."""
    place = Path(path)
    if fault := path_fault(place) or _access_fault(place):
        raise CorpusError(shortened(str(path), LONGEST_PATH), fault, remedy=remedy)
    return place


def _access_fault(path: Path) -> str:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return "does not exist"
    except OSError as fault:  # no permission, a loop of links
        return f"cannot be read ({fault.strerror})"
    return ""
