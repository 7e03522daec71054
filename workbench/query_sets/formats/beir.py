"""A BEIR data set: a folder with queries.jsonl and qrels/<split>.tsv."""

from pathlib import Path

from workbench.core.domain import Query
from workbench.core.errors import QueryError
from workbench.query_sets.formats.qrels_files import join_qrels

TEST = "test"


def fits(path: Path) -> bool:
    """A folder, its queries.jsonl, or the file of one split in its qrels."""
    folder = _folder(path)
    return (
        (folder / "queries.jsonl").is_file()
        and (folder / "qrels").is_dir()
        and path in (folder, folder / "queries.jsonl", _split(path))
    )


def read(path: Path) -> list[Query]:
    """The queries that a split judges: the one that `path` is, else test, else the only one."""
    folder = _folder(path)
    return join_qrels(folder / "queries.jsonl", _split(path) or _default_split(folder), without_qrels=False)


def _split(path: Path) -> Path | None:
    return path if path.parent.name == "qrels" and path.suffix.lower() == ".tsv" else None


def _folder(path: Path) -> Path:
    if _split(path):
        return path.parent.parent
    return path.parent if path.is_file() else path


def _default_split(folder: Path) -> Path:
    splits = sorted((folder / "qrels").glob("*.tsv"))
    candidates = [split for split in splits if split.stem == TEST] or splits
    if len(candidates) != 1:
        has = f"has the splits {', '.join(split.stem for split in splits)}" if splits else "has no split"
        raise QueryError(
            str(folder / "qrels"),
            has,
            wanted=f"{TEST}.tsv, or a single file",
            remedy="give the path of the split to use",
        )
    return candidates[0]
