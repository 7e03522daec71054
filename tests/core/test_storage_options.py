"""`[index.storage_options]` of a pair file: which keys it takes, and that no message or record tells a value."""

import pickle
from pathlib import Path

import pytest

from tests.conftest import PAIR
from workbench._pairs import parse_pair
from workbench.core.errors import PairError
from workbench.core.settings import StoredAt

SECRET = "no-one-reads-this"  # noqa: S105
REFUSED = {
    f'uri = "s3://b/x"\n[index.storage_options]\nsecret = "{SECRET}"': "is no storage option of s3",
    f'uri = "gs://b/x"\n[index.storage_options]\nregion = "{SECRET}"': "is no storage option of gs",
    f'uri = "here"\n[index.storage_options]\nregion = "{SECRET}"': "the index lies in a folder",
    f'uri = "s3://b/x"\n[index.storage_options]\nclient_max_retries = "{SECRET}"': "is no number",
    f'uri = "s3://b/x"\n[index.storage_options]\nregion = ["{SECRET}"]': "is of another type",
    f'uri = "s3://b/x"\nstorage_options = "{SECRET}"': "is of another type",
    'uri = "memory://"': "is no place that keeps an index",
    'uri = "db://laws"': "is no place that keeps an index",
    'reuse = "memory://"': "is no place that keeps an index",
}


@pytest.mark.parametrize(("table", "found"), REFUSED.items())
def test_what_is_refused(table: str, found: str, pair_folder: Path) -> None:
    with pytest.raises(PairError) as caught:
        parse_pair(f"{PAIR}[index]\n{table}\n", pair_folder / "pair.toml")
    assert found in caught.value.found
    assert "pair.toml:" in caught.value.subject
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("store", "key"),
    [("s3", "region"), ("s3", "aws_region"), ("gs", "google_service_account"), ("az", "account_name")],
)
def test_what_is_taken_goes_along_with_the_address_and_is_not_shown(
    store: str, key: str, pair_folder: Path
) -> None:
    text = f'{PAIR}[index]\nuri = "{store}://b/x"\n[index.storage_options]\n{key} = "{SECRET}"\n'
    pair = parse_pair(text, pair_folder / "pair.toml")
    uri = pair.index_uri(pair_folder)
    assert isinstance(uri, StoredAt)
    assert (uri, uri.options) == (f"{store}://b/x", {key: SECRET})
    shown = (repr(pair), repr(uri), f"{uri}", pickle.dumps(uri).decode("latin-1"))
    assert not any(SECRET in each for each in shown)
