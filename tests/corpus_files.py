"""Files with invented laws, written when a test needs them, and what reading them gives."""

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.corpora import Corpus, SourceReport, read_corpus
from workbench.corpora.sources import source_of

FERRY, PLACE = "中华人民共和国渡口法", "浙江省实施《中华人民共和国渡口法》办法"

Files = Mapping[str, str | bytes]


def law(title: str, *articles: str, head: str = "") -> str:
    """A law in the tree's Markdown, its articles numbered from one."""
    body = "\n\n".join(
        f"第{number}条 {text}" for number, text in zip("一二三四五六七八九", articles, strict=False)
    )
    return f"# {title}\n\n{head}\n\n<!-- INFO END -->\n\n## 第一章 总则\n\n{body}\n"


def folder(root: Path, files: Files) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def archive(path: Path, files: Files, mode: str = "w:xz") -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def json_lines(*rows: Any) -> str:
    """Rows as JSON lines; one that is a string already stays as it is."""
    return "\n".join(row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)


def read(kind: str, path: Path, **keys: Any) -> Corpus:
    return read_corpus([source_of(kind, path=str(path), **keys)], Path())


def doc_ids(corpus: Corpus) -> list[str]:
    return [article.doc_id for article in corpus.articles]


def report_of(corpus: Corpus) -> SourceReport:
    """What the only source of `corpus` had to skip."""
    (report,) = corpus.reports.values()
    return report
