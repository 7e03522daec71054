"""Fetching from a hub on loopback, in processes of their own: the library reads its settings when it is imported."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from tests.fetching import NEW, OLD, commits_of_a_model, in_a_process
from tests.hub_server import Hub, serving

TOKEN = "hf_aSecretThatNobodyMaySee"  # noqa: S105


def fetching(
    hub: Hub | str, cache: Path, *cases: dict[str, Any], room: int = 0, **settings: str
) -> tuple[list[dict[str, Any]], str]:
    """What became of each `fetch(**case)` in one new process, and what it wrote for people."""
    address = hub if isinstance(hub, str) else hub.address
    given = {
        "HF_ENDPOINT": address,
        "HF_HOME": str(cache),
        "HF_TOKEN": TOKEN,
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DOWNLOAD_TIMEOUT": "1",
    }
    return in_a_process(cases, given | settings, room=room)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return commits_of_a_model(tmp_path_factory.mktemp("commits"))


@pytest.fixture
def hub(folders: dict[str, Path]) -> Iterator[Hub]:
    with serving(folders, OLD) as hub:
        yield hub


def test_a_model_is_fetched_and_loads(hub: Hub, folders: dict[str, Path], tmp_path: Path) -> None:
    [first], _ = fetching(hub, tmp_path, {"repo": "ferry/model"})
    fetched = Path(first["folder"])
    files = {str(path.relative_to(fetched)) for path in fetched.rglob("*") if path.is_file()}
    assert {"modules.json", "model.safetensors", "tokenizer.json", "1_Pooling/config.json"} <= files
    assert not [
        name for name in files if name.startswith(("onnx", "checkpoint", "README")) or name.endswith(".bin")
    ]
    assert first["commit"] == OLD
    texts = ["渡船载客不得超过核定人数。", "谁看灯塔"]
    ours, theirs = (
        SentenceTransformer(str(folder), device="cpu").encode(texts) for folder in (fetched, folders[OLD])
    )
    np.testing.assert_array_equal(ours, theirs)
    assert {authorization for _, _, authorization in hub.asked} == {f"Bearer {TOKEN}"}


def test_what_is_there_is_not_fetched_again(hub: Hub, tmp_path: Path) -> None:
    branch, commit = {"repo": "ferry/model"}, {"repo": "ferry/model", "revision": OLD}
    [first], _ = fetching(hub, tmp_path, branch)
    for case, requests in ((branch, 1), (commit, 0)):
        hub.asked.clear()
        [again], said = fetching(hub, tmp_path, case)
        assert (again["folder"], len(hub.asked), said) == (first["folder"], requests, "")
    hub.main = NEW
    [moved], _ = fetching(hub, tmp_path, branch)
    assert moved["commit"] == NEW


def test_a_data_set_is_fetched_whole_or_in_part(hub: Hub, tmp_path: Path) -> None:
    whole, part = (
        {"repo": "ferry/laws", "kind": "dataset"},
        {"repo": "lighthouse/laws", "kind": "dataset", "patterns": ["*.md"]},
    )
    (all_of_it, some), _ = fetching(hub, tmp_path, whole, part)
    assert (Path(all_of_it["folder"]) / "pytorch_model.bin").is_file()
    assert [path.name for path in Path(some["folder"]).iterdir()] == ["README.md"]
    assert all(path.startswith(("/api/datasets/", "/datasets/")) for _, path, _ in hub.asked)


@pytest.mark.parametrize("stands_for_the_hub", ["out-of-order", "silent", "portal", "nobody"])
def test_a_copy_serves_where_the_hub_does_not(hub: Hub, tmp_path: Path, stands_for_the_hub: str) -> None:
    case = {"repo": f"{stands_for_the_hub}/model"}
    [first], _ = fetching(hub, tmp_path, {"repo": "ferry/model"})
    repos = tmp_path / "hub"
    shutil.move(repos / "models--ferry--model", repos / f"models--{stands_for_the_hub}--model")
    [again], said = fetching("http://127.0.0.1:9" if stands_for_the_hub == "nobody" else hub, tmp_path, case)
    assert again["folder"] == first["folder"].replace("ferry", stands_for_the_hub)
    assert "Going on with the copy in" in said


def test_a_new_commit_that_cannot_be_had_leaves_the_old_one(hub: Hub, tmp_path: Path) -> None:
    case = {"repo": "cut/model"}
    fetching(hub, tmp_path, {"repo": "ferry/model"})
    shutil.move(tmp_path / "hub" / "models--ferry--model", tmp_path / "hub" / "models--cut--model")
    hub.main = NEW
    [online], said = fetching(hub, tmp_path, case)
    [offline], _ = fetching(hub, tmp_path, case, HF_HUB_OFFLINE="1")
    assert "broke off in the middle of a file" in said
    assert online["commit"] == offline["commit"] == OLD
    assert online["folder"] == offline["folder"] != ""


@pytest.fixture(scope="module")
def failures(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What each way to fail says, by organisation."""
    cases = [{"repo": name if "/" in name else f"{name}/model"} for name, _ in FAILURES] + [
        {"repo": "no-revision/model", "revision": "v9"}
    ]
    with serving(folders, OLD) as hub:
        found, said = fetching(hub, tmp_path_factory.mktemp("cache"), *cases)
    assert TOKEN not in said + json.dumps(found)
    return {name: one for (name, _), one in zip([*FAILURES, ("v9", "")], found, strict=True)}


