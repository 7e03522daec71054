"""Fetching from ModelScope on loopback, through its own client, in processes of their own."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from tests.fetching import NEW, OLD, commits_of_a_model, in_a_process
from tests.hub_server import Hub
from tests.modelscope_server import serving
from workbench.core import hub as face
from workbench.core.errors import HubError

TOKEN = "ms-aSecretThatNobodyMaySee"  # noqa: S105
MODEL = {"repo": "modelscope:ferry/model"}


def fetching(
    hub: Hub | str, cache: Path, *cases: dict[str, Any], at_once: int = 1, **settings: str
) -> tuple[list[dict[str, Any]], str]:
    given = {
        "MODELSCOPE_ENDPOINT": hub if isinstance(hub, str) else hub.address,
        "MODELSCOPE_CACHE": str(cache),
        "MODELSCOPE_HOME": str(cache / "settings"),
        "MODELSCOPE_API_TOKEN": TOKEN,
        "MODELSCOPE_DOWNLOAD_TIMEOUT": "1",
    }
    return in_a_process(cases, given | settings, at_once=at_once)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return commits_of_a_model(tmp_path_factory.mktemp("commits"))


@pytest.fixture
def hub(folders: dict[str, Path]) -> Iterator[Hub]:
    with serving(folders, OLD) as hub:
        yield hub


def test_a_model_is_fetched_without_its_pickles_and_loads(
    hub: Hub, folders: dict[str, Path], tmp_path: Path
) -> None:
    [first], _ = fetching(hub, tmp_path, MODEL)
    fetched = Path(first["folder"])
    files = {str(path.relative_to(fetched)) for path in fetched.rglob("*") if path.is_file()}
    assert {"modules.json", "model.safetensors", "tokenizer.json", "1_Pooling/config.json"} <= files
    assert not [
        name for name in files if name.startswith(("onnx", "checkpoint", "README")) or name.endswith(".bin")
    ]
    assert fetched == tmp_path / "models" / "ferry--model" / "snapshots" / OLD
    assert (first["commit"], first["cached"]) == (OLD, str(fetched))
    texts = ["渡船载客不得超过核定人数。", "谁看灯塔"]
    ours, theirs = (
        SentenceTransformer(str(folder), device="cpu").encode(texts) for folder in (fetched, folders[OLD])
    )
    np.testing.assert_array_equal(ours, theirs)
    assert {authorization for _, _, authorization in hub.asked} == {f"Bearer {TOKEN}"}


def test_what_is_there_is_not_fetched_again(hub: Hub, tmp_path: Path) -> None:
    [first], _ = fetching(hub, tmp_path, MODEL)
    for case, requests in ((MODEL, 1), (MODEL | {"revision": "v1"}, 1), (MODEL | {"revision": OLD}, 0)):
        hub.asked.clear()
        [again], said = fetching(hub, tmp_path, case)
        assert (again["folder"], len(hub.asked), said) == (first["folder"], requests, "")
    hub.main = NEW
    [moved], _ = fetching(hub, tmp_path, MODEL)
    assert moved["commit"] == NEW


def test_a_commit_is_fetched_without_asking_which_it_is(hub: Hub, tmp_path: Path) -> None:
    [pinned], _ = fetching(hub, tmp_path, MODEL | {"revision": NEW})
    assert pinned["commit"] == NEW
    assert not [path for _, path, _ in hub.asked if "/commits" in path]


def test_a_data_set_is_fetched_whole_or_in_part(tmp_path: Path) -> None:
    laws = tmp_path / "laws"
    for number in range(210):  # more than one page of the list
        (laws / "DLC" / "某省").mkdir(parents=True, exist_ok=True)
        (laws / "DLC" / "某省" / f"{number}.md").write_text("# 渡口条例", encoding="utf-8")
    (laws / "README.md").write_text("", encoding="utf-8")
    whole, part = (
        {"repo": "modelscope:ferry/laws", "kind": "dataset"},
        {"repo": "modelscope:lighthouse/laws", "kind": "dataset", "patterns": ["README*"]},
    )
    with serving({OLD: laws}, OLD) as hub:
        (all_of_it, some), _ = fetching(hub, tmp_path / "cache", whole, part)
    assert len(list(Path(all_of_it["folder"]).rglob("*.md"))) == 211
    assert [path.name for path in Path(some["folder"]).iterdir()] == ["README.md"]
    assert all(path.startswith(("/api/v1/datasets/", "/store/datasets/")) for _, path, _ in hub.asked)


@pytest.mark.parametrize("stands_for_the_hub", ["out-of-order", "silent", "portal", "missing", "nobody"])
def test_a_copy_serves_where_the_hub_does_not(hub: Hub, tmp_path: Path, stands_for_the_hub: str) -> None:
    [first], _ = fetching(hub, tmp_path, MODEL)
    renamed(tmp_path, "ferry", stands_for_the_hub)
    [again], said = fetching(
        "http://127.0.0.1:9" if stands_for_the_hub == "nobody" else hub,
        tmp_path,
        {"repo": f"modelscope:{stands_for_the_hub}/model"},
    )
    assert again["folder"] == first["folder"].replace("ferry", stands_for_the_hub)
    assert "Going on with the copy in" in said


def renamed(cache: Path, organisation: str, other: str) -> None:
    models = cache / "models"
    shutil.move(models / f"{organisation}--model", models / f"{other}--model")


def test_a_new_commit_that_cannot_be_had_leaves_the_old_one(hub: Hub, tmp_path: Path) -> None:
    fetching(hub, tmp_path, MODEL)
    renamed(tmp_path, "ferry", "cut")
    hub.main = NEW
    case = {"repo": "modelscope:cut/model"}
    [online], said = fetching(hub, tmp_path, case)
    [offline], _ = fetching(hub, tmp_path, case, MODELSCOPE_OFFLINE="1")
    assert "broke off in the middle of a file" in said
    assert online["commit"] == offline["commit"] == OLD
    assert online["folder"] == offline["folder"] != ""


def test_what_was_complete_is_kept_and_a_broken_file_goes_on(hub: Hub, tmp_path: Path) -> None:
    [broken], _ = fetching(hub, tmp_path, {"repo": "modelscope:cut/model"})
    assert (broken["folder"], broken["cached"]) == ("", "")
    renamed(tmp_path, "cut", "ferry")
    hub.asked.clear()
    [mended], _ = fetching(hub, tmp_path, MODEL)
    assert mended["commit"] == OLD
    assert {path.rpartition("=")[2] for _, path, _ in hub.asked if "/repo?" in path} == {"model.safetensors"}


@pytest.fixture(scope="module")
def failures(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What each way to fail says, by organisation."""
    cases = [
        {"repo": f"modelscope:{name}" if "/" in name else f"modelscope:{name}/model"} for name, _ in FAILURES
    ]
    cases += [
        {"repo": "modelscope:no-revision/model", "revision": "v9"},
        MODEL | {"revision": "main"},
        MODEL | {"revision": "b" * 40},
    ]
    with serving(folders, OLD) as hub:
        found, said = fetching(hub, tmp_path_factory.mktemp("cache"), *cases, at_once=8)
    assert TOKEN not in said + json.dumps(found)
    names = [*(name for name, _ in FAILURES), "refused revision", "unknown revision", "unknown commit"]
    return dict(zip(names, found, strict=True))


