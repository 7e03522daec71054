"""What changed since an earlier evaluation, how reviewers agree, what is suggested, and which columns a table has."""

import json
import shutil
from pathlib import Path

from tests.page.opened import Opened, html_of
from workbench._pairs import read_pair
from workbench.page import markup
from workbench.page.choices import View
from workbench.page.report import report
from workbench.page.services import open_services
from workbench.query_sets.reviews import Reviews, Verdict


def test_an_earlier_report_says_what_changed(opened: Opened, pair_folder: Path, home: Path) -> None:
    services = open_services(read_pair(str(pair_folder / "pair.toml")), home)
    view = View("en", 16, "queries", "base", "tuned")
    experiment = services.experiment(view)
    summary = services.workbench.summary(services.whole(view))
    better = next(
        query_id for query_id in summary["per query"] if experiment.best_rank("tuned", 16, query_id) == 1
    )
    summary["per query"][better]["ranks"]["tuned"]["16"] = 4
    for name, content in (
        ("same.html", report(services, view, experiment).encode()),
        ("then.json", json.dumps(summary).encode()),
    ):
        test = opened()
        test.file_uploader(key="earlier").upload(name, content, "text/html").run()
        assert not test.exception
        shown = html_of(test)
        count = len(experiment.query_set.judged)
        assert f"{count} queries asked in the same words both times are compared" in shown
        changed = name == "then.json"
        assert f"{int(changed)} queries whose rank changed" in shown
        assert (">1 / 0<" in shown) is changed


def test_a_file_that_is_no_evaluation_is_told(opened: Opened) -> None:
    test = opened()
    test.file_uploader(key="earlier").upload("then.json", b"[]", "application/json").run()
    assert not test.exception
    assert "then.json" in html_of(test)
    assert "is not of the schema" in html_of(test)


def test_reviewers_and_their_agreement(opened: Opened, pair_folder: Path, home: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(home, tmp_path / "home"))
    services = open_services(read_pair(str(pair_folder / "pair.toml")), own)
    assert "Reviewers" not in html_of(opened(folder=own))
    reviews = Reviews(services.workbench.reviews_file)
    said = {
        "甲": [Verdict.RELEVANT, Verdict.NOT_RELEVANT],
        "<乙>": [Verdict.NOT_RELEVANT, Verdict.NOT_RELEVANT],
    }
    for author, verdicts in said.items():
        for number, verdict in enumerate(verdicts):
            reviews.save("谁看灯塔", f"d{number}", author, verdict, "", pair="p", dim=16)
    shown = html_of(opened(folder=own))
    assert "Reviewers" in shown
    assert '<td class="n">2</td><td class="n">50%</td><td class="n">0.00</td>' in shown
    assert "Judged differently: 1" in shown
    assert "<乙>" not in shown
    assert "&lt;乙&gt;" in shown


def test_questions_are_suggested_and_escaped(opened: Opened) -> None:
    assert 'value="&quot;&lt;b&gt;"' in markup.suggestions(['"<b>'])
    shown = html_of(opened())
    assert '<datalist id="wb-questions"><option value="' in shown


def test_the_table_has_the_columns_and_rows_that_the_address_asks_for(opened: Opened) -> None:
    def table(**query: str) -> tuple[list[str], int]:
        found = next(
            frame
            for frame in opened(**query).dataframe
            if "rank tuned" in frame.value and "gain" in frame.value
        )
        order = list(found.proto.column_order)
        return order, len(found.value)

    order, rows = table()
    assert order[:5] == ["query", "rank base", "rank tuned", "outcome base", "outcome tuned"]
    assert table(columns="ranks")[0] == ["query", "rank base", "rank tuned"]
    assert 0 < table(words="渡")[1] < rows
    assert table(words="no such words")[1] == 0
