"""The page through AppTest, with real small services; and the HTML that it is made of."""

import shlex
import shutil
import string
import subprocess
import sys
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from streamlit.delta_generator import DeltaGenerator
from streamlit.testing.v1 import AppTest

from tests.conftest import ARTICLES, CODE, LAW, ROOT
from tests.page.opened import html_of
from workbench import Workbench
from workbench.cli import main
from workbench.core.dimensions import ALL
from workbench.core.domain import Article, Citation, Hit, Level, Scope
from workbench.core.settings import Pair
from workbench.evaluation.all_systems import MEASURES
from workbench.evaluation.asking import Answer, Listing
from workbench.evaluation.outcomes import Outcome, ScopeError
from workbench.evaluation.scores import HEADLINE, check_report
from workbench.evaluation.tables import Change, Failure, InTraining
from workbench.page import markup
from workbench.page.charts import library
from workbench.page.choices import View
from workbench.page.labels import LANGUAGES, label
from workbench.page.names import STYLES, TOPICS, level_name, slice_name
from workbench.page.report import report
from workbench.page.sections.aggregate import report_words
from workbench.page.sections.takeaway import all_tables
from workbench.page.services import open_services
from workbench.page.style import banner
from workbench.page.texts import TEXTS
from workbench.query_sets.formats import read_queries
from workbench.query_sets.own_sets import OwnSets
from workbench.query_sets.reviews import Review, Reviews, Verdict

SCRIPT = ROOT / "workbench" / "page" / "app.py"
HOSTILE = '<script>alert(1)</script> **bold** $x^2$ :red[x] \u202egnol & "quoted"'


@pytest.fixture
def own_home(home: Path, tmp_path: Path) -> Path:
    """A home folder of the test's own, with the tiny pair's index."""
    return Path(shutil.copytree(home, tmp_path / "home"))


def page(pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch, **query: str | list[str]) -> AppTest:
    monkeypatch.setattr(
        sys, "argv", [str(SCRIPT), "--pair", str(pair_folder / "pair.toml"), "--home", str(home)]
    )
    test = AppTest.from_file(str(SCRIPT), default_timeout=60)
    for name, value in query.items():
        test.query_params[name] = value
    return test.run()


def test_variants_are_further_systems_with_the_same_vectors(
    pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["--pair", str(pair_folder / "pair.toml"), "--home", str(home), "--variant", "all"]
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *arguments])
    test = AppTest.from_file(str(SCRIPT), default_timeout=60)
    assert "with different prompts (Base: none; Tuned: 问题：)" in html_of(test.run())
    test.query_params["base"], test.query_params["against"] = "tuned", "tunedbare"
    shown = html_of(test.run())
    assert "Tuned: 问题：; Tuned, bare: none): the difference is that of the prompt alone" in shown
    assert not test.exception


def question(test: AppTest) -> str:
    return str(test.text_input(key="choice q").value)


