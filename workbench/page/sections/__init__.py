"""The page's sections from top to bottom: records, to be read before the libraries behind them are loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING

from workbench.page.texts import Text

if TYPE_CHECKING:
    from workbench.page.choices import View
    from workbench.page.services import Services

# Modules are imported by one thread: two at it from different ends can wait for each other for ever.
_ALONE = Lock()


@dataclass(frozen=True)
class Section:
    """A part of the page; the module of its `name` in this folder has a function `draw(services, view)`.

    `name` is its anchor in links as well. `note` says what it is for. `height`: about how many pixels it takes. `presented`: stands in the presenter's view too.
    """

    name: str
    title: Text
    note: Text = ("", "")
    height: int = 0
    needs_query_set: bool = True
    presented: bool = True

    def load(self) -> Callable[["Services", "View"], None]:
        """Its `draw`; what that needs takes seconds to import the first time."""
        with _ALONE:
            draw: Callable[[Services, View], None] = import_module(f"{__name__}.{self.name}").draw
        return draw


SECTIONS = {
    section.name: section
    for section in (
        Section("search", ("Search", "检索"), needs_query_set=False),
        Section(
            "aggregate",
            ("Over the whole query set", "整个查询集"),
            (
                "How both models fare on every judged query, how sure the difference is, and which queries it "
                "comes from.",
                "两个模型在全部已标注问题上的表现、差异的可靠程度，以及差异来自哪些问题。",
            ),
            height=1_300,
        ),
        Section(
            "confusion",
            ("National versus local", "国家与地方"),
            (
                "Whether a question about national law is answered with a local regulation that copies it, or "
                "the other way round.",
                "答案在国家法律的问题，是否被照抄其文字的地方性法规顶替，或者相反。",
            ),
            height=1_750,
        ),
        Section(
            "matryoshka",
            ("Fewer dimensions", "维度取舍"),
            (
                "What is lost in quality and saved in bytes and time when vectors are cut to fewer dimensions "
                "(Matryoshka).",
                "截短向量（Matryoshka）会损失多少质量，节省多少存储与时间。",
            ),
            height=1_100,
        ),
        Section(
            "review",
            ("Review", "复核"),
            (
                "Cases that deserve a look, and what people have said about articles and questions.",
                "值得复核的案例，以及各位对法条和问题的评判。",
            ),
            height=600,
            needs_query_set=False,
            presented=False,
        ),
        Section(
            "takeaway",
            ("Take away", "导出"),
            (
                "Files for other tools, a report for others to read, and query sets of your own to bring along.",
                "供其他工具使用的文件、可供传阅的报告，以及自带的查询集。",
            ),
            height=850,
            needs_query_set=False,
            presented=False,
        ),
    )
}
