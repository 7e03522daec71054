"""What a user reads of LanceDB's own errors: the messages as LanceDB 0.40 gives them, and some provoked."""

import shutil
from collections.abc import Callable
from pathlib import Path

import lancedb
import pytest

from workbench.core.errors import IndexFault
from workbench.index import Index
from workbench.index.faults import readable, reason

BUILD = "/home/x/.cargo/registry/src/packages-1949cf8c6b5b557f"
RUSTC = "/rustc/2d8144b7880597b6e6d3dfd63a9a9efae3f533d3/library/core/src"

MESSAGES = {
    "Table 'articles' was not found": "Table 'articles' was not found",
    f'lance error: LanceError(IO): does not have sufficient data, len: 7, bytes: b"damaged", {BUILD}'
    "/lance-io-13.0.0/src/utils.rs:224:20": 'does not have sufficient data, len: 7, bytes: b"damaged"',
    "lance error: LanceError(IO): Generic memory error: Invalid range 0..731 for object of size 7 bytes, "
    f"{RUSTC}/ops/function.rs:250:5": "Invalid range 0..731 for object of size 7 bytes",
    "lance error: LanceError(IO): Generic N/A error: Wrapped error: Not found: Wrapped error: Not found: "
    f"/home/me/articles.lance/data/1011.lance, {RUSTC}/result.rs:1896:29, {RUSTC}/ops/function.rs:250:5": (
        "Not found: /home/me/articles.lance/data/1011.lance"
    ),
    "lance error: LanceError(IO): Generic LocalFileSystem error: Unable to walk dir: IO error for operation on "
    f"/home/me/_versions: Permission denied (os error 13), {BUILD}/lance-io-13.0.0/src/object_store.rs:1506:92": (
        "Unable to walk dir: IO error for operation on /home/me/_versions: Permission denied (os error 13)"
    ),
    "Invalid input, No object store provider found for scheme: 'nosuch'\nValid schemes: gs, az": (
        "No object store provider found for scheme: 'nosuch'"
    ),
    "Invalid input, Error parsing statement: SELECT 1 FROM t WHERE law = = 'x' (sql parser error: Expected: an "
    "expression, found: =)": (
        "Error parsing statement: SELECT 1 FROM t WHERE law = = 'x' (sql parser error: Expected: an expression, "
        "found: =)"
    ),
    "Invalid input, Schema error: No field named nope. Valid fields are `doc_id`, `vector`.": (
        "Schema error: No field named nope. Valid fields are `doc_id`, `vector`."
    ),
    'Invalid input, Failed to connect to namespace: IO { source: Generic { store: "S3", source: ListRequest { source: '
    "RetryError(RetryErrorImpl { method: GET, uri: Some(http://127.0.0.1:9/bucket?list-type=2&prefix=x), retries: 3, "
    "inner: Http(HttpError { kind: Connect, source: reqwest::Error { kind: Request, source: Os { code: 111, kind: "
    'ConnectionRefused, message: "Connection refused" } } }) }) } }, location: Location { file: '
    f'"{BUILD}/lance-io-13.0.0/src/object_store.rs", line: 1506, column: 92 }}, backtrace: MaybeBacktrace }}': (
        "Failed to connect to namespace: Connection refused, http://127.0.0.1:9/bucket"
    ),
}


@pytest.mark.parametrize(("message", "wanted"), MESSAGES.items())
def test_a_message_is_cut_to_what_a_user_can_use(message: str, wanted: str) -> None:
    assert reason(RuntimeError(message)) == wanted


def overwrite(folder: Path) -> None:
    for file in folder.iterdir():
        file.write_bytes(b"damaged")


def empty(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


@pytest.mark.parametrize("damage", [overwrite, empty, shutil.rmtree])
@pytest.mark.parametrize("part", ["_versions", "data"])
def test_damage_is_told_in_one_line_without_source_paths(
    part: str, damage: Callable[[Path], None], tmp_path: Path
) -> None:
    uri = str(tmp_path / "index")
    database = lancedb.connect(uri)
    database.create_table("articles", [{"doc_id": "x"}])
    damage(tmp_path / "index" / "articles.lance" / part)
    with pytest.raises(IndexFault) as caught, readable(uri, "my/pair.toml"):
        lancedb.connect(uri).open_table("articles").to_arrow()
    said = str(caught.value)
    assert "\n" not in said
    assert not any(word in said for word in (".rs:", "LanceError", "cargo", "rustc"))
    assert said.endswith("run `workbench index build --pair my/pair.toml` again, or restore the folder")


@pytest.mark.parametrize("uri", ["s3:/", "/tmp/" + "x" * 300, "/tmp/a\0b"])  # noqa: S108
def test_a_place_that_cannot_be_one(uri: str) -> None:
    with pytest.raises(IndexFault, match="cannot be read") as caught:
        Index(uri)
    assert len(caught.value.found) < 230
