"""Where each of any number of names stood first, kept on a disk."""

from weakref import finalize

from workbench.corpora.stored import enough_room, temporary_database

_ANY = "surrogatepass"  # names of files and values of JSON may be no text


class Firsts:
    """Told of names one after the other."""

    def __init__(self) -> None:
        self._database = temporary_database()
        finalize(self, self._database.close)
        self._database.execute("CREATE TABLE firsts (name PRIMARY KEY, place) WITHOUT ROWID")

    def add(self, name: str | int, where: str) -> str:
        """Where `name` stood before; empty where it is new, and stands at `where` first."""
        key = name.encode("utf-8", _ANY) if isinstance(name, str) else name
        place = where.encode("utf-8", _ANY)
        with enough_room():
            added = self._database.execute("INSERT OR IGNORE INTO firsts VALUES (?, ?)", (key, place))
            if added.rowcount:
                return ""
            ((first,),) = self._database.execute("SELECT place FROM firsts WHERE name = ?", (key,))
        return bytes(first).decode("utf-8", _ANY)
