"""Query sets on the page as people have them: of one name, with one question twice, in another encoding."""

import shutil
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import PAIR, ROOT
from workbench.page.labels import LANGUAGES, label

SCRIPT = ROOT / "workbench" / "page" / "app.py"
TWICE = "问题;法条\n夜里点几盏灯;渡口法3\n夜里点几盏灯;甲省实施《渡口法》办法2\n谁看灯塔;灯塔法1\n"
NAMED = '{"query_id": "1", "text": "谁看灯塔", "relevant": "灯塔法第1条"}\n'


@pytest.fixture
def folder(pair_folder: Path, tmp_path: Path) -> Path:
    """A pair with three query sets, two of them of one name."""
    folder = Path(shutil.copytree(pair_folder, tmp_path / "pair"))
    sets = {
        "twice.csv": TWICE.encode("gb18030"),
        "a/test.jsonl": NAMED.encode(),
        "b/test.jsonl": NAMED.encode(),
    }
    for name, content in sets.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    pair = PAIR.replace('["queries.jsonl"]', str(list(sets)))
    (folder / "pair.toml").write_text(pair, encoding="utf-8-sig")
    return folder


def shown(test: AppTest) -> str:
    return "\n".join(str(element.proto.body) for element in test.get("html"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_question_twice(
    language: str, folder: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_home = shutil.copytree(home, tmp_path / "home")
    monkeypatch.setattr(
        sys, "argv", [str(SCRIPT), "--pair", str(folder / "pair.toml"), "--home", str(own_home)]
    )
    test = AppTest.from_file(str(SCRIPT), default_timeout=60)
    test.query_params["lang"], test.query_params["q"] = language, "夜里点几盏灯"
    test.run()
    assert not test.exception
    named = [label(language, "of_set", name=name) for name in ("twice", "a test", "b test")]
    assert test.selectbox(key=f"choice set {language}").options == named
    assert [button.label for button in test.button if (button.key or "").startswith("sample ")] == [
        "谁看灯塔", "夜里点几盏灯",
    ]  # fmt: skip
    said = "twice.csv: read as GB18030 with semicolons; column 问题 as text, 法条 as relevant"
    granted = {"en": "Taken for granted: ", "zh": "读取时的推定："}[language]
    assert granted + said in shown(test)
    assert {"en": "judged query 1, 2 of twice", "zh": "查询集 twice 的已标注问题 1, 2"}[language] in shown(
        test
    )
    assert max(len(table.value) for table in test.dataframe) == 3
    test.query_params["set"] = "b test"
    assert not test.run().exception
    assert granted not in shown(test)
