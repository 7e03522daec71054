"""Each section of the page by itself, with real small services."""

import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT
from workbench.page.labels import LANGUAGES

# Section -> how many charts and tables it shows, and what its words hold.
SHOWN = {
    "search": (0, 0, {"en": "4 judged queries", "zh": "4 个已标注问题"}),
    "aggregate": (3, 1, {"en": "Reported and measured", "zh": "公布值与实测值"}),
    "confusion": (3, 0, {"en": "Displaced pairs", "zh": "被顶替的法条"}),
    "matryoshka": (1, 1, {"en": "dimensions are the fewest that keep", "zh": "所需的最小维度"}),
    "review": (0, 1, {"en": "Nobody has given a verdict yet", "zh": "尚无评判"}),
    "takeaway": (0, 0, {"en": "opens without a network", "zh": "可离线打开"}),
}


def section(name: str, file: str, home: str, language: str) -> None:
    from pathlib import Path

    from workbench._pairs import read_pair
    from workbench.page.choices import View
    from workbench.page.sections import SECTIONS
    from workbench.page.services import open_services

    opened = open_services(read_pair(file), Path(home))
    SECTIONS[name].load()(opened, View(language, 16, "queries", "base", "tuned"))


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