def test_the_first_view_names_pair_and_corpus_and_measures(
    pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = page(pair_folder, home, monkeypatch)
    assert not test.exception
    shown = html_of(test)
    for text in (
        "LawVault workbench",
        "Base",
        "Tuned",
        "7 articles · 4 national · 3 local",
        "MRR@10",
        "Top-1 accuracy",
        "queries: 4 judged queries",
    ):
        assert text in shown
    for section in ("aggregate", "confusion", "matryoshka", "review", "takeaway"):
        assert f'id="{section}"' in shown


def test_no_model_is_loaded_for_known_queries(
    pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page(pair_folder, home, monkeypatch, q="谁看灯塔")  # now every query is known
    script = f"""
import sys
from streamlit.testing.v1 import AppTest
sys.argv = ["app", "--pair", {str(pair_folder / "pair.toml")!r}, "--home", {str(home)!r}]
asked = AppTest.from_file({str(SCRIPT)!r}, default_timeout=60)
asked.query_params["q"] = "谁看灯塔"
asked.run()
assert not asked.exception and len(asked.get("plotly_chart")) >= 6, asked.exception
print([name for name in ("torch", "sentence_transformers", "transformers") if name in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT, capture_output=True, text=True)
    assert run.stdout.strip() == "[]"


def test_a_judged_question_shows_both_lists_and_exact_ranks(
    pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = page(pair_folder, home, monkeypatch)
    test.text_input(key="choice q").set_value("谁看灯塔").run()
    assert not test.exception
    shown = html_of(test)
    assert shown.count('class="wb-hit') == 14  # seven articles, two systems
    assert "judged query q3 of queries" in shown
    assert "✓ relevant" in shown
    assert "LOCAL · 甲省 · synthetic" in shown
    assert shown.count('<th class="of" colspan="2"') == 2  # both systems' ranks at both dimensions


def test_a_sample_query_is_one_click_away(
    pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = page(pair_folder, home, monkeypatch)
    test.button(key="sample 夜里摆渡要点几盏灯").click().run()
    assert question(test) == "夜里摆渡要点几盏灯"
    assert "judged query q2 of queries" in html_of(test)


EVERY_CHOICE: dict[str, str | list[str]] = {
    "q": "谁看灯塔",
    "dim": "4",
    "lang": "zh",
    "depth": "5",
    "level": "法律",
    "place": "-",
    "law": "灯塔",
    "by": "level",
    "show": "unchanged",
    "from": "correct",
    "to": "copy",
    "displaced": "base",
    "kind": "implementing",
    "suffers": "base",
    "failure": "miss",
    "said": "deleted",
}


def test_the_link_reopens_the_view(pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = page(pair_folder, home, monkeypatch, **EVERY_CHOICE)
    assert not test.exception
    assert not test.toast
    shown = html_of(test)
    for text in ("LawVault 检索对比台", "已标注问题 q3", "4 维", "仅检索符合筛选条件的法条"):
        assert text in shown
    assert shown.count('class="wb-hit') == 2  # one article of that law, two systems
    values = {
        widget.key: widget.value
        for widget in [*test.selectbox, *test.multiselect, *test.text_input, *test.get("button_group")]
    }
    for name, value in EVERY_CHOICE.items():
        if name != "q":
            assert values[f"choice {name}" if name == "law" else f"choice {name} zh"] in (value, [value]), (
                name
            )


def test_choices_are_written_to_the_link_and_defaults_are_not(
    pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = page(pair_folder, home, monkeypatch)
    test.selectbox(key="choice dim en").set_value("4").run()
    assert address(test) == {"dim": "4"}
    test.multiselect(key="choice of_topic en").set_value(["traffic"]).run()
    assert address(test) == {"dim": "4", "of_topic": "traffic"}
    test.selectbox(key="choice dim en").set_value("16").run()
    assert address(test) == {"of_topic": "traffic"}


def address(test: AppTest) -> dict[str, str]:
    return {name: value if isinstance(value, str) else value[-1] for name, value in test.query_params.items()}


def test_unknown_values_in_a_link_fall_back_with_a_note(
    pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown: dict[str, str | list[str]] = {
        "dim": "999",
        "set": "nowhere",
        "lang": "xx",
        "depth": "7",
        "by": "moon",
        "show": "x",
        "from": "x",
        "level": ["法律", "y"],
        "q": "谁看灯塔",
    }
    test = page(pair_folder, home, monkeypatch, **unknown)
    assert not test.exception
    assert test.selectbox(key="choice dim en").value == "16"
    assert test.multiselect(key="choice level en").value == ["法律"]
    said = " ".join(toast.value for toast in test.toast)
    for name, value in (
        ("dim", "999"),
        ("set", "nowhere"),
        ("lang", "xx"),
        ("depth", "7"),
        ("by", "moon"),
        ("level", "y"),
    ):
        assert f'{name} "{value}"' in said


@pytest.mark.parametrize(
    ("asked", "message"), [("长" * 10_000, "10,000 characters"), ("😀", "only zeros"), ("a\x00b", "NUL")]
)
def test_a_question_that_cannot_be_asked_gets_a_sentence(
    pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch, asked: str, message: str
) -> None:
    test = page(pair_folder, home, monkeypatch)
    test.text_input(key="choice q").set_value(asked).run()
    assert not test.exception
    shown = html_of(test)
    assert message in shown
    assert "What to do:" in shown
    assert "MRR@10" in shown  # the rest of the page stays


def test_a_filter_that_lets_nothing_through_gets_a_sentence(
    pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = page(pair_folder, home, monkeypatch, q="谁看灯塔", law="no such law ' OR 1=1 --")
    assert not test.exception
    assert "lets no article through" in html_of(test)


def test_search_in_the_law_of_a_day(
    pair_folder: Path, versions_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = page(pair_folder, versions_home, monkeypatch, q="渡船最多坐几个人", law="渡口法")
    assert not test.exception
    old, new = "（2015-03-15）</span><span>第二条", "in force from 2021-05-01"
    assert old in html_of(test)
    assert new in html_of(test)
    assert test.date_input(key="choice as-of").value is None
    test.date_input(key="choice as-of").set_value(date(2021, 4, 30)).run()
    assert not test.exception
    assert address(test)["as-of"] == "2021-04-30"
    assert old in html_of(test)
    assert new not in html_of(test)
    test.date_input(key="choice as-of").set_value(date(2021, 5, 1)).run()
    assert old not in html_of(test)
    assert new in html_of(test)
    assert "Only articles that the filter lets through" in html_of(test)
    test.date_input(key="choice as-of").set_value(None).run()
    assert "as-of" not in address(test)


def test_the_link_reopens_the_law_of_a_day(
    pair_folder: Path, versions_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"q": "渡船最多坐几个人", "lang": "zh", "as-of": "2021-04-30"}
    test = page(pair_folder, versions_home, monkeypatch, **asked)
    assert not test.exception
    assert not test.toast
    day = test.date_input(key="choice as-of")
    assert (day.label, day.value) == ("当日有效", date(2021, 4, 30))
    assert "2021-05-01 施行" not in html_of(test)


@pytest.mark.parametrize("unknown", ["2021-02-30", "0001-01-01", "today"])
def test_a_link_with_another_day_falls_back_with_a_note(
    pair_folder: Path, versions_home: Path, monkeypatch: pytest.MonkeyPatch, unknown: str
) -> None:
    test = page(pair_folder, versions_home, monkeypatch, **{"q": "谁看灯塔", "as-of": unknown})
    assert not test.exception
    assert test.date_input(key="choice as-of").value is None
    assert f'as-of "{unknown}"' in " ".join(toast.value for toast in test.toast)
    assert html_of(test).count('class="wb-hit') == 18  # all nine articles, two systems


def test_no_day_is_asked_for_where_each_law_is_there_once(
    pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = page(pair_folder, home, monkeypatch, **{"q": "谁看灯塔", "as-of": "2021-04-30"})
    assert not test.exception
    assert not test.date_input
    assert "superseded" not in html_of(test)


def test_a_missing_index_gets_a_sentence(
    pair_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = page(pair_folder, tmp_path, monkeypatch)
    assert not test.exception
    assert "holds no index" in html_of(test)


def test_a_query_set_without_a_judged_query_leaves_search_alone(
    pair_folder: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_home / "query_sets").mkdir()
    line = '{"query_id": "x", "text": "谁", "relevant": [{"law": "无此法", "article": "1"}]}'
    (own_home / "query_sets" / "lost.jsonl").write_text(line, encoding="utf-8")
    test = page(pair_folder, own_home, monkeypatch, set="lost", q="谁看灯塔")
    assert not test.exception
    shown = html_of(test)
    assert "has no judged query" in shown
    assert shown.count('class="wb-hit') == 14


def test_a_damaged_query_set_names_its_line(
    pair_folder: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_home / "query_sets").mkdir()
    (own_home / "query_sets" / "broken.jsonl").write_text('{"query_id": "x"\n', encoding="utf-8")
    test = page(pair_folder, own_home, monkeypatch, set="broken")
    assert not test.exception
    assert "broken.jsonl:1" in html_of(test)


def test_a_verdict_is_kept_edited_undone_and_makes_a_query_set(
    pair_folder: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = page(pair_folder, own_home, monkeypatch, q="船夫点灯")
    test.button(key="verdict relevant").click().run()
    assert "say who" in html_of(test).lower()
    test.text_input(key="author").set_value(HOSTILE[:60]).run()
    article = test.selectbox(key="article of 船夫点灯").value
    test.button(key="verdict relevant").click().run()
    assert not test.exception
    assert test.selectbox(key="article of 船夫点灯").value != article  # on to the next one
    kept = Reviews(own_home / "reviews.sqlite").current()
    assert [(review.query, review.doc_id, review.verdict, review.author) for review in kept] == [
        ("船夫点灯", article, Verdict.RELEVANT, HOSTILE[:60].strip())
    ]
    assert "<script" not in html_of(test)

    test.button(key="add to own set").click().run()
    assert not test.exception
    added = read_queries(own_home / "query_sets" / "own.jsonl")
    assert [(query.query_id, query.text) for query in added] == [("own-001", "船夫点灯")]
    test.selectbox(key="choice set en").set_value("own").run()
    assert not test.exception
    assert "own: 1 judged queries" in html_of(test)

    test.button(key="undo reviewing").click().run()
    assert Reviews(own_home / "reviews.sqlite").current() == []


def test_two_people_at_one_article_do_not_overwrite_each_other(
    pair_folder: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = page(pair_folder, own_home, monkeypatch, q="船夫点灯")
    test.text_input(key="author").set_value("Li").run()
    doc_id = str(test.selectbox(key="article of 船夫点灯").value)
    Reviews(own_home / "reviews.sqlite").save(
        "船夫点灯", doc_id, "Li", Verdict.PARTLY, "from elsewhere", pair="pair", dim=16
    )
    test.button(key="verdict not relevant").click().run()
    assert not test.exception
    assert "nothing was overwritten" in html_of(test).lower()
    assert [review.note for review in Reviews(own_home / "reviews.sqlite").current()] == ["from elsewhere"]


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_text_of_a_corpus_or_a_note_can_only_be_text() -> None:
    from dataclasses import replace

    article = replace(
        ARTICLES[0],
        law=HOSTILE,
        text=HOSTILE,
        region=HOSTILE,
        chapter=HOSTILE,
        part=HOSTILE,
        published=HOSTILE,
    )
    listing = Listing(
        4, [Hit(article.doc_id, 0.5)], {article.doc_id: 1}, {4: {article.doc_id: 1}}, None, 0.1, 0.1, False
    )
    answer = Answer(
        HOSTILE,
        4,
        {"base": listing, "tuned": listing},
        {article.doc_id: article},
        frozenset({article.doc_id}),
    )
    labels = {"base": HOSTILE, "tuned": HOSTILE}
    review = Review(
        HOSTILE, article.doc_id, HOSTILE, None, HOSTILE, "pair", 4, "2026-01-01T00:00:00", 1, False
    )
    shown = [
        markup.lists("en", answer, labels, [review]),
        markup.relevant_ranks("en", answer, labels, HOSTILE, {article.doc_id: HOSTILE}),
        markup.confused("en", [markup.Confused(HOSTILE, article, article, HOSTILE)]),
        markup.article_text("en", article, HOSTILE),
        markup.facts([HOSTILE], [[HOSTILE]]),
        markup.sentences([HOSTILE]),
        markup.tiles([markup.Tile(HOSTILE, HOSTILE, (HOSTILE,), HOSTILE)], HOSTILE),
        banner(HOSTILE),
    ]
    for piece in shown:
        reader = Tags()
        reader.feed(piece)
        assert "script" not in reader.tags
        assert "alert(1)" in reader.text


def test_the_place_that_a_citation_means_stands_behind_its_article() -> None:
    article = Article(law="渡口法", article="第二条", text="…", level=Level.LAW)
    listing = Listing(
        4, [Hit(article.doc_id, 0.5)], {article.doc_id: 1}, {4: {article.doc_id: 1}}, None, 0.1, 0.1, False
    )
    answer = Answer("q", 4, {"base": listing}, {article.doc_id: article}, frozenset({article.doc_id}))
    shown = markup.relevant_ranks("en", answer, {"base": "Base"}, "title", {article.doc_id: "第一款"})
    assert "渡口法 第二条第一款" in shown


def test_marks_are_where_the_words_are_shared() -> None:
    assert markup.marked("谁看灯塔", "灯塔由<守塔人>看管。") == "<mark>灯塔</mark>由&lt;守塔人&gt;看管。"


def test_a_filter_hides_no_rank_in_the_whole_corpus() -> None:
    """Two articles are found in all, one of them by the filter; the relevant one is the other."""
    relevant = {ALL: {"there": 2, "nowhere": 9}}
    listing = Listing(
        ALL, [Hit("here", 1.0)], {"here": 1, "last": 2}, relevant, 1, 0, 0, True, found_anywhere=2
    )
    assert markup.rank_words("en", listing, "there", ALL) == "2"
    assert markup.rank_words("en", listing, "nowhere", ALL) == markup.rank_words("en", listing, "last")
    assert markup.rank_words("en", listing, "here") != markup.rank_words("en", listing, "last")


def test_hits_say_how_they_moved() -> None:
    ids = [article.doc_id for article in ARTICLES[:4]]
    one = Listing(
        4,
        [Hit(ids[0], 0.9), Hit(ids[1], 0.8), Hit(ids[2], 0.7)],
        {ids[0]: 1, ids[1]: 2, ids[2]: 3, ids[3]: 9},
        {},
        None,
        0,
        0,
        True,
    )
    other = Listing(
        4,
        [Hit(ids[2], 0.9), Hit(ids[1], 0.8), Hit(ids[3], 0.7)],
        {ids[0]: 12, ids[1]: 2, ids[2]: 1, ids[3]: 3},
        {},
        None,
        0,
        0,
        True,
    )
    shown = markup.lists(
        "en",
        Answer("q", 4, {"a": one, "b": other}, {a.doc_id: a for a in ARTICLES}, frozenset()),
        {"a": "A", "b": "B"},
    )
    left, right = shown.split('<div class="wb-links"')
    assert "B: rank 12 <b>gone</b>" in left
    assert [
        text
        for text in ("A: rank 3 <b>↑ 2</b>", "A: rank 2 <b>=</b>", "A: rank 9 <b>new</b>")
        if text not in right
    ] == []
    assert right.count("<i ") == 2  # the two articles that both lists hold
    assert shown.count("-0.1000") == 4


@pytest.mark.parametrize("key", TEXTS)
def test_every_label_says_something_in_every_language(key: str) -> None:
    fields = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in TEXTS[key]]
    assert len(TEXTS[key]) == len(LANGUAGES)
    assert all(TEXTS[key])
    assert fields[0] == fields[1]
    assert isinstance(label("en", key, **dict.fromkeys(fields[0], 1)), str)


def test_every_label_that_the_page_asks_for_is_there_and_is_used() -> None:
    import ast
    import re

    trees = [
        ast.parse(path.read_text(encoding="utf-8"))
        for path in (ROOT / "workbench" / "page").rglob("*.py")
        if path.parent.name != "texts"
    ]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    asked = [
        node.args[1]
        for node in nodes
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "label" and len(node.args) > 1
    ]
    assert {node.value for node in asked if isinstance(node, ast.Constant)} <= set(TEXTS)
    named = {node.value for node in nodes if isinstance(node, ast.Constant)} | {
        *Outcome,
        *ScopeError,
        *Change,
        *Failure,
        *InTraining,
        *Scope,
        *HEADLINE,
        *MEASURES,
    }
    joined = [node.values for node in nodes if isinstance(node, ast.JoinedStr)]
    parts = [[str(part.value) if isinstance(part, ast.Constant) else "" for part in node] for node in joined]
    made = [
        "".join(re.escape(part) if part else ".+" for part in node)
        for node in parts
        if node[0] and not node[0].startswith("<")
    ]
    assert [
        key for key in TEXTS if key not in named and not any(re.fullmatch(pattern, key) for pattern in made)
    ] == []


def test_levels_topics_and_styles_have_names_in_both_languages() -> None:
    queries = [query for path in (ROOT / "sample_queries").glob("*.jsonl") for query in read_queries(path)]
    assert {query.topic for query in queries} <= set(TOPICS)
    assert {query.style for query in queries} <= set(STYLES)
    assert all(
        level_name("en", level.value).isascii() and level_name("zh", level.value) == level.value
        for level in Level
    )
    assert slice_name("zh", "topic", "social-security") == "社会保障"
    assert slice_name("en", "level", "法律 / 行政法规") == "Law / Administrative regulation"
    assert slice_name("en", "topic", "my own topic") == "my own topic"
    assert slice_name("en", "region", "national") == "the whole country"


@pytest.mark.parametrize(
    ("reported", "said"),
    [
        (
            {"Success@1": 0.58, "Success@10": 0.85, "RR@10": 0.78},
            "0.607 to 0.715; the reported 0.78 fits only as a mean over found queries",
        ),
        ({"Success@1": 0.58, "Success@10": 0.85, "RR@10": 0.70}, "0.607 to 0.715, and 0.7 is reported"),
        (
            {"Success@1": 0.58, "Success@10": 0.85, "RR@10": 0.99},
            "cannot be, nor as a mean over found queries",
        ),
    ],
)
def test_reported_figures_are_checked_in_words(reported: dict[str, float], said: str) -> None:
    check = check_report(reported)
    assert check
    assert said in report_words("en", check)
    assert "0.607" in report_words("zh", check)


def test_report_and_tables_name_superseded_where_it_occurs(
    pair: Pair, home: Path, versions_home: Path
) -> None:
    for folder, query_set, occurs in ((versions_home, "versions", True), (home, "queries", False)):
        opened = open_services(pair, folder)
        view = View("en", 16, query_set, "base", "tuned")
        experiment = opened.experiment(view)
        written = report(opened, view, experiment).replace(label("en", "method outcomes"), "")
        shown, _, _ = written.partition('<script type="application/json"')  # which names every outcome
        assert ("superseded" in shown) is occurs
        files = all_tables(opened, view, experiment)
        assert ("base,superseded,1" in files["outcomes.csv"]) is occurs
        assert ("superseded,superseded,1" in files["moves.csv"]) is occurs


def test_the_report_is_one_file_in_which_text_is_text(pair: Pair, own_home: Path) -> None:
    OwnSets(own_home / "query_sets").add(
        "own", f"{HOSTILE}</script><img src=x onerror=alert(1)>灯塔", [Citation(CODE, "第一条")]
    )
    opened = open_services(pair, own_home)
    view = View("en", 16, "own", "base", "tuned")
    written = report(opened, view, opened.experiment(view))
    reader = Tags()
    reader.feed(written.replace(library(), ""))
    assert "img" not in reader.tags
    assert HOSTILE in reader.text
    assert not {"link", "iframe"} & reader.tags
    assert 'src="http' not in written.replace(library(), "")
    for text in (
        "base",
        "MRR@10",
        "Errors of scope by kind (",
        "has at least half its wording from a relevant article",
        "How it was measured",
        opened.workbench.index.build_id,
        opened.query_set("own").fingerprint,
    ):
        assert text in reader.text


@pytest.mark.parametrize(
    ("name", "files", "trained"),
    [
        (
            "queries",
            ["base-triplets", "base-displaced", "tuned-triplets", "tuned-displaced"],
            [],  # the pair measures with it
        ),
        ("own", ["base-triplets", "tuned-triplets"], ["base", "tuned"]),
    ],
)
def test_triplets_are_mined_on_a_click_and_are_what_the_commands_shown_write(
    name: str,
    files: list[str],
    trained: list[str],
    pair_folder: Path,
    own_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    OwnSets(own_home / "query_sets").add("own", "守塔人做什么", [Citation(CODE, "第一条")])
    offered: dict[str, Any] = {}

    def button(_: DeltaGenerator, caption: str, data: Any, file: str, *args: Any, **options: Any) -> None:
        offered[file] = data

    def mine(*_: Any, **options: Any) -> None:
        raise RuntimeError("mined before anybody asked")

    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as drawing:
        drawing.setattr(DeltaGenerator, "download_button", button)
        drawing.setattr(Workbench, "mine", mine)
        test = page(pair_folder, own_home, monkeypatch, set=name, dim="4")
    assert not test.exception
    assert ("refuses its queries" in html_of(test)) is not bool(trained)
    commands = [shlex.split(line) for line in test.code[0].value.splitlines()]
    for command in commands:
        assert command[0] == "workbench"
        assert CliRunner().invoke(main, command[1:]).exit_code == 0
    mining, training = (
        [command[-1] for command in commands if command[1] == kind] for kind in ("mine", "train")
    )
    assert mining == [f"pair-{name}-{file}.jsonl" for file in files]
    assert mining == [file for file in offered if file.endswith(("-triplets.jsonl", "-displaced.jsonl"))]
    for file in mining:
        assert offered[file]() == (tmp_path / file).read_text(encoding="utf-8") != ""
    assert training == [f"{system}-trained" for system in trained]
    assert all((tmp_path / folder / "modules.json").is_file() for folder in training)


def test_a_law_keeps_its_number_in_sight() -> None:
    article = next(article for article in ARTICLES if article.law == LAW)
    assert '<span class="wb-law">渡口法</span>' in markup.article_text("en", article, "")
