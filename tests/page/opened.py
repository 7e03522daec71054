"""The page without a browser: opened with parameters in its address."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT

SCRIPT = ROOT / "workbench" / "page" / "app.py"
Opened = Callable[..., AppTest]


def html_of(test: AppTest) -> str:
    return "\n".join(str(element.proto.body) for element in test.get("html"))
