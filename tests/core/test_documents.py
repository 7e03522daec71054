"""What a model is given of an article, and of a document that is none."""

from pathlib import Path

import pytest

from tests.corpus_files import folder, json_lines, read
from workbench.core.documents import content_hash, format_document
from workbench.core.domain import Article, Level

DEFAULT = "title: {law} {article} | text: {text}"
ROWS = (
    {"_id": "d1", "title": "Ferry capacity", "text": "As approved."},
    {"_id": "d2", "title": "", "text": "Three lanterns."},
    {"_id": "d3", "title": "Lighthouse keeper", "text": ""},
)


@pytest.mark.parametrize(
    ("template", "texts"),
    [
        (DEFAULT, ["title: | text: Three lanterns.", "title: | text: Lighthouse keeper", "title: Ferry capacity | text: As approved."]),
        ("{law} {part} {chapter} {article}\n{text}", ["Three lanterns.", "Lighthouse keeper", "Ferry capacity\nAs approved."]),
        ("{law} {text}", ["Three lanterns.", "Lighthouse keeper", "Ferry capacity As approved."]),
        ("{text}", ["Three lanterns.", "Lighthouse keeper", "As approved."]),
    ],
)  # fmt: skip
def test_no_id_and_no_folder_reaches_a_model(template: str, texts: list[str], tmp_path: Path) -> None:
    given = []
    for name in ("ferries", "renamed"):
        articles = read("beir", folder(tmp_path / name, {"corpus.jsonl": json_lines(*ROWS)})).articles
        given.append(sorted((format_document(each, template), content_hash(each)) for each in articles))
        assert {article.doc_id for article in articles} == {"Ferrycapacity#d1", f"{name}#d2", f"{name}#d3"}
    assert given[0] == given[1]
    assert [text for text, _ in given[0]] == sorted(texts)


def test_an_article_is_given_as_it_is() -> None:
    article = Article("渡口法", "第一条", " 目的。", Level.LAW, source_id="17")
    assert format_document(article, "{law} {part} {article}{text} ") == "渡口法  第一条 目的。 "
