"""One writing for all texts, and OpenCC only where a text calls for it."""

import subprocess
import sys

import pytest

from workbench.corpora.citations.writing import plain


@pytest.mark.parametrize(
    ("text", "one"),
    [
        ("勞動合同法第４７條", "劳动合同法第47条"),
        ("著作权法（２０２０修正）", "著作权法(2020修正)"),
        ("《著作權法》", "《著作权法》"),
        ("刑\u200b法\ufeff", "刑法"),
        ("第1，2条", "第1、2条"),
        ("第1,062条", "第1,062条"),
        ("第1，062条", "第1,062条"),
        ("〇○㈠①", "〇○(一)1"),
    ],
)
def test_plain(text: str, one: str) -> None:
    assert plain(text) == one == plain(one)


@pytest.mark.parametrize(("text", "loaded"), [("《刑法》第一百○五条", False), ("勞動法第3條", True)])
def test_opencc_is_imported_only_for_traditional_characters(text: str, loaded: bool) -> None:
    code = f"import sys; from workbench.corpora.citations import parse; parse({text!r}); print('opencc' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == str(loaded)
