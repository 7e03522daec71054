"""A pair whose models, law and training data are ModelScope's, through the commands; the hub is on loopback."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.conftest import ARTICLES
from tests.corpus_files import folder, json_lines, law
from tests.fetching import NEW, OLD, commits_of_a_model
from tests.hub_server import Hub
from tests.modelscope_server import serving
from workbench.cli import main
from workbench.core import hub as face
from workbench.encoders.backends import model_folder
from workbench.query_sets.formats import read_queries

PAIR = f"""
name = "ModelScope pair"
dims = [16, 4]
training = [{{ kind = "triplets", path = "modelscope:ferry/all/triplets" }}]
[corpus]
sources = [
  {{ kind = "lawrefbook", path = "modelscope:ferry/all/Laws" }},
  {{ kind = "csv", path = "modelscope:ferry/all/tables/ours.csv", level = "地方性法规", revision = "v1" }},
]
[systems.base]
label = "Base"
model = "modelscope:ferry/all"
revision = "{OLD}"
[systems.tuned]
label = "Tuned"
model = "modelscope:ferry/all"
"""


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """One repository, as model and as data set, with all there is; its main branch is the newer of two commits."""
    commits = commits_of_a_model(tmp_path / "commits")
    title = f"title: {ARTICLES[0].law} {ARTICLES[0].article} | text: {ARTICLES[0].text}"
    for commit in commits.values():
        folder(
            commit,
            {
                "Laws/法律/渡口法.md": law("中华人民共和国渡口法", "渡船载客不得超过核定人数。"),
                "Laws/法律/灯塔法.md": law("中华人民共和国灯塔法", "灯塔由守塔人看护。"),
                "tables/ours.csv": "law,article,text\n某省渡口条例,第一条,渡船应当靠岸过夜。\n",
                "triplets/train.jsonl": json_lines({"anchor": "船上能坐多少人", "positive": title}),
            },
        )
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MODELSCOPE_HOME", str(tmp_path / "settings"))
    monkeypatch.setenv("MODELSCOPE_DOWNLOAD_TIMEOUT", "2")
    (tmp_path / "pair.toml").write_text(PAIR, encoding="utf-8")
    model_folder._commit.cache_clear()
    with serving(commits, NEW) as hub:
        monkeypatch.setenv("MODELSCOPE_ENDPOINT", hub.address)
        yield hub
    model_folder._commit.cache_clear()


def run(place: Path, *arguments: str, code: int = 0) -> str:
    options = ("--pair", str(place / "pair.toml"), "--home", str(place / "home"))
    ended = CliRunner().invoke(main, [*arguments, *options])
    assert ended.exit_code == code, ended.output
    return ended.stdout + ended.stderr


def hits(place: Path) -> dict[str, list[dict[str, object]]]:
    options = ("--json", "--pair", str(place / "pair.toml"), "--home", str(place / "home"))
    return json.loads(CliRunner().invoke(main, ["search", "渡船载客多少人", *options]).stdout)["hits"]


def test_from_nothing_to_an_answer_and_on_without_a_network(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = run(tmp_path, "doctor", "--quick")
    assert "modelscope:ferry/all is not on this machine yet" in looked
    assert "modelscope:ferry/all/triplets: not asked for (--quick)" in looked
    built = run(tmp_path, "index", "build")
    assert "Index: 3 rows written; encoded now: Base 3, Tuned 3" in built
    assert "Training queries: 1" in built
    known = run(tmp_path, "index", "info")
    assert f"modelscope:ferry/all (modelscope:ferry/all@{OLD})" in known
    assert f"modelscope:ferry/all (modelscope:ferry/all@{NEW})" in known
    asked_for = {path.rpartition("FilePath=")[2] for _, path, _ in hub.asked if "FilePath=" in path}
    assert not [name for name in asked_for if name.endswith((".bin", ".onnx"))]

    monkeypatch.setenv("MODELSCOPE_OFFLINE", "1")
    hub.asked.clear()
    assert {name: len(listing) for name, listing in hits(tmp_path).items()} == {"base": 3, "tuned": 3}
    examined = run(tmp_path, "doctor")
    assert f"modelscope:ferry/all at commit {OLD}" in examined
    assert "modelscope:ferry/all, what master is at present" in examined
    assert f'pin it with revision = "{NEW}"' in examined
    assert hub.asked == []


def test_another_machine_asks_for_the_commit_that_the_index_was_built_with(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path, "index", "build")
    before = hits(tmp_path)
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "another cache"))
    model_folder._commit.cache_clear()
    (tmp_path / "home" / "query_vectors.sqlite").unlink()
    hub.main = OLD
    assert hits(tmp_path) == before
    assert face.commit_of("modelscope:ferry/all", revision=NEW) == NEW
    assert face.commit_of("modelscope:ferry/all") == ""


def test_a_query_set_may_be_one_of_its_data_sets(hub: Hub, tmp_path: Path) -> None:
    [query] = read_queries("modelscope:ferry/all/triplets")
    assert query.text == "船上能坐多少人"
    [same] = read_queries("modelscope:ferry/all")
    assert same == query


def test_a_data_set_without_such_files_says_so(hub: Hub, tmp_path: Path) -> None:
    pair = tmp_path / "pair.toml"
    pair.write_text(PAIR.replace("ferry/all/Laws", "ferry/all/laws"), encoding="utf-8")
    built = run(tmp_path, "index", "build", code=1)
    assert (
        "modelscope:ferry/all: has no such file: laws, laws/*.md, laws/*.sqlite3; see http://127.0.0.1"
        in built
    )
