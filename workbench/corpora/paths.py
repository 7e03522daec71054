"""Paths of sources, which users write: where nothing can be read, one clear message says so."""

from pathlib import Path

from workbench.core.errors import CorpusError
from workbench.core.pair_checks import path_fault
from workbench.core.pair_text import LONGEST_PATH, shortened

CORRECT_PATH = "correct `path` in the pair file"


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
