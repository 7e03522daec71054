"""The first screen: a worked example without a question in the link, steps to the next, the presenter's view."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.page.opened import Opened, html_of
from workbench._pairs import read_pair
from workbench.evaluation.examples import worked_examples
from workbench.page.choices import View
from workbench.page.labels import label
from workbench.page.services import open_services


def examples(pair_folder: Path, home: Path) -> list[str]:
    services = open_services(read_pair(str(pair_folder / "pair.toml")), home)
    experiment = services.experiment(View("en", 16, "queries", "base", "tuned"))
    texts = {query.query_id: query.text for query in experiment.query_set.judged}
    return [texts[query_id] for query_id in worked_examples(experiment, "base", "tuned", 16)]


def test_without_a_question_an_example_is_answered_and_the_next_is_one_click_away(
    opened: Opened, pair_folder: Path, home: Path
) -> None:
    texts = examples(pair_folder, home)
    test = opened()
    for number, text in [*enumerate(texts, 1), (1, texts[0])]:  # round again
        shown = html_of(test)
        assert f"Worked example {number} of {len(texts)}: {text}" in shown
        assert shown.count('class="wb-hit') == 14
        assert test.query_params.get("example", ["1"]) == [str(number)]
        test.button(key="next example").click().run()


def test_a_question_goes_before_the_example_and_one_click_leads_back(opened: Opened) -> None:
    test = opened(q="谁看灯塔")
    assert "Worked example 1" not in html_of(test)
    test.button(key="next example").click().run()
    assert "Worked example 1 of" in html_of(test)
    assert "q" not in test.query_params


@pytest.mark.parametrize("unknown", ["0", "99", "x"])
def test_an_example_that_is_not_there_falls_back_with_a_note(opened: Opened, unknown: str) -> None:
    test = opened(example=unknown)
    assert "Worked example 1 of" in html_of(test)
    assert f'example "{unknown}"' in test.toast[0].value


def test_a_pair_without_a_query_set_waits_for_a_question(
    opened: Opened, pair_folder: Path, home: Path, tmp_path: Path
) -> None:
    text = (
        (pair_folder / "pair.toml").read_text(encoding="utf-8").replace('queries = ["queries.jsonl"]\n', "")
    )
    bare = pair_folder / "bare.toml"
    bare.write_text(
        f'{text}\n[index]\nuri = "{read_pair(str(pair_folder / "pair.toml")).index_uri(home)}"\n', "utf-8"
    )
    test = opened(bare, tmp_path)
    shown = html_of(test)
    assert label("en", "no_query_set") in shown
    assert 'class="wb-hit' not in shown
    test.text_input(key="choice q").set_value("谁看灯塔").run()
    assert html_of(test).count('class="wb-hit') == 14


def test_filters_and_depth_are_behind_one_control_that_says_how_many_are_set(opened: Opened) -> None:
    def control(**query: str) -> str:
        return next(
            block.proto.popover.label
            for block in opened(**query).get("popover")
            if "depth" in block.proto.popover.label
        )

    assert control() == "Filters and depth"
    assert control(depth="5") == "Filters and depth: 1 set"
    assert control(depth="5", law="渡口", place="-") == "Filters and depth: 3 set"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_presenters_view_has_the_same_answer_and_no_control(opened: Opened, language: str) -> None:
    usual = opened(lang=language, depth="5", **{"from": "correct", "dim": "4"})
    presented = opened(lang=language, view="present", depth="5", **{"from": "correct", "dim": "4"})

    def lists(test: AppTest) -> str:
        return next(
            text
            for text in map(str, (each.proto.body for each in test.get("html")))
            if 'class="wb wb-lists' in text
        )

    assert lists(presented).count('class="wb-hit') == 10
    assert [button.key for button in presented.button] == ["leave"]
    widgets = (presented.selectbox, presented.multiselect, presented.text_input, presented.toggle)
    assert [len(found) for found in widgets] == [0, 0, 0, 0]
    assert not presented.get("button_group")
    assert not presented.get("download_button")
    shown = html_of(presented)
    assert 'id="matryoshka"' in shown
    assert 'id="takeaway"' not in shown
    assert len(presented.dataframe) == len(usual.dataframe) - 1  # without the cases of Review
    presented.button(key="leave").click().run()
    assert "view" not in presented.query_params
    assert presented.text_input(key="choice q")


def test_a_system_alone_and_three_of_them_have_a_first_screen(
    opened: Opened, pair_folder: Path, home: Path
) -> None:
    text = (pair_folder / "pair.toml").read_text(encoding="utf-8").partition("[variants")[0]
    one, uri = pair_folder / "one.toml", read_pair(str(pair_folder / "pair.toml")).index_uri(home)
    one.write_text(f'{text.partition("[systems.tuned]")[0]}\n[index]\nuri = "{uri}"\n', "utf-8")
    shown = html_of(opened(one))
    assert "Worked example 1 of 1" in shown
    assert shown.count('class="wb-hit') == 7
    three = pair_folder / "three.toml"
    more = '[systems.bare]\nlabel = "Bare"\nmodel = "tuned"\n'
    three.write_text(f'{text}\n{more}\n[index]\nuri = "{uri}"\n', "utf-8")
    shown = html_of(opened(three, third="bare"))
    assert "Worked example 1 of" in shown
    assert shown.count('class="wb-hit') == 21
