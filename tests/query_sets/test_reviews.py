import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from workbench.core.errors import ReviewError
from workbench.query_sets.reviews import Review, Reviews, Verdict

# Saves reviews of its own one after the other and says which are kept: argv is file, author, how many.
WRITER = """\
import sys
from pathlib import Path
from workbench.query_sets.reviews import Reviews, Verdict
reviews = Reviews(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    reviews.save(f"question {number}", "a#1", sys.argv[2], Verdict.PARTLY, "", pair="demo", dim=64)
    print(number, flush=True)
"""


def writer(path: Path, author: str, count: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), author, str(count)], stdout=subprocess.PIPE, text=True
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "reviews.db"


def save(
    reviews: Reviews,
    verdict: Verdict | None = Verdict.RELEVANT,
    note: str = "",
    *,
    author: str = "Wang",
    looked_at: int = 0,
) -> Review:
    return reviews.save(
        "谁看灯塔", "灯塔法#第一条", author, verdict, note, pair="demo", dim=64, looked_at=looked_at
    )


def contents(reviews: Reviews, *, deleted: bool = False) -> list[tuple[Verdict | None, str, int]]:
    return [(review.verdict, review.note, review.version) for review in reviews.current(deleted=deleted)]


def rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        count: int = database.execute("SELECT count(*) FROM reviews").fetchone()[0]
    return count


Change = Callable[[Reviews], object]


def save_v1(reviews: Reviews) -> None:
    save(reviews, Verdict.PARTLY, "v1")


def edit(reviews: Reviews) -> None:
    save(reviews, Verdict.RELEVANT, "edited", looked_at=reviews.current()[0].version)


def delete(reviews: Reviews) -> None:
    reviews.delete(reviews.current()[0])


def undo(reviews: Reviews) -> None:
    reviews.undo((reviews.current() or reviews.current(deleted=True))[0])


@pytest.mark.parametrize(
    ("changes", "in_sight", "deleted"),
    [
        ([save_v1], [(Verdict.PARTLY, "v1", 1)], []),
        ([save_v1, edit], [(Verdict.RELEVANT, "edited", 2)], []),
        ([save_v1, delete], [], [(Verdict.PARTLY, "v1", 2)]),
        ([save_v1, undo], [], [(Verdict.PARTLY, "v1", 2)]),
        ([save_v1, undo, undo], [(Verdict.PARTLY, "v1", 3)], []),
        ([save_v1, edit, undo], [(Verdict.PARTLY, "v1", 3)], []),
        ([save_v1, edit, undo, undo], [(Verdict.RELEVANT, "edited", 4)], []),
        ([save_v1, edit, delete, undo], [(Verdict.RELEVANT, "edited", 4)], []),
        ([save_v1, delete, save_v1], [(Verdict.PARTLY, "v1", 3)], []),
        ([save_v1, delete, save_v1, undo], [], [(Verdict.PARTLY, "v1", 4)]),
    ],
)
def test_each_change_adds_one_row(
    changes: list[Change], in_sight: list[object], deleted: list[object], path: Path
) -> None:
    for change in changes:
        change(Reviews(path))  # a new object each time: all that counts is in the file
    assert (contents(Reviews(path)), contents(Reviews(path), deleted=True)) == (in_sight, deleted)
    assert rows(path) == len(changes)


def test_newest_first_and_by_question(path: Path) -> None:
    reviews = Reviews(path)
    for query, doc_id in (("a", "x"), ("b", ""), ("a", "y")):
        reviews.save(query, doc_id, " Wang ", None, "a note", pair="demo", dim=64)
    first = reviews.current(query="a")[1]
    reviews.save("a", "x", "Wang", Verdict.NOT_RELEVANT, "", pair="demo", dim=16, looked_at=first.version)
    assert [(review.query, review.doc_id, review.author, review.dim) for review in reviews.current()] == [
        ("a", "x", "Wang", 16), ("a", "y", "Wang", 64), ("b", "", "Wang", 64),
    ]  # fmt: skip
    assert [review.doc_id for review in reviews.current(query="a")] == ["x", "y"]
    assert reviews.current(query="c") == []


def test_two_authors_review_the_same_article(path: Path) -> None:
    reviews = Reviews(path)
    save(reviews, Verdict.RELEVANT, author="Wang")
    save(reviews, Verdict.NOT_RELEVANT, author="Li")
    assert {(review.author, review.verdict, review.version) for review in reviews.current()} == {
        ("Wang", Verdict.RELEVANT, 1), ("Li", Verdict.NOT_RELEVANT, 1),
    }  # fmt: skip


STALE: list[Callable[[Reviews, Review], object]] = [
    lambda reviews, seen: save(reviews, note="mine", looked_at=seen.version),
    lambda reviews, seen: save(reviews, note="mine"),
    lambda reviews, seen: reviews.delete(seen),
    lambda reviews, seen: reviews.undo(seen),
]


