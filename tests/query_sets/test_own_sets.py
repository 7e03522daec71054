import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import QUERIES
from workbench.core.domain import Citation, Query
from workbench.core.errors import QueryError
from workbench.query_sets.formats import parse_queries, read_queries
from workbench.query_sets.own_sets import MAX_NAME, OwnSets, set_name

FERRY, LIGHTHOUSE = Citation("渡口法", "第二条"), Citation("灯塔法", "第一条")

# Adds questions of its own, one after the other: argv is folder, author, how many.
WRITER = """\
import sys
from pathlib import Path
from workbench.core.domain import Citation
from workbench.query_sets.own_sets import OwnSets
for number in range(int(sys.argv[3])):
    OwnSets(Path(sys.argv[1])).add("mine", f"{sys.argv[2]} asks {number}", [Citation("渡口法", "2")])
    print(number, flush=True)
"""


def writer(folder: Path, author: str, count: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), author, str(count)], stdout=subprocess.PIPE, text=True
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "home" / "query_sets"


@pytest.fixture
def sets(folder: Path) -> OwnSets:
    return OwnSets(folder)


def ids(sets: OwnSets, name: str = "mine") -> list[str]:
    return [query.query_id for query in read_queries(sets.paths()[name])]


def test_questions_are_added_and_read_back(sets: OwnSets, folder: Path) -> None:
    assert sets.paths() == {}
    added = [sets.add("mine", " 谁看\n灯塔 ", [Citation("灯塔法", "1")]), sets.add("mine", "坐几个人", [])]
    assert added == [Query("mine-001", "谁看 灯塔", (LIGHTHOUSE,)), Query("mine-002", "坐几个人")]
    assert OwnSets(folder).paths() == {"mine": folder / "mine.jsonl"}
    assert read_queries(folder / "mine.jsonl") == added


def test_a_known_question_gets_the_citations_of_both(sets: OwnSets) -> None:
    sets.add("mine", "谁看灯塔", [LIGHTHOUSE])
    sets.add("mine", "坐几个人", [FERRY])
    both = sets.add("mine", "谁看灯塔 ", [FERRY, Citation("《中华人民共和国灯塔法》", "第1条"), FERRY])
    assert both == Query("mine-001", "谁看灯塔", (LIGHTHOUSE, FERRY))
    assert read_queries(sets.paths()["mine"]) == [both, Query("mine-002", "坐几个人", (FERRY,))]


def test_citations_by_doc_id_and_grades_are_kept(sets: OwnSets) -> None:
    graded, called = Citation("渡口法", "第二条", relevance=2), Citation(doc_id="d7")
    sets.add("mine", "坐几个人", [graded, called])
    both = sets.add("mine", "坐几个人", [FERRY, called, Citation(doc_id="d8")])
    assert both.relevant == (graded, called, Citation(doc_id="d8"))
    assert read_queries(sets.paths()["mine"]) == [both]


def test_numbers_never_come_again(sets: OwnSets, folder: Path) -> None:
    for text in "abc":
        sets.add("mine", text, [])
    assert sets.remove("mine", "mine-003").text == "c"
    assert sets.add("mine", "d", []).query_id == "mine-004"
    for query_id in ids(sets):
        sets.remove("mine", query_id)
    assert sets.paths() == {}
    assert not (folder / "mine.jsonl").exists()
    assert sets.add("mine", "e", []).query_id == "mine-005"
    assert sets.add("other", "e", []).query_id == "other-001"


def test_numbers_of_uploads_count_as_well(sets: OwnSets) -> None:
    sets.store(
        "mine", b'{"query_id": "mine-041", "text": "a"}\n{"query_id": "mine-x", "text": "b"}', "a.jsonl"
    )
    sets.store("mine", b'{"query_id": "mine-007", "text": "a"}', "a.jsonl", replace=True)
    assert [sets.add("mine", text, []).query_id for text in ("a", "b")] == ["mine-007", "mine-042"]


@pytest.mark.parametrize(("name", "query_id"), [("mine", "mine-002"), ("none", "mine-001"), ("mine", "")])
def test_what_is_not_there_cannot_be_removed(name: str, query_id: str, sets: OwnSets) -> None:
    sets.add("mine", "谁看灯塔", [])
    with pytest.raises(QueryError, match=f'query set "{name}": has no query "{query_id}"'):
        sets.remove(name, query_id)
    assert ids(sets) == ["mine-001"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("名字", "名字"), ("a", "a"), (" Fälle 2026-01_a ", "Fälle 2026-01_a"), ("Fa\u0308lle", "Fälle"), ("हिन्दी", "हिन्दी"),
        ("名" * MAX_NAME, "名" * MAX_NAME), ("𠀀" * MAX_NAME, "𠀀" * MAX_NAME),
    ],
)  # fmt: skip
def test_good_names(name: str, kept: str, sets: OwnSets) -> None:
    assert sets.add(name, "谁看灯塔", []).query_id == f"{kept}-001"
    assert list(sets.paths()) == [set_name(name)] == [kept]


