"""Which articles a search takes: of some levels, places or laws, or as in force on some day, as SQL for LanceDB."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from workbench.core.domain import Level, is_day
from workbench.core.errors import QueryError


@dataclass(frozen=True)
class Filter:
    """Which articles may be found: of one of the levels and one of the places, with `law` in the law's name; empty means any.

    The place of national law is the empty one. `as_of`: only versions in force on that day (a date, or YYYY-MM-DD): neither
    published nor effective later, and not replaced by then; without dates an article counts as in force. A QueryError
    where it is no day.
    """

    levels: tuple[Level, ...] = ()
    regions: tuple[str, ...] = ()
    law: str = ""
    as_of: date | str = ""

    def __post_init__(self) -> None:
        if self.as_of and not is_day(str(self.as_of)):
            raise QueryError(
                "as of", f'"{self.as_of}" is no day', wanted="YYYY-MM-DD", remedy="write e.g. 2020-01-31"
            )

    @property
    def sql(self) -> str:
        """The condition as LanceDB takes it.

        >>> Filter(regions=("甲省", "O'Brien"), law="办法").sql
        "region IN ('甲省', 'O''Brien') AND strpos(law, '办法') > 0"
        """
        listed = {"level": self.levels, "region": self.regions}
        conditions = [in_list(name, values) for name, values in listed.items() if values]
        if self.law:
            conditions.append(f"strpos(law, {quoted(self.law)}) > 0")
        if self.as_of:
            day = quoted(str(self.as_of))  # dates in ISO sort as text, and an empty one before all
            conditions.append(
                f"published <= {day} AND effective <= {day} AND (replaced = '' OR replaced > {day})"
            )
        return " AND ".join(conditions)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the condition looks at."""
        dated = ("published", "effective", "replaced") if self.as_of else ()
        looked_at = {"level": self.levels, "region": self.regions, "law": self.law}
        return (*(name for name, wanted in looked_at.items() if wanted), *dated)

    def __bool__(self) -> bool:
        return bool(self.levels or self.regions or self.law or self.as_of)


def in_list(column: str, values: Iterable[str]) -> str:
    """That a column has one of these values, in SQL.

    >>> in_list("law", ["渡口法", "O'Brien"]), in_list("law", [])
    ("law IN ('渡口法', 'O''Brien')", 'false')
    """
    listed = ", ".join(map(quoted, values))
    return f"{column} IN ({listed})" if listed else "false"


def quoted(value: str) -> str:
    """`value` as a string in SQL."""
    return "'{}'".format(value.replace("'", "''"))
