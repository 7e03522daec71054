"""A desk with articles about lighthouses that do not exist: of several units, many of them in equal words."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.index.test_building_anywhere import Desk
from workbench.core.domain import Article, Level
from workbench.index import Index

COUNT = 600
MEAN = 50  # articles of a unit


def lighthouse_desk(folder: Path, **systems: dict[str, Any]) -> Desk:
    """`systems`: by name, as a pair file has them; each is given the bare text, so that equal words are equal vectors."""
    folder.mkdir()
    given = {name: {"label": name, "document_template": "{text}"} | keys for name, keys in systems.items()}
    desk = Desk(folder, folder / "home", given, dims=(16, 4))
    desk.corpus([_article(number) for number in range(COUNT)])
    queries = [
        {"query_id": str(number), "text": f"第{number}座灯塔点几盏灯", "relevant": [_named(number * 37)]}
        for number in range(12)
    ]
    lines = [json.dumps(query, ensure_ascii=False) for query in queries]
    (folder / "queries.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return desk


def assert_same(ours: Index, theirs: Index) -> None:
    """The same rows and records, vectors alike."""
    assert list(theirs.doc_ids) == list(ours.doc_ids)
    assert len(theirs.doc_ids) == COUNT
    assert _told(theirs) == _told(ours)
    for column in ours.vector_columns:
        one, other = (np.vstack(list(index.vector_batches(column))) for index in (ours, theirs))
        assert np.abs(one - other).max() <= 1e-6


def _told(index: Index) -> dict[str, dict[str, Any]]:
    """The records of `builds`, but for what tells one build from another."""
    return {
        column: {key: value for key, value in build.items() if key not in ("build_id", "built")}
        for column, build in index.builds.items()
    }


def _article(number: int) -> Article:
    text = f"第{number % 40}座灯塔由守塔人看管，夜间应当点亮三盏灯。"
    if number % 3:
        return Article(**_named(number), text=text, level=Level.LOCAL_REGULATION, region="甲省")
    return Article(**_named(number), text=text, level=Level.LAW)


def _named(number: int) -> dict[str, Any]:
    return {"law": f"第{number // 100}号灯塔条例", "article": f"第{number % 100 + 1}条"}
