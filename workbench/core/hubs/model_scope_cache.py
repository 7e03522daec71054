"""What this machine has of ModelScope: snapshots in its client's cache, one folder a commit, with their lists of files.

The client itself keeps one folder a branch, and does not know whether it is whole. Beside its `snapshots/` stand here
`refs/`, the commit that a branch was when it was last fetched, and `trees/`, the files of a commit with their sizes.
"""

import json
import os
import re
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

from workbench.core.hubs.protocol import UNWANTED, Wanted

_COMMIT = re.compile("[0-9a-f]{40}")
MAIN = "master"


def folder() -> Path:
    """The cache of ModelScope's client."""
    return Path(os.environ.get("MODELSCOPE_CACHE") or "~/.cache/modelscope").expanduser().resolve()


def repository(wanted: Wanted) -> Path:
    return folder() / f"{wanted.kind}s" / wanted.repo.replace("/", "--")


def snapshot(wanted: Wanted, commit: str) -> Path:
    return repository(wanted) / "snapshots" / commit


def cached(wanted: Wanted) -> Path | None:
    commit = wanted.revision if is_commit(wanted.revision) else _pointed_at(wanted)
    return snapshot(wanted, commit) if commit and whole(wanted, commit) else None


def whole(wanted: Wanted, commit: str) -> bool:
    """Whether every wanted file of a commit is there, in its size."""
    try:
        listed = json.loads(_list(wanted, commit).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    sizes = {path: size for path, size in listed.items() if is_wanted(path, wanted)}
    return bool(sizes) and all(_has(snapshot(wanted, commit) / path, size) for path, size in sizes.items())


def any_part(wanted: Wanted) -> bool:
    """Whether there is anything of it at all."""
    return any((repository(wanted) / "snapshots").glob("*/*"))


def is_commit(revision: str) -> bool:
    return bool(_COMMIT.fullmatch(revision))


def is_wanted(path: str, wanted: Wanted) -> bool:
    chosen = not wanted.patterns or any(fnmatch(path, pattern) for pattern in wanted.patterns)
    return chosen and not any(fnmatch(path, pattern) for pattern in UNWANTED)


def write_list(wanted: Wanted, commit: str, sizes: Mapping[str, int | None]) -> None:
    """Keeps which files, with their sizes, belong to a commit."""
    _write(_list(wanted, commit), json.dumps(sizes, ensure_ascii=False))


def point(wanted: Wanted, commit: str) -> None:
    """Lets a branch or tag stand for a commit."""
    if not is_commit(wanted.revision) and _pointed_at(wanted) != commit:
        _write(_ref(wanted), commit)


def _pointed_at(wanted: Wanted) -> str:
    try:
        commit = _ref(wanted).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
    return commit if is_commit(commit) else ""


def _ref(wanted: Wanted) -> Path:
    return repository(wanted) / "refs" / (wanted.revision or MAIN)


def _list(wanted: Wanted, commit: str) -> Path:
    return repository(wanted) / "trees" / f"{commit}.json"


def _has(path: Path, size: int | None) -> bool:
    try:
        return path.stat().st_size == size if size is not None else path.is_file()
    except OSError:
        return False


def _write(path: Path, text: str) -> None:
    """In one step, so that nobody reads a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
