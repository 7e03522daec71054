"""The page through AppTest, with real small services; and the HTML that it is made of."""

import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import ARTICLES, ROOT
from workbench.asking import Answer, Listing
from workbench.domain import Hit
from workbench.page import markup
from workbench.page.labels import LANGUAGES, keys, label

SCRIPT = ROOT / "workbench" / "page" / "app.py"
HOSTILE = '<script>alert(1)</script> **bold** $x^2$ :red[x] \u202egnol & "quoted"'


def page(pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> AppTest:
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--pair", str(pair_folder / "pair.toml"), "--home", str(home)])
    test = AppTest.from_file(str(SCRIPT), default_timeout=60)
    for name, value in query.items():
        test.query_params[name] = value
    return test.run()


def html_of(test: AppTest) -> str:
    return "\n".join(str(element.proto.body) for element in test.get("html"))


def test_the_first_view_names_pair_and_corpus_and_measures(pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = page(pair_folder, home, monkeypatch)
    assert not test.exception
    shown = html_of(test)
    for text in ("LawVault workbench", "Base", "Tuned", "7 articles · 4 national · 3 local", "MRR@10", "Top-1 accuracy", "queries: 4 judged queries"):
        assert text in shown
    assert len(test.dataframe[0].value) == 4


def test_a_judged_question_shows_both_lists_and_exact_ranks(pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = page(pair_folder, home, monkeypatch)
    test.text_input(key="q").set_value("谁看灯塔").run()
    assert not test.exception
    shown = html_of(test)
    assert shown.count('class="wb-hit') == 14  # seven articles, two systems
    assert "Judged query q3" in shown
    assert "✓ relevant" in shown
    assert "LOCAL · 甲省 · synthetic" in shown
    assert 'class="wb-badge"' in shown


def test_a_sample_query_is_one_click_away(pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = page(pair_folder, home, monkeypatch)
    test.button(key="sample 夜里摆渡要点几盏灯").click().run()
    assert test.text_input(key="q").value == "夜里摆渡要点几盏灯"
    assert "Judged query q2" in html_of(test)


def test_the_link_reopens_the_view(pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = page(pair_folder, home, monkeypatch, q="谁看灯塔", dim="4", lang="zh")
    assert not test.exception
    shown = html_of(test)
    assert "LawVault 检索对比台" in shown
    assert "已标注问题 q3" in shown
    assert "4 维" in shown


def test_unknown_values_in_a_link_fall_back_with_a_note(pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = page(pair_folder, home, monkeypatch, dim="999", set="nowhere", lang="xx")
    assert not test.exception
    assert test.selectbox(key="dim").value == "16"
    assert ['"999"' in toast.value for toast in test.toast] == [True, False]


@pytest.mark.parametrize(("asked", "message"), [("长" * 10_000, "10,000 characters"), ("😀", "only zeros")])
def test_a_question_that_cannot_be_asked_gets_a_sentence(
    pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch, asked: str, message: str
) -> None:
    test = page(pair_folder, home, monkeypatch)
    test.text_input(key="q").set_value(asked).run()
    assert not test.exception
    shown = html_of(test)
    assert message in shown
    assert "What to do:" in shown
    assert "MRR@10" in shown  # the rest of the page stays


def test_a_missing_index_gets_a_sentence(pair_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = page(pair_folder, tmp_path, monkeypatch)
    assert not test.exception
    assert "holds no index" in html_of(test)


def test_a_hostile_question_is_shown_as_text(pair_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = page(pair_folder, home, monkeypatch)
    test.text_input(key="q").set_value(HOSTILE + "灯塔").run()
    assert not test.exception
    assert "<script" not in html_of(test)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_text_of_a_corpus_can_only_be_text() -> None:
    from dataclasses import replace

    article = replace(ARTICLES[0], law=HOSTILE, text=HOSTILE, region=HOSTILE, chapter=HOSTILE, part=HOSTILE)
    listing = Listing([Hit(article.doc_id, 0.5)], {article.doc_id: 1}, 0.1, 0.1, False)
    answer = Answer(HOSTILE, 4, {"base": listing, "tuned": listing}, {article.doc_id: article}, frozenset({article.doc_id}))
    labels = {"base": HOSTILE, "tuned": HOSTILE}
    reader = Tags()
    reader.feed(markup.lists("en", answer, labels) + markup.relevant_ranks("en", answer, labels, HOSTILE) + markup.banner(HOSTILE))
    assert "script" not in reader.tags
    assert HOSTILE in reader.text


def test_marks_are_where_the_words_are_shared() -> None:
    assert markup.marked("谁看灯塔", "灯塔由<守塔人>看管。") == "<mark>灯塔</mark>由&lt;守塔人&gt;看管。"


@pytest.mark.parametrize("key", keys())
def test_every_label_says_something_in_every_language(key: str) -> None:
    import string

    from workbench.page.labels import _LABELS

    fields = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in _LABELS[key]]
    assert len(_LABELS[key]) == len(LANGUAGES)
    assert all(_LABELS[key])
    assert fields[0] == fields[1]
    assert isinstance(label("en", key, **dict.fromkeys(fields[0], 1)), str)
