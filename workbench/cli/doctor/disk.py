"""Whether a build has room: old and new table stand side by side, the corpus lies in a temporary file meanwhile."""

import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

from workbench.cli.doctor.case import Case
from workbench.cli.doctor.figures import size
from workbench.cli.doctor.finding import Finding, Findings, fail, ok
from workbench.core.domain import Article
from workbench.core.settings import is_remote

READING = 2000  # bytes an article of the temporary file that the corpus is read into, at most (measured)


def index_bytes(articles: Collection[Article], components: int) -> int:
    """Estimate of an index: texts, and in float32 `components` of all vectors of one article."""
    texts = sum(len(f"{article.doc_id}{article.text}".encode()) for article in articles)
    return 4 * components * len(articles) + texts


def check(case: Case) -> Findings:
    if not case.articles:
        return
    new = index_bytes(case.articles, sum(map(sum, case.dims.values())))
    reading = READING * len(case.articles)
    temporary = Path(tempfile.gettempdir())
    if is_remote(case.uri):
        yield ok("disk", f"index of about {size(new)} at {case.uri}, as much again while it is built anew")
    elif _same_disk(_nearest(Path(case.uri)), temporary):
        yield _index(Path(case.uri), new, new + reading)
        return
    else:
        yield _index(Path(case.uri), new, new)
    remedy = "make room, or set SQLITE_TMPDIR to a folder on a larger disk"
    yield _compared(f"about {size(reading)} to read the corpus", reading, temporary, remedy)


def _index(folder: Path, new: int, needed: int) -> Finding:
    old = _folder_bytes(folder)
    found = f"index of about {size(new)}; while it is built {size(old + needed)} in all"
    if old:
        found += f", {size(old)} of it the old one"
    remedy = "make room, name another place as [index] uri, or index fewer dims"
    return _compared(found, needed, _nearest(folder), remedy)


def _compared(found: str, needed: int, place: Path, remedy: str) -> Finding:
    """What is `needed` held against what is free."""
    free = shutil.disk_usage(place).free
    text = f"{found}; {size(free)} free at {place}"
    return ok("disk", text) if needed <= free else fail("disk", text, remedy)


def _same_disk(first: Path, second: Path) -> bool:
    return first.stat().st_dev == second.stat().st_dev


def _nearest(path: Path) -> Path:
    """`path`, or the nearest folder above it that is there."""
    return next(folder for folder in (path, *path.absolute().parents) if folder.exists())


def _folder_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
