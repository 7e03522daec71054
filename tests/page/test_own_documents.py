"""Questions of a BEIR set that are documents themselves: the page leaves those out, and says so."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.evaluation.test_beir_as_everywhere import QUERIES, measured

SAID = {
    "en": ("as BEIR does: 2", "Left out, as it has this question's own id: 渡船载客#crowd-1"),
    "zh": ("不参与该问题的排名）：2", "以下文档的编号与该问题相同，不参与排名：渡船载客#crowd-1"),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("own")
    measured(root, "arguments")
    return root


def search(root: str, language: str) -> None:
    from dataclasses import replace
    from pathlib import Path

    from workbench._pairs import read_pair
    from workbench.page.choices import View
    from workbench.page.sections import SECTIONS
    from workbench.page.services import open_services

    pair = replace(read_pair(f"{root}/pair.toml"), queries=(f"{root}/arguments",))
    services = open_services(pair, Path(root) / "home")
    SECTIONS["search"].load()(services, View(language, 16, "arguments", "base", "hybrid", "bm25"))


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("row", [0, 2, 3])
def test_search_leaves_them_out(row: int, language: str, root: Path) -> None:
    kwargs = {"root": str(root), "language": language}
    test = AppTest.from_function(search, default_timeout=60, kwargs=kwargs)
    test.query_params["q"] = QUERIES[row]["text"]
    test.query_params["third"] = "bm25"
    test.run()
    assert not test.exception
    shown = "\n".join(str(element.proto.body) for element in test.get("html")).replace("&#x27;", "'")
    in_set, here = SAID[language]
    assert in_set in shown
    assert (here in shown) is (row == 0)  # 7 answers itself, and is no copy of its question
    assert "渡船载客 · crowd-1 ·" not in shown or row
