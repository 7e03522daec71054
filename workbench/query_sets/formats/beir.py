"""A BEIR data set: a folder with queries.jsonl and qrels/<split>.tsv, or MTEB's with qrels.jsonl; packed by gzip or not."""

from dataclasses import replace
from pathlib import Path

from workbench.core.domain import Query
from workbench.core.errors import QueryError
from workbench.corpora.report import SourceReport
from workbench.query_sets.formats.qrels_files import join_qrels

TEST = "test"
_QUERIES = ("queries.jsonl", "queries.jsonl.gz")
_SPLITS = (".tsv", ".jsonl", ".csv", ".txt")
_WHOLE = ("qrels.jsonl", "qrels.jsonl.gz")  # in one file, beside the queries


def fits(path: Path) -> bool:
    """A folder, its queries, or the file of one split in its qrels."""
    folder = _folder(path)
    queries = _queries(folder)
    judged = (folder / "qrels").is_dir() or bool(_whole(folder))
    return bool(queries) and judged and path in (folder, queries, _split(path), _whole(folder))


def read(path: Path, report: SourceReport) -> list[Query]:
    """The queries that a split judges: the one that `path` is, else test, else the only one.

    A document with a query's id is that query itself (in ArguAna, arguments ask for their counterarguments): BEIR's own
    evaluation ignores it (`ignore_identical_ids`).
    """
    folder = _folder(path)
    queries = _queries(folder) or folder / _QUERIES[0]
    judged = join_qrels(queries, _split(path) or _default_split(folder), report, all_topics=False)
    return [replace(query, own_documents=(query.query_id,)) for query in judged]


def split_name(path: Path) -> str:
    """What the split in a file of qrels is called.

    >>> split_name(Path("fiqa/qrels/dev.tsv.gz"))
    'dev'
    """
    return Path(path.name.removesuffix(".gz")).stem


def _plain_suffix(path: Path) -> str:
    return Path(path.name.lower().removesuffix(".gz")).suffix


def _split(path: Path) -> Path | None:
    return path if path.parent.name == "qrels" and _plain_suffix(path) in _SPLITS else None


def _folder(path: Path) -> Path:
    if _split(path):
        return path.parent.parent
    return path.parent if path.is_file() else path


def _queries(folder: Path) -> Path | None:
    return next((folder / name for name in _QUERIES if (folder / name).is_file()), None)


def _whole(folder: Path) -> Path | None:
    return next((folder / name for name in _WHOLE if (folder / name).is_file()), None)


def _default_split(folder: Path) -> Path:
    in_folder = (folder / "qrels").iterdir() if (folder / "qrels").is_dir() else ()
    splits = sorted(filter(_split, in_folder)) or list(filter(None, [_whole(folder)]))
    candidates = [split for split in splits if split_name(split) == TEST] or splits
    if len(candidates) != 1:
        has = f"has the splits {', '.join(map(split_name, splits))}" if splits else "has no split"
        raise QueryError(
            str(folder / "qrels"),
            has,
            wanted=f"{TEST}.tsv, or a single file",
            remedy="give the path of the split to use",
        )
    return candidates[0]
