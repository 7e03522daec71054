"""Whether a build has room: old and new table and staging stand side by side, vectors lie in a temporary file."""

import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

from workbench.cli.doctor.case import Case
from workbench.cli.doctor.figures import size
from workbench.cli.doctor.finding import Finding, Findings, fail, ok
from workbench.core.domain import Article


def index_bytes(articles: Collection[Article], components: int) -> int:
    """Estimate of an index: texts, and in float32 `components` of all vectors of one article."""
    texts = sum(len(f"{article.doc_id}{article.text}".encode()) for article in articles)
    return 4 * components * len(articles) + texts


def check(case: Case) -> Findings:
    if not case.articles:
        return
    new = index_bytes(case.articles, sum(map(sum, case.dims.values())))
    staging = sum(4 * case.dims[name][0] * len(missing) for name, missing in case.missing.items())
    gathered = 4 * case.widths * len(case.articles)
    temporary = Path(tempfile.gettempdir())
    if "://" in case.uri:
        found = f"index of about {size(new)} at {case.uri}, {size(new + staging)} more while it is built"
        yield ok("disk", found)
    elif _same_disk(_nearest(Path(case.uri)), temporary):
        yield _index(Path(case.uri), new, new + staging + gathered)
        return
    else:
        yield _index(Path(case.uri), new, new + staging)
    remedy = "make room, or set TMPDIR to a folder on a larger disk"
    yield _compared(f"about {size(gathered)} to gather vectors", gathered, temporary, remedy)


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