FAILURES = [
    ("gated", "gated/model: is gated: its licence has to be accepted first (401); open https://huggingface.co/gated/model and accept the licence"),
    ("hidden", "and accept the licence, then `hf auth login` (or set HF_TOKEN) and try again"),
    ("unlisted", "is gated, and your account is not on its list (403); open https://huggingface.co/unlisted/model and"),
    ("forbidden", "is refused (403): a right is lacking, or the licence is not accepted yet; open https://huggingface.co/forbidden/model"),
    ("unknown-token", "is not given without a valid token (401); check the name"),
    ("missing", "(404); check the name; a private one is found only with a token: `hf auth login`"),
    ("lost-file", "lists a file that 127.0.0.1"),
    ("out-of-order", "answers 503; try later"),
    ("half-down", "answers 500; check the network; files that are complete are kept, so run it again"),
    ("crowded", "answers 429 and wants to be left alone for 300 s"),
    ("rationed", "answers 429 and wants to be left alone for 3600 s"),
    ("silent", "gave no answer within 1 s"),
    ("silent-files", "gave no answer to 2 requests; check the network; files that are complete are kept"),
    ("stalled", "stopped or broke off in the middle of a file; check the network; files that are complete are kept, so run it again"),
    ("cut", "stopped or broke off in the middle of a file"),
    ("short", "a file has another size than 127.0.0.1"),
    ("portal", "does not answer as a hub does (JSONDecodeError); check HF_ENDPOINT"),
    ("a/b/c", "is no name of a repository; write organisation/name"),
]  # fmt: skip


@pytest.mark.parametrize(("organisation", "message"), FAILURES)
def test_each_failure_says_what_to_do_in_time(
    failures: dict[str, dict[str, Any]], organisation: str, message: str
) -> None:
    found = failures[organisation]
    assert found["fault"].startswith("HubError: ")
    assert message in found["fault"]
    assert found["seconds"] < 6  # with 1 s for an answer
    assert (found["folder"], found["cached"], found["commit"]) == ("", "", "")


def test_an_unknown_revision_is_named(failures: dict[str, dict[str, Any]]) -> None:
    assert (
        'no-revision/model: has no revision "v9" (404); name a branch, tag or commit of https://'
        in failures["v9"]["fault"]
    )


def test_what_was_complete_is_kept(hub: Hub, tmp_path: Path) -> None:
    [broken], _ = fetching(hub, tmp_path, {"repo": "cut/model"})
    assert broken["folder"] == ""
    cut, whole = tmp_path / "hub" / "models--cut--model", tmp_path / "hub" / "models--ferry--model"
    assert [path.name for path in cut.rglob("*.incomplete")] == []
    shutil.move(cut, whole)
    hub.asked.clear()
    [mended], _ = fetching(hub, tmp_path, {"repo": "ferry/model"})
    assert mended["commit"] == OLD
    assert [
        path.rpartition("/")[2] for method, path, _ in hub.asked if method == "GET" and "/resolve/" in path
    ] == ["model.safetensors"]


def test_offline_says_where_it_looked(hub: Hub, tmp_path: Path) -> None:
    nothing, pinned = {"repo": "ferry/model"}, {"repo": "ferry/laws", "kind": "dataset", "revision": "v1"}
    (model, laws), _ = fetching(hub, tmp_path, nothing, pinned, HF_HUB_OFFLINE="1")
    assert (
        f"looked for in {tmp_path / 'hub' / 'models--ferry--model'}), and HF_HUB_OFFLINE forbids to fetch it"
        in model["fault"]
    )
    assert "run `hf download ferry/model` on a machine with access" in model["fault"]
    assert "or name a local folder as `model`" in model["fault"]
    assert "run `hf download ferry/laws --repo-type dataset --revision v1`" in laws["fault"]
    assert hub.asked == []


def test_offline_with_a_copy_or_a_part_of_one(hub: Hub, tmp_path: Path) -> None:
    [first], _ = fetching(hub, tmp_path, {"repo": "ferry/model"})
    hub.asked.clear()
    [again], said = fetching(hub, tmp_path, {"repo": "ferry/model"}, HF_HUB_OFFLINE="1")
    assert (again["folder"], said, hub.asked) == (first["folder"], "", [])
    (Path(first["folder"]) / "model.safetensors").unlink()
    [part], _ = fetching(hub, tmp_path, {"repo": "ferry/model"}, HF_HUB_OFFLINE="1")
    assert "is only in part on this machine" in part["fault"]


@pytest.mark.parametrize(
    ("address", "reason"), [("http://127.0.0.1:9", "refused"), ("http://hub.invalid", "")]
)
def test_nobody_there(address: str, reason: str, tmp_path: Path) -> None:
    [found], _ = fetching(address, tmp_path, {"repo": "ferry/model"})
    assert f"ferry/model: cannot be fetched: no connection to {address[7:]} ([Errno" in found["fault"]
    assert (
        f"{reason}); check the network, the proxy and HF_ENDPOINT and run it again, or name a local folder as `model`"
        in found["fault"]
    )
    assert found["seconds"] < 20


def test_no_room_and_no_right_to_write(hub: Hub, tmp_path: Path) -> None:
    [full], _ = fetching(hub, tmp_path / "small", {"repo": "ferry/model"}, room=900)
    assert "cannot be kept: no room is left for" in full["fault"]
    assert "set HF_HOME to a folder on a larger disk" in full["fault"]
    (tmp_path / "file").write_text("")
    [closed], _ = fetching(hub, tmp_path / "file", {"repo": "ferry/model"})
    assert "set HF_HOME to a folder that you may write to" in closed["fault"]


def test_the_constant_that_keeps_hf_xet_away_is_still_read(monkeypatch: pytest.MonkeyPatch) -> None:
    # workbench.core.hub sets it at run time. Where this fails, see what huggingface_hub reads now.
    from huggingface_hub import constants
    from huggingface_hub.utils._runtime import is_xet_available

    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    assert not is_xet_available()