FAILURES = [
    ("gated", "modelscope:gated/model: is not given without a valid token (401); check the name; a private one is found only with a token: `modelscope login` (or set MODELSCOPE_API_TOKEN)"),
    ("hidden", "is not given without a valid token (401)"),
    ("unlisted", "is refused (403): a right is lacking, or the licence is not accepted yet; open http://127.0.0.1"),
    ("forbidden", "the token has to be of the account that did: `modelscope login`"),
    ("missing", "(404); check the name; a private one is found only with a token: `modelscope login` (or set MODELSCOPE_API_TOKEN); one of the international site with MODELSCOPE_ENDPOINT=https://www.modelscope.ai"),
    ("lost-file", "lists a file that 127.0.0.1"),
    ("out-of-order", "answers 503; try later"),
    ("half-down", "answers 500; check the network; files that are complete are kept, so run it again"),
    ("crowded", "answers 429 and wants to be left alone for 300 s"),
    ("rationed", "answers 429 and wants to be left alone for 3600 s"),
    ("silent", "gave no answer within 1 s; check the network, the proxy and MODELSCOPE_ENDPOINT"),
    ("silent-files", "gave no answer to 3 requests; check the network; files that are complete are kept, so run it again (MODELSCOPE_DOWNLOAD_TIMEOUT: seconds"),
    ("stalled", "stopped or broke off in the middle of a file; check the network; files that are complete are kept, so run it again"),
    ("cut", "stopped or broke off in the middle of a file"),
    ("short", "a file has another size than 127.0.0.1"),
    ("changed", "announced, or another checksum; files that are complete are kept"),
    ("portal", "does not answer as a hub does (JSONDecodeError); check MODELSCOPE_ENDPOINT"),
    ("a/b/c", "is no name of a repository; write organisation/name"),
]  # fmt: skip


