"""The demo models on real national and local law: `python -m tests.benchmarks.real_law TREE QUESTIONS [--home H]`.

TREE is an unpacked Markdown tree of LawRefBook/Laws; QUESTIONS are JSON lines with `query_id`, `text` and `relevant`
(STARD's questions, say). Neither is part of this project. Prints, per model and dimension, MRR@10, Top-1 and the share
of national questions with a local article on top.
"""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.tables import Held
from workbench.citations import Resolver
from workbench.domain import Article, Level, Scope
from workbench.encoders import encoders_for
from workbench.evaluation import evaluate
from workbench.index import format_document
from workbench.outcomes import classify, count
from workbench.queries import judge, read_queries
from workbench.ranking import rank
from workbench.settings import home_folder, read_pair

_ARTICLE = re.compile(r"\s*(第[零〇一二三四五六七八九十百千]+条(?:之[一二三四五六七八九十]+)?)[\s\u3000]*(.*)")
_DATE = re.compile(r"\((\d{4}-\d\d-\d\d)\)\.md$")


def read_tree(root: Path) -> list[Article]:
    """Articles of the newest version of each law, in `doc_id` order."""
    newest: dict[tuple[str, ...], tuple[str, list[Article]]] = {}
    for path in sorted(root.rglob("*.md")):
        articles = list(_articles(path, local="DLC" in path.relative_to(root).parts))
        date = match[1] if (match := _DATE.search(path.name)) else ""
        if articles and not path.name.startswith("_"):
            key = (articles[0].law, articles[0].part, articles[0].level.value)
            if key not in newest or date > newest[key][0]:
                newest[key] = (date, articles)
    by_id = {article.doc_id: article for _, articles in newest.values() for article in articles}
    return [by_id[doc_id] for doc_id in sorted(by_id)]


def _articles(path: Path, *, local: bool) -> Iterator[Article]:
    text = re.sub(r"\A\ufeff?---\n.*?\n---\n", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    head, _, body = text.partition("<!-- INFO END -->")
    titles = [line.lstrip("# ").strip() for line in head.splitlines() if re.match(r"#(?!#)", line)]
    if not titles:
        return
    part, number, lines = (titles[1] if len(titles) > 1 else ""), "", list[str]()
    level = Level.LOCAL_REGULATION if local else Level.LAW
    for line in [*(body or head).splitlines(), "第零条"]:
        match = _ARTICLE.match(line)
        if (match or line.startswith("#")) and number:
            yield Article(law=titles[0], part=part, article=number, text="\n".join(lines), level=level, region="·" if local else "")
            number = ""
        if match:
            number, lines = match[1], [match[2].strip()]
        elif number and line.strip():
            lines.append(line.strip())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--home")
    given = parser.parse_args()
    pair, articles = read_pair("demo"), read_tree(given.tree)
    by_id = {article.doc_id: article for article in articles}
    query_set = judge("real", read_queries(given.questions), Resolver(articles))
    print(f"{len(articles):,} articles, {len(query_set.judged)} questions, {query_set.unresolved_queries} unresolved")
    query_ids = [query.query_id for query in query_set.judged]
    for name, encoder in encoders_for(pair, home_folder(given.home)).items():
        template = pair.systems[name].document_template
        vectors = encoder.encode_documents([format_document(article, template) for article in articles])
        table = Held(list(by_id), vectors, np.array([article.scope is Scope.LOCAL for article in articles]))
        queries = encoder.encode_queries([query.text for query in query_set.judged])
        for dim, found in rank(table, name, pair.dims, query_ids, queries, query_set.qrels, 1).items():
            means = evaluate(found.ranks, query_set.qrels).means
            tops = {query_id: hits[0].doc_id for query_id, hits in found.hits.items()}
            outcomes = count(classify(tops, query_set.qrels, by_id).values())
            print(
                f"{name:>6} {dim:>4}  MRR@10 {means['RR@10']:.3f}  Hit rate@10 {means['Success@10']:.3f}  Top-1 {means['Success@1']:.3f}"
                f"  national→local {outcomes['national→local']}"
            )


if __name__ == "__main__":
    main()
