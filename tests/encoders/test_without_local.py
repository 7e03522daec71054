"""What works where the extra `local` is not installed, and the one message where it is needed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.embeddings_server import serving
from workbench._pairs import parse_pair
from workbench.encoders import QueryVectors, encoders_for
from workbench.index import build

REMEDY = "pip install 'lawvault-workbench[local]'"

# The command in a process in which these libraries cannot be imported.
DRIVER = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "sentence_transformers", "transformers"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
from workbench.cli import main
main(sys.argv[1:])
"""


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", DRIVER, *arguments],
        cwd=ROOT,
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        timeout=100,
    )


def test_help_needs_none_of_it() -> None:
    assert run("--help").returncode == 0


def test_an_index_is_reviewed(pair_folder: Path, home: Path) -> None:
    options = ("--pair", str(pair_folder / "pair.toml"), "--home", str(home))
    info = run("index", "info", *options)
    assert (info.returncode, "fits the pair" in info.stdout) == (0, True), info.stderr
    pair = parse_pair((pair_folder / "pair.toml").read_text(encoding="utf-8"), pair_folder / "pair.toml")
    lines = (pair_folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    for encoder in encoders_for(pair, home).values():
        QueryVectors(home / "query_vectors.sqlite").encode(encoder, texts)
    evaluated = run("evaluate", "--queries", str(pair_folder / "queries.jsonl"), *options)
    assert evaluated.returncode == 0, evaluated.stderr
    assert set(json.loads(evaluated.stdout)["systems"]) == {"base", "tuned"}


SERVED = """
name = "Served"
dims = [16, 4]
[corpus]
sources = [{ kind = "jsonl", path = "laws.jsonl" }]
[systems.base]
label = "Served"
model = "ferry"
url = "URL"
"""


def test_a_served_model_is_asked(pair_folder: Path, tmp_path: Path) -> None:
    from tests.conftest import ARTICLES

    with serving(pair_folder / "base") as server:
        file = tmp_path / "served.toml"
        file.write_text(SERVED.replace("URL", server.address), encoding="utf-8")
        pair = parse_pair(file.read_text(encoding="utf-8"), file)
        build(pair.index_uri(tmp_path), ARTICLES, pair, encoders_for(pair, tmp_path))
        searched = run("search", "谁看灯塔", "--json", "--pair", str(file), "--home", str(tmp_path))
    assert searched.returncode == 0, searched.stderr
    assert len(json.loads(searched.stdout)["hits"]["base"]) == len(ARTICLES)


@pytest.mark.parametrize("command", [("doctor", "--quick"), ("index", "build")])
def test_where_it_is_needed_the_remedy_is_said(
    command: tuple[str, ...], pair_folder: Path, tmp_path: Path
) -> None:
    law = {"law": "渡口法", "article": "第一条", "text": "为了管理渡口，制定本法。", "level": "法律"}
    (tmp_path / "laws.jsonl").write_text(json.dumps(law, ensure_ascii=False), encoding="utf-8")
    text = SERVED.replace('"ferry"', json.dumps(str(pair_folder / "base"))).replace('url = "URL"', "")
    (tmp_path / "local.toml").write_text(text, encoding="utf-8")
    ended = run(*command, "--pair", str(tmp_path / "local.toml"), "--home", str(tmp_path / "home"))
    assert ended.returncode == 1
    assert REMEDY in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_demo_says_what_it_is_trained_with(tmp_path: Path) -> None:
    built = run("demo", "--build-only", "--home", str(tmp_path))
    assert built.returncode == 1
    assert "lacks sentence-transformers, transformers, torch" in built.stderr
    assert built.stderr.endswith("; pip install 'lawvault-workbench[demo]'\n")
    assert not list(tmp_path.iterdir())