@pytest.mark.parametrize(("organisation", "message"), FAILURES)
def test_each_failure_says_what_to_do_in_time(
    failures: dict[str, dict[str, Any]], organisation: str, message: str
) -> None:
    found = failures[organisation]
    assert found["fault"].startswith("HubError: ")
    assert message in found["fault"]
    assert found["seconds"] < 30  # with 1 s for an answer, and what the client waits between its tries
    assert (found["folder"], found["cached"], found["commit"]) == ("", "", "")


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("refused revision", 'has no revision "v9" (404); name a branch, tag or commit of http'),
        ("unknown revision", 'has no revision "main" (404)'),
        ("unknown commit", "has no such file"),
    ],
)
def test_an_unknown_revision_is_named(failures: dict[str, dict[str, Any]], case: str, message: str) -> None:
    assert message in failures[case]["fault"]


def test_offline_says_where_it_looked(hub: Hub, tmp_path: Path) -> None:
    pinned = {"repo": "modelscope:ferry/laws", "kind": "dataset", "revision": "v1"}
    (model, laws), _ = fetching(hub, tmp_path, MODEL, pinned, MODELSCOPE_OFFLINE="1")
    assert (
        f"looked for in {tmp_path / 'models' / 'ferry--model'}), and MODELSCOPE_OFFLINE forbids to fetch it"
        in model["fault"]
    )
    assert (
        "run `modelscope download ferry/model --local-dir model` on a machine with access, copy that folder and name it as `model`"
        in model["fault"]
    )
    assert "download ferry/laws --repo-type dataset --revision v1 --local-dir laws`" in laws["fault"]
    assert hub.asked == []


def test_offline_with_a_copy_or_a_part_of_one(hub: Hub, tmp_path: Path) -> None:
    [first], _ = fetching(hub, tmp_path, MODEL)
    hub.asked.clear()
    [again], said = fetching(hub, tmp_path, MODEL, MODELSCOPE_OFFLINE="1")
    assert (again["folder"], said, hub.asked) == (first["folder"], "", [])
    (Path(first["folder"]) / "model.safetensors").unlink()
    [part], _ = fetching(hub, tmp_path, MODEL, MODELSCOPE_OFFLINE="1")
    assert "is only in part on this machine" in part["fault"]


@pytest.mark.parametrize(
    ("address", "reason"), [("http://127.0.0.1:9", "refused"), ("http://hub.invalid", "")]
)
def test_nobody_there(address: str, reason: str, tmp_path: Path) -> None:
    [found], _ = fetching(address, tmp_path, MODEL)
    assert f"ferry/model: cannot be fetched: no connection to {address[7:]} ([Errno" in found["fault"]
    assert (
        f"{reason}); check the network, the proxy and MODELSCOPE_ENDPOINT and run it again, or name a local folder as `model`"
        in found["fault"]
    )
    assert found["seconds"] < 20


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full")
def test_no_room(hub: Hub, tmp_path: Path) -> None:
    snapshot = tmp_path / "models" / "ferry--model" / "snapshots" / OLD
    snapshot.mkdir(parents=True)
    (snapshot / "model.safetensors.incomplete").symlink_to("/dev/full")
    [full], _ = fetching(hub, tmp_path, MODEL)
    assert "cannot be kept: no room is left for" in full["fault"]
    assert "set MODELSCOPE_CACHE to a folder on a larger disk" in full["fault"]


def test_no_right_to_write(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    [closed], _ = fetching(hub, tmp_path / "file", MODEL, MODELSCOPE_HOME=str(tmp_path))
    assert "set MODELSCOPE_CACHE to a folder that you may write to" in closed["fault"]


def test_without_the_client_a_copy_serves_and_else_it_is_named(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [first], _ = fetching(hub, tmp_path, MODEL)
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path))
    monkeypatch.setattr("workbench.core.hubs.model_scope.find_spec", lambda _: None)
    assert str(face.fetch(**MODEL)) == first["folder"]
    message = r"modelscope:ferry/laws: cannot be fetched: this machine lacks modelscope-hub, .*; pip install 'lawvault-workbench\[modelscope\]', or name a local folder as `path`"
    with pytest.raises(HubError, match=message):
        face.fetch("modelscope:ferry/laws", kind="dataset")


@pytest.mark.parametrize(
    ("name", "names_one"),
    [
        ("modelscope:ferry/laws", True),
        ("modelscope:ferry/laws/DLC/某省", True),
        ("modelscope:laws", False),
        ("modelscope:ferry/", False),
        ("modelscope:ferry/laws/../../secrets", False),
        ("ferry/laws", False),
    ],
)
def test_which_names_are_a_data_sets(name: str, names_one: bool) -> None:
    assert face.names_data_set(name) is names_one
