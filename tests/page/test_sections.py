"""Each section of the page by itself, with real small services."""

import html
import json
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT
from workbench._pairs import read_pair
from workbench.evaluation import tables
from workbench.evaluation.outcomes import ScopeError
from workbench.page.choices import View
from workbench.page.labels import LANGUAGES
from workbench.page.services import open_services

# Section -> how many charts and tables it shows, and what its words hold.
SHOWN = {
    "search": (0, 0, {"en": "4 judged queries", "zh": "4 个已标注问题"}),
    "aggregate": (3, 1, {"en": "Reported and measured", "zh": "公布值与实测值"}),
    "confusion": (4, 0, {"en": "Displaced pairs", "zh": "被顶替的法条"}),
    "matryoshka": (1, 1, {"en": "dimensions are the fewest that keep", "zh": "所需的最小维度"}),
    "review": (0, 1, {"en": "Nobody has given a verdict yet", "zh": "尚无评判"}),
    "takeaway": (0, 0, {"en": "opens without a network", "zh": "可离线打开"}),
}


def section(name: str, file: str, home: str, language: str, query_set: str = "queries") -> None:
    from pathlib import Path

    from workbench._pairs import read_pair
    from workbench.page.choices import View
    from workbench.page.sections import SECTIONS
    from workbench.page.services import open_services

    opened = open_services(read_pair(file), Path(home))
    SECTIONS[name].load()(opened, View(language, 16, query_set, "base", "tuned"))


def test_what_is_known_of_sections_early_costs_no_library() -> None:
    script = """
import sys
from workbench.page.sections import SECTIONS
print(list(SECTIONS))
print([name for name in ("streamlit", "plotly", "pandas", "numba", "lancedb", "scipy") if name in sys.modules])
"""
    shown = subprocess.run(
        [sys.executable, "-c", script], check=True, cwd=ROOT, capture_output=True, text=True
    )
    assert shown.stdout.splitlines() == [str(list(SHOWN)), "[]"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SHOWN)
def test_a_section_stands_by_itself(name: str, language: str, pair_folder: Path, home: Path) -> None:
    kwargs = {"name": name, "file": str(pair_folder / "pair.toml"), "home": str(home), "language": language}
    test = AppTest.from_function(section, default_timeout=60, kwargs=kwargs).run()
    assert not test.exception
    charts, tables, words = SHOWN[name]
    assert (len(test.get("plotly_chart")), len(test.dataframe)) == (charts, tables)
    assert words[language] in "\n".join(str(element.proto.body) for element in test.get("html"))


KINDS = {
    "en": ("implementing", "its law carries out the relevant article's law", "error of scope: copy"),
    "zh": ("实施性规定", "所属规定为实施相关法条所属法律而制定", "范围误判：副本"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_errors_of_scope_are_shown_and_filtered_by_kind(language: str, pair_folder: Path, home: Path) -> None:
    kwargs = {
        "name": "confusion", "file": str(pair_folder / "pair.toml"), "home": str(home), "language": language,
    }  # fmt: skip
    opened = open_services(read_pair(kwargs["file"]), home)
    experiment = opened.experiment(View(language, 16, "queries", "base", "tuned"))
    found = {name: tables.displaced(experiment, name, 16) for name in ("base", "tuned")}
    assert any(found.values())  # else nothing is tried here
    implementing, meaning, copies = KINDS[language]
    for system, pairs in found.items():
        for kind in ("all", *ScopeError):
            test = AppTest.from_function(section, default_timeout=60, kwargs=kwargs)
            test.query_params["displaced"], test.query_params["kind"] = system, kind
            test.query_params["from"] = "copy"
            test.run()
            assert not test.exception
            shown = "\n".join(str(element.proto.body) for element in test.get("html"))
            wanted = sum(kind in ("all", pair.kind) for pair in pairs)
            assert shown.count('<div class="ask">') == wanted
            assert implementing in shown
            assert meaning in html.unescape(shown)
            before = test.selectbox(key=f"choice from {language}")
            assert copies in before.options
            queries = sum(each is ScopeError.COPY for each in experiment.scope_errors["base"][16].values())
            assert len(test.dataframe[0].value) == queries


SUPERSEDED = {"en": "superseded", "zh": "旧版法条"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_superseded_is_an_outcome_only_where_it_occurs(
    language: str, pair_folder: Path, home: Path, versions_home: Path
) -> None:
    word, file = SUPERSEDED[language], str(pair_folder / "pair.toml")
    for folder, query_set, occurs in ((versions_home, "versions", True), (home, "queries", False)):
        kwargs = {
            "name": "confusion", "file": file, "home": str(folder), "language": language,
            "query_set": query_set,
        }  # fmt: skip
        test = AppTest.from_function(section, default_timeout=60, kwargs=kwargs)
        test.query_params["to"] = "superseded" if occurs else "same law"
        test.run()
        assert not test.exception
        assert not test.toast
        drawn = [
            json.dumps(json.loads(chart.proto.spec), ensure_ascii=False) for chart in test.get("plotly_chart")
        ]
        assert [word in figure for figure in drawn[:2]] == [occurs, occurs]  # bars and flow
        assert (word in test.selectbox(key=f"choice from {language}").options) is occurs
        if occurs:
            assert len(test.dataframe[0].value) == 1
