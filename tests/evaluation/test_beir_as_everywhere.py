"""A BEIR data set is measured as everywhere: by its own qrels, without ids or folder names in a text, without queries among the answers."""

import json
from pathlib import Path

import ir_measures
import pytest
from ir_measures import RR, Success, nDCG

from tests.conftest import save_model
from tests.corpus_files import folder, json_lines
from workbench import Workbench
from workbench.core.documents import format_document
from workbench.core.domain import Query
from workbench.corpora.citations import Resolver
from workbench.evaluation.experiment import Experiment
from workbench.query_sets.formats import read_queries
from workbench.query_sets.query_set import resolve_qrels

# Arguments that ask for their counterarguments, as in ArguAna: each query is a document, of the same id.
DOCUMENTS = [
    {"_id": "crowd-1", "title": "渡船载客", "text": "渡船应当少载客，超过核定人数危险。"},
    {"_id": "crowd-1b", "title": "渡船载客", "text": "渡船可以多载客，不超过核定人数不危险。"},
    {"_id": "lamp-1", "title": "", "text": "夜间渡运点亮三盏灯浪费灯油。"},
    {"_id": "lamp-1b", "title": "", "text": "夜间渡运点亮三盏灯不浪费，船工安全。"},
    {"_id": "keeper", "title": "灯塔由守塔人看管", "text": ""},
    {"_id": "7", "title": "登岸", "text": "登岸应当交费。"},
]
QUERIES = [
    {"_id": "crowd-1", "text": "渡船应当少载客，超过核定人数危险。"},
    {"_id": "lamp-1", "text": "夜间渡运点亮三盏灯浪费灯油。"},
    {"_id": "who", "text": "谁看管灯塔"},
    {"_id": "7", "text": "登岸要不要交费"},
]
QRELS = "query-id\tcorpus-id\tscore\ncrowd-1\tcrowd-1b\t1\nlamp-1\tlamp-1b\t2\nwho\tkeeper\t1\n7\t7\t1\n7\tkeeper\t1\n"
PAIR = """
name = "Arguments"
dims = [16, 4]
[corpus]
sources = [{{ kind = "beir", path = "{name}" }}]
[systems.base]
label = "Base"
model = "base"
[systems.bm25]
kind = "lexical"
label = "BM25"
[systems.hybrid]
kind = "fusion"
label = "Hybrid"
of = ["base", "bm25"]
"""
TAGS = {"base_16": ("base", 16), "base_4": ("base", 4), "bm25_all": ("bm25", 0), "hybrid_all": ("hybrid", 0)}


def measured(root: Path, name: str) -> tuple[Workbench, Experiment]:
    """The data set in a folder of this name."""
    files = {"corpus.jsonl": json_lines(*DOCUMENTS), "queries.jsonl": json_lines(*QUERIES)}
    folder(root / name, files | {"qrels/test.tsv": QRELS})
    save_model(root / "base", 0)
    (root / "pair.toml").write_text(PAIR.format(name=name), encoding="utf-8")
    workbench = Workbench.open(root / "pair.toml", home=root / "home")
    workbench.build()
    return workbench, workbench.evaluate(root / name)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("beir")


@pytest.fixture(scope="module")
def arguments(root: Path) -> tuple[Workbench, Experiment]:
    return measured(root, "arguments")


def test_exported_runs_are_judged_by_the_data_sets_own_qrels(
    root: Path, arguments: tuple[Workbench, Experiment], tmp_path: Path
) -> None:
    workbench, experiment = arguments
    lines = [line.split("\t") for line in QRELS.splitlines()[1:]]
    qrels = [ir_measures.Qrel(query_id, doc_id, int(score)) for query_id, doc_id, score in lines]
    files = workbench.trec_files(experiment)
    for tag, (system, dim) in TAGS.items():
        (tmp_path / tag).write_text(files[f"{tag}.run"], encoding="utf-8")
        run = list(ir_measures.read_trec_run(str(tmp_path / tag)))
        assert {hit.doc_id for hit in run} <= {row["_id"] for row in DOCUMENTS}
        assert not [hit for hit in run if hit.query_id == hit.doc_id != "7"]
        theirs = ir_measures.calc_aggregate([RR @ 10, Success @ 1, nDCG @ 10], qrels, run)
        means = experiment.evaluations[system][dim].means
        for measure, value in theirs.items():
            assert means[str(measure)] == pytest.approx(value), (tag, measure)


def test_a_query_that_is_a_document_does_not_find_itself(arguments: tuple[Workbench, Experiment]) -> None:
    workbench, experiment = arguments
    assert experiment.top_ids("base", 16)["crowd-1"] == "渡船载客#crowd-1b"
    assert experiment.query_set.with_own_document == 2  # 7 answers itself: that is no copy of the question
    queries = workbench.summary(experiment)["queries"]
    assert (queries["judged"], queries["unresolved"], queries["with own document"]) == (4, 0, 2)


def test_the_folders_name_changes_nothing(arguments: tuple[Workbench, Experiment], tmp_path: Path) -> None:
    _, experiment = arguments
    _, renamed = measured(tmp_path, "灯塔渡船")
    for system, dim in TAGS.values():
        assert renamed.evaluations[system][dim] == experiment.evaluations[system][dim]


@pytest.mark.parametrize(
    "template",
    ["title: {law} {article} | text: {text}", "{law} {article} {text}", "{part}{law}#{article}：{text}"],
)
def test_no_text_holds_an_id_or_the_folders_name(
    arguments: tuple[Workbench, Experiment], template: str
) -> None:
    texts = [format_document(each, template) for each in arguments[0].index.articles().values()]
    held = [
        name for name in ("crowd", "lamp", "keeper", "7", "arguments") if any(name in text for text in texts)
    ]
    assert held == []
    assert any("灯塔由守塔人看管" in text for text in texts)  # what has only a title


def test_only_beirs_sets_leave_documents_out(root: Path, arguments: tuple[Workbench, Experiment]) -> None:
    """Questions of a table are numbered by their writer: that one has a document's number says nothing."""
    query = {"query_id": "crowd-1", "text": "渡船载客", "relevant": [{"doc_id": "lamp-1"}]}
    (root / "own.jsonl").write_text(json.dumps(query, ensure_ascii=False), encoding="utf-8")
    assert arguments[0].resolve(root / "own.jsonl").with_own_document == 0
    assert [query.own_documents for query in read_queries(root / "arguments")] == [
        (row["_id"],) for row in QUERIES
    ]


def test_documents_that_the_corpus_lacks_are_nobodys_own(arguments: tuple[Workbench, Experiment]) -> None:
    resolver: Resolver = arguments[0].resolver
    (relevant,) = read_queries(arguments[0].pair.corpus.sources[0].path)[2].relevant
    query = Query("q", "t", (relevant,), own_documents=("crowd-1", "nowhere"))
    (judged,) = resolve_qrels("set", [query], resolver).judged
    assert judged.own_documents == ("渡船载客#crowd-1",)
