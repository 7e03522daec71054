"""Where a server is asked: in the forms that people copy, and shown without what is secret."""

from pathlib import Path

import pytest

from tests.embeddings_server import serving
from tests.encoders.test_embeddings_api import encoder
from workbench.core.errors import EncoderError
from workbench.encoders.backends.api_address import address_of

AZURE = "https://x.openai.azure.com/openai/deployments/m/embeddings?api-version=2024-02-01"


@pytest.mark.parametrize(
    ("url", "vectors", "models", "tags"),
    [
        ("http://h:1", "http://h:1/v1/embeddings", "http://h:1/v1/models", "http://h:1/api/tags"),
        ("http://h:1/v1/", "http://h:1/v1/embeddings", "http://h:1/v1/models", "http://h:1/api/tags"),
        ("http://h/embeddings", "http://h/embeddings", "http://h/models", "http://h/api/tags"),
        ("https://h/api/paas/v4/embeddings", "https://h/api/paas/v4/embeddings", "https://h/api/paas/v4/models", "https://h/api/paas/api/tags"),
        ("https://h/api/paas/v4", "https://h/api/paas/v4/embeddings", "https://h/api/paas/v4/models", "https://h/api/paas/api/tags"),
        ("https://h/gateway", "https://h/gateway/v1/embeddings", "https://h/gateway/v1/models", "https://h/gateway/api/tags"),
        (AZURE, AZURE, AZURE.replace("/embeddings", "/models"), AZURE.replace("/embeddings", "/api/tags")),
        ("http://h/v1?api-key=abc", "http://h/v1/embeddings?api-key=abc", "http://h/v1/models?api-key=abc", "http://h/api/tags?api-key=abc"),
    ],
)  # fmt: skip
def test_where_a_server_is_asked(url: str, vectors: str, models: str, tags: str) -> None:
    found = address_of(url)
    assert (found.vectors, found.models, found.tags) == (vectors, models, tags)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("HTTP://Host:80/v1", "http://host/v1/embeddings"),
        ("https://h:443", "https://h/v1/embeddings"),
        ("https://h:8443", "https://h:8443/v1/embeddings"),
        ("https://me:hidden@h/v1", "https://h/v1/embeddings"),
        (AZURE, AZURE),
        ("https://h/embeddings?sig=hidden&v=2", "https://h/embeddings?sig=…&v=2"),
        ("https://h/embeddings?x=hidden0hidden0hidden0", "https://h/embeddings?x=…"),
    ],
)
def test_an_address_is_shown_in_one_form_without_secrets(url: str, shown: str) -> None:
    found = address_of(url)
    assert found.shown == shown
    assert all("hidden" in secret for secret in found.secrets)
    assert ("hidden" in url) == bool(found.secrets)


@pytest.mark.parametrize("path", ["/v4/embeddings", "/embeddings", "/deep/er/v1/embeddings"])
def test_an_address_that_ends_in_embeddings_is_asked_as_it_is(pair_folder: Path, path: str) -> None:
    with serving(pair_folder / "tuned") as server:
        server.path = f"{path}?version=2"
        assert encoder(f"{server.address}{path}?version=2").encode_documents(["渡船"]).shape == (1, 16)


def test_messages_show_the_address_that_was_asked(pair_folder: Path) -> None:
    with serving(pair_folder / "tuned") as server:
        ours = encoder(server.address.replace("//", "//me:hidden@") + "/v2?token=hidden")
        with pytest.raises(EncoderError) as caught:
            ours.encode_documents(["渡船"])
        assert f"Served at {server.address}/v2/embeddings?token=…: has no model" in str(caught.value)
        assert "hidden" not in str(caught.value) + ours.origin.place + repr(ours.description)
