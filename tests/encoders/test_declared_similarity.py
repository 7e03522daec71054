"""A model that declares another similarity than cosine: its note wherever its figures are shown."""

import json
from pathlib import Path

import pytest

from tests.conftest import QUERIES, save_model
from tests.index.test_building_anywhere import LAWS, Desk
from workbench import Workbench
from workbench.encoders.guards import declared_similarity
from workbench.page import parts


def declare(folder: Path, similarity: str | None, *last: str) -> Path:
    folder.mkdir(exist_ok=True)
    config = folder / "config_sentence_transformers.json"
    settings = json.loads(config.read_text(encoding="utf-8")) if config.exists() else {}
    config.write_text(json.dumps(settings | {"similarity_fn_name": similarity}), encoding="utf-8")
    if last:
        (folder / "modules.json").write_text(json.dumps([{"type": each} for each in last]), encoding="utf-8")
    return folder


POOLING, NORMALIZE = "sentence_transformers.models.Pooling", "sentence_transformers.models.Normalize"


@pytest.mark.parametrize(
    ("similarity", "last", "told"),
    [
        (None, POOLING, ""),
        ("cosine", POOLING, ""),
        ("dot", POOLING, "dot"),
        ("dot", NORMALIZE, ""),
        ("dot", "sentence_transformers.base.modules.normalize.Normalize", ""),
        ("euclidean", POOLING, "euclidean"),
        ("euclidean", NORMALIZE, ""),
        ("manhattan", NORMALIZE, "manhattan"),
    ],
)
def test_what_files_declare(tmp_path: Path, similarity: str | None, last: str, told: str) -> None:
    assert declared_similarity(declare(tmp_path, similarity, POOLING, last)) == told


@pytest.mark.parametrize("damaged", ["", "[]", '{"similarity_fn_name": 3}', "{"])
def test_damaged_files_declare_nothing(tmp_path: Path, damaged: str) -> None:
    (tmp_path / "config_sentence_transformers.json").write_text(damaged)
    assert declared_similarity(tmp_path) == ""


def test_it_is_said_by_doctor_build_evaluate_and_page(tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    for seed, name in enumerate(("plain", "dotted")):
        save_model(tmp_path / name, seed)
    declare(tmp_path / "dotted", "dot")
    systems = {name: {"label": name.title(), "model": str(tmp_path / name)} for name in ("plain", "dotted")}
    desk = Desk(tmp_path / "desk", tmp_path / "home", systems, dims=(16, 4))
    desk.corpus(LAWS)
    (desk.folder / "queries.jsonl").write_text(QUERIES, encoding="utf-8")
    said = "Dotted: the model declares the similarity dot, and cosine is measured"
    assert said.partition(": ")[2] in desk.run("doctor")
    assert said in desk.run("index", "build")
    output = str(desk.folder / "out.json")
    evaluated = desk.run("evaluate", "--queries", str(desk.folder / "queries.jsonl"), "--json", output)
    assert evaluated.count("declares the similarity") == evaluated.count(said) == 1
    bench = Workbench.open(desk.file, home=desk.home)
    assert parts.notes("en", bench) == [
        "Dotted declares the similarity dot; cosine is measured here, which leaves the vectors' norms out."
    ]
    assert parts.notes("zh", bench) == ["Dotted 声明的相似度是 dot；此处按余弦测量，不计向量的模长。"]
    assert json.loads(bench.index.builds["dotted_16"]["versions"])["similarity"] == "dot"
