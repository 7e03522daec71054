"""Which articles a search takes: of some levels, places or laws, or as in force on some day, as SQL for LanceDB."""

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
        conditions = [
            f"{name} IN ({', '.join(map(quoted, values))})" for name, values in listed.items() if values
        ]
        if self.law:
            conditions.append(f"strpos(law, {quoted(self.law)}) > 0")
        if self.as_of:
            day = quoted(str(self.as_of))  # dates in ISO sort as text, and an empty one before all
            conditions.append(
                f"published <= {day} AND effective <= {day} AND (replaced = '' OR replaced > {day})"
            )
        return " AND ".join(conditions)

    def __bool__(self) -> bool:
        return bool(self.levels or self.regions or self.law or self.as_of)


def quoted(value: str) -> str:
    """`value` as a string in SQL."""
    return "'{}'".format(value.replace("'", "''"))
