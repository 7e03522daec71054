"""A visitor without a browser: speaks the page's own protocol over a web socket on loopback."""

import asyncio
import html
import re
from types import TracebackType
from typing import Any, Self

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

LIMIT = 2**26  # bytes of one message


class Visitor:
    """One session: opens the page, then asks questions; `texts` is all HTML of the last run."""

    def __init__(self, address: str) -> None:
        self._address = address.replace("http", "ws", 1).rstrip("/") + "/_stcore/stream"
        self._query_string, self._box, self._fragment = "", "", ""
        self.texts: list[str] = []

    async def __aenter__(self) -> Self:
        protocols: Any = ["streamlit"]
        self._socket = await websockets.connect(self._address, subprotocols=protocols, max_size=LIMIT)
        opening = BackMsg()
        opening.rerun_script.query_string = ""
        await self._run(opening)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._socket.close()

    async def ask(self, text: str) -> str:
        """The HTML of the answer."""
        asking = BackMsg()
        asking.rerun_script.query_string = self._query_string
        asking.rerun_script.fragment_id = self._fragment
        state = asking.rerun_script.widget_states.widgets.add()
        state.id, state.string_value = self._box, text
        await self._run(asking)
        answers = [each for each in self.texts if "wb-lists" in each]
        assert len(answers) == 1, f"{len(answers)} answers to {text}"
        return answers[0]

    async def _run(self, request: BackMsg) -> None:
        """Sends a request and reads until the script has run."""
        self.texts = []
        await self._socket.send(request.SerializeToString())
        while True:
            message = ForwardMsg()
            message.ParseFromString(await asyncio.wait_for(self._socket.recv(), 120))
            kind = message.WhichOneof("type")
            if kind == "script_finished":
                assert message.script_finished in (
                    ForwardMsg.FINISHED_SUCCESSFULLY,
                    ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
                )
                return
            if kind == "page_info_changed":
                self._query_string = message.page_info_changed.query_string
            if kind == "delta" and message.delta.HasField("new_element"):
                self._element(message)

    def _element(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        assert not element.HasField("exception"), element.exception.message
        if element.HasField("html"):
            self.texts.append(element.html.body)
        if element.HasField("text_input") and element.text_input.id.endswith("-choice q"):
            self._box, self._fragment = element.text_input.id, message.delta.fragment_id


def heading(answer: str) -> str:
    """Which question an answer says that it answers."""
    return html.unescape(re.findall(r'<h3 class="wb wb-h3">(.*?)</h3>', answer)[0]).partition(": ")[2]


def doc_ranks(answer: str) -> list[str]:
    """Article numbers of both lists, top to bottom, left list first."""
    return re.findall(r'<span class="wb-law">[^<]*</span><span>([^<]*)</span>', answer)
