"""The demo models on real national and local law: `python -m tests.benchmarks.real_law TREE QUESTIONS [--home H] [--ann KIND …]`.

TREE is an unpacked Markdown tree of LawRefBook/Laws; QUESTIONS are JSON lines with `query_id`, `text` and `relevant`
(STARD's questions, say). Neither is part of this project. Builds an index of its own in the home folder. Prints, per
model and dimension, MRR@10, hit rate, Top-1 and the kinds of error; with --ann, what each kind of ANN index costs and
loses at the dimensions chosen.
"""

import argparse
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from time import perf_counter

from workbench.building import query_vectors
from workbench.citations import Resolver
from workbench.costs import measure_costs
from workbench.domain import Article, Level
from workbench.encoders import encoders_for
from workbench.index import ANN_KINDS, Index, build, build_ann, column_name
from workbench.judging import judge_systems
from workbench.queries import judge
from workbench.query_formats import read_queries
from workbench.settings import Pair, home_folder, read_pair

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


def read_pair_for(dims: list[int], file: Path) -> Pair:
    """The demo pair with these dimensions, as a pair of its own."""
    pair = read_pair("demo")
    return replace(pair, dims=tuple(dims or pair.dims), file=str(file))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--home")
    parser.add_argument("--dims", type=int, nargs="*", default=[])
    parser.add_argument("--ann", nargs="*", default=[], choices=sorted(ANN_KINDS))
    given = parser.parse_args()
    home = home_folder(given.home)
    pair = read_pair_for(given.dims, home / "real-law.toml")
    began = perf_counter()
    articles = read_tree(given.tree)
    query_set = judge("real", read_queries(given.questions), Resolver(articles))
    print(
        f"{len(articles):,} articles in {perf_counter() - began:.0f} s, {len(query_set.judged)} questions, {query_set.unresolved_queries} unresolved"
    )
    encoders, vectors, uri = encoders_for(pair, home), query_vectors(home), pair.index_uri(home)
    began = perf_counter()
    build(uri, articles, pair, encoders)
    print(f"built in {perf_counter() - began:.0f} s")
    index = Index(uri).require(pair, encoders)
    began = perf_counter()
    measured = judge_systems(query_set, index=index, encoders=encoders, vectors=vectors, dims=pair.dims, width=max(pair.dims))
    summary = measured.summary()
    print(f"evaluated in {perf_counter() - began:.1f} s")
    for name, by_dim in summary["systems"].items():
        for dim, row in by_dim.items():
            figures = "  ".join(
                f"{label} {row[key]:.3f}" for key, label in (("RR@10", "MRR@10"), ("Success@10", "Hit rate@10"), ("Success@1", "Top-1"))
            )
            print(
                f"{name:>6} {dim:>4}  {figures}  national→local {row['outcomes']['national→local']}  displacing articles {row['displacement']['articles']:,}"
            )
    for dim, row in summary["comparison"].items():
        print(f"{dim:>11}  {row['delta']:+.3f} ({row['interval'][0]:+.3f} to {row['interval'][1]:+.3f}), p {row['p']:.4f}")
    for kind in given.ann:
        build_ann(uri, kind)
        index = Index(uri)
        for name, by_width in measure_costs(measured, index=index, encoders=encoders, vectors=vectors).items():
            for dim, cost in by_width.items():
                found = cost.approximate
                if found:
                    took = index.ann(column_name(name, dim))["seconds"]
                    print(
                        f"{kind:>12} {name:>6} {dim:>4}  built in {took:.0f} s, {found.bytes / 1e6:.0f} MB beside {cost.column_bytes / 1e6:.0f} MB;"
                        f" {found.latency.median * 1e3:.1f} ms (p95 {found.latency.p95 * 1e3:.1f}), exact {cost.exact.median * 1e3:.0f} ms;"
                        f" recall@10 {fmean(found.recall.values()):.3f}, MRR@10 {fmean(found.rr_change.values()):+.4f}"
                    )
    build_ann(uri, "none")


if __name__ == "__main__":
    main()
