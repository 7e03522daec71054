"""The page on an index in object storage: it answers as from a folder, and says where the storage is gone."""

import json
import re
from pathlib import Path
from threading import Event

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import ARTICLES, PAIR
from tests.page.opened import Opened, html_of
from tests.s3_server import S3Server, line_to
from workbench.core.settings import Pair, StoredAt
from workbench.encoders import encoders_for
from workbench.index import build


@pytest.fixture
def built(place: StoredAt, pair: Pair, home: Path) -> StoredAt:
    build(place, ARTICLES, pair, encoders_for(pair, home))
    return place


def pair_at(folder: Path, place: StoredAt, server: S3Server) -> Path:
    """A pair file whose index lies there."""
    options = "".join(f"{key} = {json.dumps(value)}\n" for key, value in server.options.items())
    file = folder / "far.toml"
    text = f'{PAIR}\n[index]\nuri = "{place}"\n[index.storage_options]\n{options}'
    file.write_text(text, encoding="utf-8")
    return file


def test_it_answers_as_from_a_folder_until_the_storage_is_gone(
    opened: Opened, built: StoredAt, s3: S3Server, pair_folder: Path, tmp_path: Path
) -> None:
    near, gone = hits(opened(q="谁看灯塔")), Event()
    with line_to(s3, lambda _: gone.is_set()) as line:
        test = opened(pair_at(pair_folder, built, line.near), tmp_path, q="谁看灯塔")
        assert hits(test) == near
        gone.set()
        test.text_input(key="choice q").set_value("从来没有问过").run()
    assert not test.exception
    assert f"{built}: the storage cannot be reached, or the connection was lost" in html_of(test)
    assert not hits(test)


def hits(test: AppTest) -> list[str]:
    """What stands in the lists of hits, without the time that it took."""
    return re.findall(r'class="wb-hit.*?</div>', html_of(test), re.DOTALL)