BAD_NAMES = [
    "",
    " ",
    ".",
    "..",
    "../x",
    "a/b",
    "a\\b",
    "/etc/passwd",
    ".hidden",
    "CON?",
    "a.jsonl",
    "a\0b",
    "a\nb",
    "a:b",
    "x" * 61,
    "\ud800",
    "🏮",
    "‮a",
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_bad_names_touch_nothing(name: str, sets: OwnSets, tmp_path: Path) -> None:
    changes: list[Callable[[], object]] = [
        lambda: sets.add(name, "谁看灯塔", []), lambda: sets.remove(name, "x"), lambda: sets.store(name, QUERIES.encode(), "q.jsonl"),
    ]  # fmt: skip
    for change in changes:
        with pytest.raises(
            QueryError, match=r"name of the query set: is .* wanted: 1 to 60 letters"
        ) as caught:
            change()
        str(caught.value).encode()
    assert list(tmp_path.iterdir()) == []


def test_an_upload_is_kept_in_one_format(sets: OwnSets, folder: Path) -> None:
    path = sets.store("名字", "text,relevant\n谁看灯塔,灯塔法1；渡口法2\n".encode("utf-8-sig"), "mine.csv")
    assert path == folder / "名字.jsonl"
    assert path.read_text(encoding="utf-8").splitlines() == [
        '{"query_id": "1", "text": "谁看灯塔", "relevant": [{"law": "灯塔法", "article": "第一条"}, {"law": "渡口法", "article": "第二条"}]}'
    ]
    assert read_queries(sets.store("b", QUERIES.encode(), "q.jsonl")) == parse_queries(
        QUERIES.encode(), "q.jsonl"
    )
    assert list(sets.paths()) == ["b", "名字"]


@pytest.mark.parametrize(
    ("content", "file_name", "replace", "message"),
    [
        (QUERIES.encode(), "q.jsonl", False, 'query set "mine": is there already'),
        (QUERIES.encode() + b"{", "q.jsonl", True, "q.jsonl:5: is no JSON"),
        (b"", "q.jsonl", True, "q.jsonl: holds no query"),
        (b"%PDF-1.7", "q.csv", True, "q.csv: is a PDF; wanted: a query set"),
        (QUERIES.encode() * 2, "q.jsonl", True, "q.jsonl: holds 8 lines; wanted: 4 queries at most"),
        (b'{"query_id": "%d", "text": "t"}\n' * 4, "q.jsonl", True, "q.jsonl:2: query_id"),
    ],
)
def test_a_bad_upload_leaves_the_old_file_untouched(
    content: bytes, file_name: str, replace: bool, message: str, sets: OwnSets
) -> None:
    sets.add("mine", "谁看灯塔", [LIGHTHOUSE])
    before = sets.paths()["mine"].read_bytes()
    with pytest.raises(QueryError, match=message):
        sets.store("mine", content, file_name, most=4, replace=replace)
    assert sets.paths()["mine"].read_bytes() == before
    assert (
        read_queries(sets.store("mine", QUERIES.encode(), "q.jsonl", most=4, replace=True))[0].query_id
        == "q1"
    )


@pytest.mark.parametrize("law", ["\ud800", "\0", "长" * 301])
def test_what_could_not_be_read_back_is_not_written(law: str, sets: OwnSets) -> None:
    sets.add("mine", "谁看灯塔", [LIGHTHOUSE])
    with pytest.raises(QueryError, match='query set "mine":1: '):
        sets.add("mine", "坐几个人", [Citation(law, "第一条")])
    assert ids(sets) == ["mine-001"]


def test_two_processes_and_threads_lose_nothing(sets: OwnSets, folder: Path) -> None:
    writers = [writer(folder, author, 20) for author in ("Wang", "Li")]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda number: sets.add("mine", f"thread asks {number}", []), range(10)))
    assert [
        (len(process.communicate(timeout=60)[0].splitlines()), process.returncode) for process in writers
    ] == [(20, 0), (20, 0)]
    queries = read_queries(folder / "mine.jsonl")
    assert [query.query_id for query in queries] == [f"mine-{number:03}" for number in range(1, 51)]
    assert len({query.text for query in queries}) == 50


def test_a_killed_process_leaves_a_whole_file(sets: OwnSets, folder: Path) -> None:
    process = writer(folder, "Wang", 100_000)
    assert process.stdout
    kept = [process.stdout.readline() for _ in range(15)]
    process.kill()
    kept += process.communicate(timeout=60)[0].splitlines()
    texts = {query.text for query in read_queries(folder / "mine.jsonl")}
    assert texts >= {f"Wang asks {int(number)}" for number in kept}
    assert sets.add("mine", "谁看灯塔", []).query_id not in {f"mine-{int(number) + 1:03}" for number in kept}


def test_damaged_files_are_named(sets: OwnSets, folder: Path, tmp_path: Path) -> None:
    sets.add("mine", "谁看灯塔", [])
    (folder / ".last_numbers.json").write_text("{", encoding="utf-8")
    with pytest.raises(QueryError, match=r"last_numbers.json: is damaged; delete it"):
        sets.add("mine", "坐几个人", [])
    (folder / "mine.jsonl").write_text("{", encoding="utf-8")
    with pytest.raises(QueryError, match=r"mine.jsonl:1: is no JSON"):
        sets.add("mine", "坐几个人", [])
    (tmp_path / "file").touch()
    with pytest.raises(QueryError, match=r"file.query_sets: cannot be written"):
        OwnSets(tmp_path / "file" / "query_sets").add("mine", "谁看灯塔", [])
