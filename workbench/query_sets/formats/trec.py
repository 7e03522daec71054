"""A TREC test collection: a file qrels… and, in the same folder, a file topics… or queries… ."""

from pathlib import Path

from workbench.core.domain import Query
from workbench.core.errors import QueryError
from workbench.corpora.report import SourceReport
from workbench.query_sets.formats.columns import roles_of
from workbench.query_sets.formats.qrels_files import join_qrels
from workbench.query_sets.formats.texts import first_keys

_QRELS = ("qrels",)
_TOPICS = ("topics", "queries")


def fits(path: Path) -> bool:
    """A folder with a file qrels…, or one of the two files; a file that holds questions and their answers is none."""
    if path.is_dir():
        return bool(_called(path, _QRELS))
    called_so = path.suffix.lower() == ".tsv" or path.name.lower().startswith(("qrels", "topics"))
    return called_so and path.is_file() and _is_half(path)


def _is_half(path: Path) -> bool:
    """Whether a file holds questions or judgements, not both, which is a query set by itself; JSON has to be qrels."""
    roles = roles_of(first_keys(path)).keys()
    if path.suffix.lower() in (".jsonl", ".json"):
        return {"query_id", "doc_id"} <= roles and "text" not in roles
    return not ("text" in roles and roles & {"relevant", "doc_id", "article"})


def read(path: Path, report: SourceReport) -> list[Query]:
    """All topics with what the qrels call relevant; of several files beside the given one, that which ends as it does counts.

    So qrels.dev.tsv goes with queries.dev.tsv.
    """
    given = "" if path.is_dir() else path.name.lower()
    folder = path.parent if given else path
    qrels = path if given.startswith(_QRELS) else _only(folder, _QRELS, like=given)
    topics = path if given and qrels != path else _only(folder, _TOPICS, like=qrels.name.lower())
    return join_qrels(topics, qrels, report, all_topics=True)


def _called(folder: Path, words: tuple[str, ...]) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name.lower().startswith(words) and path.is_file())


def _only(folder: Path, words: tuple[str, ...], like: str) -> Path:
    """The only file in `folder` that begins with one of `words`, and of several the one that goes on like the name `like`."""
    files = _called(folder, words)
    if len(files) > 1:
        files = [path for path in files if _rest(path.name.lower()) == _rest(like)] or files
    if len(files) != 1:
        wanted = " or ".join(f"{word}…" for word in words)
        has = f"holds {', '.join(path.name for path in files)}" if files else f"holds no file {wanted}"
        raise QueryError(
            str(folder),
            has,
            wanted=f"one file {wanted}",
            remedy="give the path of the qrels file to use, with its topics beside it",
        )
    return files[0]


def _rest(name: str) -> str:
    """What follows the first word of a file name, without its last suffix: ".dev" of qrels.dev.tsv."""
    stem = Path(name.removesuffix(".gz")).stem
    return stem.removeprefix(next((word for word in (*_QRELS, *_TOPICS) if stem.startswith(word)), ""))
