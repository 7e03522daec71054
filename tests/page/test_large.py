"""A pair whose index is large: what a build, `search` and the page do by default, and what they say of it."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.conftest import ARTICLES, QUERIES, save_model
from tests.page.opened import Opened, html_of
from workbench._pairs import read_pair
from workbench.cli import main
from workbench.evaluation.costs import read_costs
from workbench.index import Index

PAIR = """
name = "Large"
dims = [16, 4]
queries = ["queries.jsonl"]
[index]
exact_up_to = 6
[corpus]
sources = [{ kind = "csv", path = "articles.csv" }]
[systems.base]
label = "Base"
model = "base"
[systems.tuned]
label = "Tuned"
model = "tuned"
"""
QUESTION = "渡船最多坐几个人"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pair with its index, one article too large to be searched exactly, in `home`."""
    folder = tmp_path_factory.mktemp("large")
    for seed, name in enumerate(("base", "tuned")):
        save_model(folder / name, seed)
    (folder / "queries.jsonl").write_text(QUERIES, encoding="utf-8")
    with (folder / "articles.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [(each.law, each.article, each.text, each.level.value, each.region) for each in ARTICLES]
        csv.writer(file).writerows([("law", "article", "text", "level", "region"), *rows])
    (folder / "pair.toml").write_text(PAIR, encoding="utf-8")
    command(folder, "index", "build")
    return folder


def command(folder: Path, *arguments: str, home: str = "home") -> str:
    options = ["--pair", str(folder / "pair.toml"), "--home", str(folder / home)]
    result = CliRunner().invoke(main, [*arguments, *options])
    assert result.exit_code == 0, result.output
    return result.stdout


def kinds(folder: Path, home: str = "home") -> dict[str, str | None]:
    index = Index(read_pair(str(folder / "pair.toml")).index_uri(folder / home))
    return {column: index.ann_kind(column) for column in index.vector_columns}


def test_a_build_makes_ivf_rq_where_it_can_be_and_measures_what_it_loses(folder: Path) -> None:
    assert kinds(folder) == {"base_16": "ivf_rq", "base_4": None, "tuned_16": "ivf_rq", "tuned_4": None}
    index = Index(read_pair(str(folder / "pair.toml")).index_uri(folder / "home"))
    costs = read_costs(folder / "home", index.build_id)
    assert costs["base"]["16"]["ann"]["queries"] == 4
    assert 0 < costs["base"]["16"]["ann"]["recall@10 of exact"] <= 1
    assert "ann" not in costs["base"]["4"]
    assert costs["base"]["16"]["exact"]["searches"] >= 3


def test_none_stays_none_until_one_is_asked_for(folder: Path) -> None:
    command(folder, "index", "build", "--ann", "none", home="none")
    assert set(kinds(folder, "none").values()) == {"none"}
    command(folder, "index", "build", home="none")
    assert set(kinds(folder, "none").values()) == {"none"}
    command(folder, "index", "build", "--ann", "ivf_hnsw_sq", home="none")
    assert set(kinds(folder, "none").values()) == {"ivf_hnsw_sq"}


def test_search_works_out_ranks_elsewhere_when_asked_to(folder: Path) -> None:
    def ranks(*options: str) -> set[bool]:
        found = json.loads(command(folder, "search", QUESTION, "--depth", "2", "--json", *options))
        return {None in hit["ranks"].values() for hits in found["hits"].values() for hit in hits}

    assert True in ranks()
    assert ranks("--ranks") == {False}
    assert ranks("--exact", "--ranks") == {False}


@pytest.mark.parametrize(
    ("language", "approximate", "exactly", "switch"),
    [
        ("en", "LanceDB approximate search, which finds of the exact hits Base ", "every article scored, inner product", "Exact ranks beyond the lists"),
        ("zh", "LanceDB 近似检索，能找到精确命中的 Base ", "对全部法条逐一计分，单位向量内积", "列表之外的精确排名"),
    ],
)  # fmt: skip
def test_the_page_says_how_its_lists_were_made_and_offers_the_ranks(
    folder: Path, opened: Opened, language: str, approximate: str, exactly: str, switch: str
) -> None:
    def visit(**query: str) -> tuple[str, dict[str, bool]]:
        test = opened(folder / "pair.toml", folder / "home", lang=language, depth="5", **query)
        return html_of(test), {toggle.label: toggle.value for toggle in test.toggle}

    html, switches = visit(q="谁点灯")
    assert approximate in html
    assert "%" in html[html.index(approximate) :][:200]
    assert switches[switch] is False
    assert {"en": "not in its first 5", "zh": "不在其前 5 名"}[language] in html
    html, switches = visit(q="谁点灯", ranks="1", ann="0")
    assert exactly in html
    assert switches[switch] is True
    assert {"en": "not in its first 5", "zh": "不在其前 5 名"}[language] not in html


def test_a_judged_question_has_the_exact_ranks_of_its_articles_all_the_same(
    folder: Path, opened: Opened
) -> None:
    html = html_of(opened(folder / "pair.toml", folder / "home", q=QUESTION, depth="5"))
    table = html[html.index('class="wb-relevant"') :].partition("</table>")[0]
    assert table.count('<td class="n') == 4  # two systems, two dimensions
    assert "not in its" not in table
