"""Which articles a search takes: of some levels, places or laws, as SQL for LanceDB."""

from dataclasses import dataclass

from workbench.core.domain import Level


@dataclass(frozen=True)
class Filter:
    """Which articles may be found: of one of the levels and one of the places, with `law` in the law's name; empty means any.

    The place of national law is the empty one.
    """

    levels: tuple[Level, ...] = ()
    regions: tuple[str, ...] = ()
    law: str = ""

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
        return " AND ".join(conditions + ([f"strpos(law, {quoted(self.law)}) > 0"] if self.law else []))

    def __bool__(self) -> bool:
        return bool(self.levels or self.regions or self.law)


def quoted(value: str) -> str:
    """`value` as a string in SQL."""
    return "'{}'".format(value.replace("'", "''"))