@pytest.mark.parametrize("change", STALE, ids=["edit", "new", "delete", "undo"])
def test_what_somebody_else_changed_is_not_overwritten(
    change: Callable[[Reviews, Review], object], path: Path
) -> None:
    mine, theirs = Reviews(path), Reviews(path)
    seen = save(mine, note="first")
    at = save(theirs, note="theirs", looked_at=1).at
    with pytest.raises(ReviewError) as caught:
        change(mine, seen)
    assert str(caught.value) == (
        f'review of "谁看灯塔" by Wang: was saved by Wang at {at}, after you looked; nothing was overwritten; look again and save again'
    )
    assert contents(mine) == [(Verdict.RELEVANT, "theirs", 2)]


def test_a_change_of_what_was_deleted_meanwhile_is_refused(path: Path) -> None:
    reviews = Reviews(path)
    seen = save(reviews)
    gone = reviews.delete(seen)
    with pytest.raises(ReviewError, match="was deleted by Wang"):
        save(reviews, looked_at=seen.version)
    with pytest.raises(ReviewError, match="is deleted already"):
        reviews.delete(gone)
    with pytest.raises(ReviewError, match="is not in this file"):
        Reviews(path.with_name("other.db")).undo(seen)


def test_of_many_threads_that_saw_the_same_one_wins(path: Path) -> None:
    reviews = Reviews(path)

    def attempt(number: int) -> str:
        try:
            return save(reviews, note=f"thread {number}").note
        except ReviewError:
            return ""

    with ThreadPoolExecutor(8) as pool:
        won = [note for note in pool.map(attempt, range(24)) if note]
    assert contents(reviews) == [(Verdict.RELEVANT, won[0], 1)]
    assert len(won) == 1


def test_two_processes_lose_nothing(path: Path) -> None:
    writers = [writer(path, author, 40) for author in ("Wang", "Li")]
    assert [
        (len(process.communicate(timeout=60)[0].splitlines()), process.returncode) for process in writers
    ] == [(40, 0), (40, 0)]
    found = {(review.author, review.query) for review in Reviews(path).current()}
    assert found == {(author, f"question {number}") for author in ("Wang", "Li") for number in range(40)}


def test_two_processes_find_their_conflict(path: Path) -> None:
    Reviews(path)
    writers = [writer(path, "Wang", 1) for _ in range(2)]
    for process in writers:
        process.communicate(timeout=60)
    assert sorted(process.returncode for process in writers) == [0, 1]
    assert rows(path) == 1


def test_a_killed_process_loses_nothing_that_it_was_told_is_kept(path: Path) -> None:
    process = writer(path, "Wang", 100_000)
    assert process.stdout
    kept = [process.stdout.readline() for _ in range(25)]
    os.kill(process.pid, signal.SIGKILL)
    kept += process.communicate(timeout=60)[0].splitlines()
    found = {review.query for review in Reviews(path).current()}
    assert found >= {f"question {int(number)}" for number in kept}
    assert len(found) <= len(kept) + 1
    save(Reviews(path))


@pytest.mark.parametrize(
    ("author", "verdict", "note", "message"),
    [
        (" \t", Verdict.RELEVANT, "", "author: is empty; say who you are"),
        ("王" * 81, Verdict.RELEVANT, "", "author: has 81 characters; wanted: 80 at most"),
        ("Wang", None, "", "review: has neither a verdict nor a note"),
        ("Wang", None, " \n", "review: has neither a verdict nor a note"),
        ("Wang", None, "长" * 5_001, "note: has 5,001 characters; wanted: 5,000 at most"),
        ("Wang", None, "\ud800", "review: holds half a surrogate pair"),
    ],
)
def test_bad_input_is_refused(
    author: str, verdict: Verdict | None, note: str, message: str, path: Path
) -> None:
    with pytest.raises(ReviewError, match=message):
        save(Reviews(path), verdict, note, author=author)
    assert Reviews(path).current() == []


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE reviews; --",
        "<script>alert(1)</script>",
        "a\0b",
        " \r\n\t行 ",
        "🏮" * 80,
        "‮e̷",
        "{}%s$1?",
        "=1+1",
    ],
)
def test_hostile_text_comes_back_unchanged(text: str, path: Path) -> None:
    review = Reviews(path).save(text, text, f"x{text}x"[:80], Verdict.RELEVANT, text, pair=text, dim=64)
    assert Reviews(path).current() == Reviews(path).current(query=text) == [review]
    assert (review.query, review.doc_id, review.note, review.pair) == (text, text, text, text)


def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "reviews.db"
    path.write_bytes("这不是数据库。".encode() * 100)
    with pytest.raises(
        ReviewError, match=r"reviews.db: cannot be used \(file is not a database\); move that file away"
    ):
        Reviews(path)
    assert path.read_bytes() == "这不是数据库。".encode() * 100


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(
        ReviewError, match=r"folder: cannot be used .* see that this file and its folder can be written"
    ):
        Reviews(tmp_path / "folder")
    with pytest.raises(
        ReviewError, match=r"reviews.db: cannot be made .* give a home folder that can be written"
    ):
        Reviews(tmp_path / "file" / "reviews.db")
