"""Results as files for other tools."""

import io
import json
import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.domain import Article, Hit, Qrels
from workbench.core.errors import OutputError, QueryError
from workbench.index.reading import Citable
from workbench.query_sets.query_set import QuerySet

Names = Mapping[str, str]
AS_THEY_ARE: Names = {}


def write_json(result: Any, path: Path | None) -> str:
    """`result` as JSON with sorted keys, so that the same input gives the same bytes; written to `path` where one is given."""
    text = json.dumps(result, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    if path:
        write_text(text, path)
    return text


def write_text(text: str, path: Path) -> None:
    """Writes UTF-8 with the line ends as they are; makes the folder where it is missing. An OutputError where it cannot."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    except OSError as fault:
        raise _unwritable(path, fault.strerror) from fault


def check_place(path: Path, *, folder: bool = False) -> None:
    """An OutputError where no file, or no `folder` of files, can be written there: before work of minutes, not after it."""
    place = path if folder else path.parent
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise _unwritable(path, fault.strerror) from fault
    if path.is_dir() and not folder:
        raise _unwritable(path, "Is a directory")
    if not os.access(path if path.exists() else place, os.W_OK):
        raise _unwritable(path, "Permission denied")


def _unwritable(path: Path, why: str | None) -> OutputError:
    return OutputError(str(path), f"cannot be written ({why})", remedy="give another place")


def zipped(files: Mapping[str, str]) -> bytes:
    """Text files as one archive; the same files give the same bytes."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, text in files.items():
            writer.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text.encode(), zipfile.ZIP_DEFLATED)
    return archive.getvalue()


def source_names(articles: Iterable[Citable | Article]) -> dict[str, str]:
    """`doc_id` -> what its source calls it, where no other article is called so and it holds no white space.

    By these names other tools know the documents of a data set, and its own qrels judge them; what has none is called
    by its `doc_id`. Citations by either name resolve.
    """
    articles = list(articles)
    counts = Counter(article.source_id for article in articles)
    counts.update(article.doc_id for article in articles if article.doc_id != article.source_id)
    return {
        article.doc_id: article.source_id
        for article in articles
        if counts[article.source_id] == 1 and article.source_id and not re.search(r"\s", article.source_id)
    }


def trec_files(
    query_set: QuerySet, runs: Mapping[str, Mapping[str, Sequence[Hit]]], names: Names = AS_THEY_ARE
) -> dict[str, str]:
    """File name -> text: topics and qrels, which together are a query set again, and each run under its tag.

    `names`: `doc_id` -> what the files call it, where that is something else (`source_names`).
    """
    queries = _trec_ids(query_set.qrels)
    topics = "".join(f"{queries[query.query_id]}\t{query.text}\n" for query in query_set.judged)
    run_files = {f"{tag}.run": trec_run(run, tag, names) for tag, run in runs.items()}
    return {"topics.tsv": topics, "qrels.txt": trec_qrels(query_set.qrels, names)} | run_files


def trec_run(run: Mapping[str, Sequence[Hit]], tag: str, names: Names = AS_THEY_ARE) -> str:
    """A run in TREC's format (query_id Q0 doc_id rank score tag).

    Tools sort by score, in float32 and with ties in an order of their own. So equal scores are told apart in the last
    bit, and every tool reads the ranks that are written here.
    """
    queries = _trec_ids(run)
    lines = []
    for query_id, hits in run.items():
        score = np.float32(np.inf)
        for rank, hit in enumerate(hits, 1):
            score = min(np.float32(hit.score), np.nextafter(score, np.float32(-np.inf)))
            doc_id = names.get(hit.doc_id, hit.doc_id)
            lines.append(f"{queries[query_id]} Q0 {doc_id} {rank} {score:.9g} {tag}\n")
    return "".join(lines)


def trec_qrels(qrels: Qrels, names: Names = AS_THEY_ARE) -> str:
    """Qrels in TREC's format (query_id 0 doc_id relevance)."""
    queries = _trec_ids(qrels)
    return "".join(
        f"{queries[query_id]} 0 {names.get(doc_id, doc_id)} {relevance}\n"
        for query_id, row in qrels.items()
        for doc_id, relevance in sorted(row.items())
    )


def _trec_ids(query_ids: Iterable[str]) -> dict[str, str]:
    """Query ids without white space, which separates the fields."""
    names = {query_id: "_".join(query_id.split()) for query_id in query_ids}
    twice = next((name for name, count in Counter(names.values()).items() if count > 1), None)
    if twice is not None:
        raise QueryError(
            "query_id",
            f'two of them are "{twice}" without white space',
            remedy="rename one before writing TREC files",
        )
    return names
