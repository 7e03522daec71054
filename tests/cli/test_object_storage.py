"""The command on an index in object storage: all of it as on a folder, and one message for each thing that goes wrong."""

import json
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import QUERIES
from tests.index.test_building_anywhere import LAWS, MANY, Desk
from tests.s3_server import SECRET, Line, S3Server, line_to
from workbench.core.settings import StoredAt

QUESTION = "夜里摆渡要点几盏灯"
COMMANDS = {
    "build": ("index", "build"),
    "verify": ("index", "verify"),
    "search": ("search", QUESTION, "--json"),
    "evaluate": ("evaluate", "--queries", "queries.jsonl"),
}


@pytest.fixture
def desk(tmp_path: Path, pair_folder: Path) -> Desk:
    """With an index in a folder."""
    systems: dict[str, dict[str, Any]] = {
        "base": {"label": "Base", "model": str(pair_folder / "base")},
        "tuned": {"label": "Tuned", "model": str(pair_folder / "tuned"), "query_prompt": "问题："},
        "bm25": {"kind": "lexical", "label": "BM25"},
    }
    (tmp_path / "desk").mkdir()
    made = Desk(tmp_path / "desk", tmp_path / "home", systems)
    made.corpus(LAWS)
    (made.folder / "queries.jsonl").write_text(QUERIES, encoding="utf-8")
    return made


@pytest.fixture
def far(desk: Desk, s3: S3Server, place: StoredAt, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The same with an index in a bucket, which the environment reaches."""
    monkeypatch.chdir(desk.folder)
    reach(s3, monkeypatch)
    return Desk(desk.folder, desk.home.with_name("far"), desk.systems, index=str(place))


def reach(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


def measured(desk: Desk) -> dict[str, Any]:
    """What `evaluate` writes, but for what two measurements never share."""
    found: dict[str, Any] = json.loads(desk.run(*COMMANDS["evaluate"]))
    return {key: value for key, value in found.items() if key != "seconds"}


def test_the_same_as_in_a_folder(desk: Desk, far: Desk) -> None:
    assert desk.build() == far.build() == "Base 7, Tuned 7"
    assert far.build() == "Base 0, Tuned 0"
    assert "7 articles and 6 vector columns and 1 full-text column" in far.run("index", "verify")
    assert "fits the pair" in far.run("index", "info")
    ours, theirs = (json.loads(each.run(*COMMANDS["search"]))["hits"] for each in (far, desk))
    assert ours == theirs
    assert measured(far) == measured(desk)
    far.corpus(LAWS[1:])
    assert "1 fewer" in far.run("index", "verify", fault="the corpus has")


def test_costs_fetch_each_column_a_few_times(
    far: Desk, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    far.corpus([*LAWS, *MANY])
    far.build()
    fetched = [heard(s3, far, (*COMMANDS["evaluate"], *costs), monkeypatch) for costs in ((), ("--costs",))]
    columns = 2 * 4 * sum(far.dims) * (len(LAWS) + len(MANY))
    assert (
        fetched[1] - fetched[0] < 20 * columns
    )  # with the `doc_id`s of what is found; in a folder 28 searches each


def heard(s3: S3Server, desk: Desk, command: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """Bytes that a command fetches."""
    with line_to(s3) as line:
        reach(line.near, monkeypatch)
        desk.run(*command)
    return line.answered


FAULTS = {
    "bucket": ("the bucket is not there", "make it, or mend `uri` of [index]"),
    "keys": ("the storage refuses these keys", "mend the keys in the environment (of s3: AWS_ACCESS_KEY_ID"),
    "endpoint": ("the storage cannot be reached, or", "see to the network and to `endpoint`"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_message_for_each_fault(
    fault: str, far: Desk, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault == "bucket":
        far.index = "s3://nowhere/index"
    if fault == "endpoint":
        monkeypatch.setenv("AWS_ENDPOINT", "http://127.0.0.1:9")
    with s3.wanting_keys() if fault == "keys" else nullcontext():
        for command in COMMANDS.values():
            assert_told(far.run(*command, fault="error: "), far, *FAULTS[fault])


def assert_told(said: str, desk: Desk, found: str, remedy: str) -> None:
    """In its last line, which names the index and no secret."""
    message = said.splitlines()[-1]
    assert message.startswith(f"error: {desk.index}: {found}"), said
    assert f"; {remedy}" in message
    assert SECRET not in said


def test_one_message_where_the_connection_is_lost_half_way(
    far: Desk, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    far.build()
    for command in COMMANDS.values():
        whole = heard(s3, far, command, monkeypatch)
        with line_to(s3, partial(half_way, whole)) as line:
            reach(line.near, monkeypatch)
            said = far.run(*command, fault="error: ")
        assert_told(
            said, far, "the storage cannot be reached, or the connection was lost", "see to the network"
        )
        assert said.endswith("then run it again: what was written is kept\n")
        s3.unlock(far.index)
    reach(s3, monkeypatch)
    assert far.build() == "Base 0, Tuned 0"


def half_way(whole: int, line: Line) -> bool:
    return 2 * line.answered > whole
