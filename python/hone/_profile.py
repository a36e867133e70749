"""What a table looks like: hone.profile."""

import json
import os

from . import _core
from ._model import _rows
from ._page import Page


class Profile(Page):
    """A profile's numbers (`.numbers`, a dict) and its page (`.html`), which notebooks show as it is."""

    def __init__(self, numbers, page):
        super().__init__(page)
        self.numbers = numbers

    def __getitem__(self, section):
        return self.numbers[section]

    @property
    def warnings(self):
        """[{"kind", "severity", "column", "text", "recipe"}]."""
        return self.numbers["warnings"]

    def save(self, path):
        """The page or, where the name ends in .json, the numbers."""
        path = os.fspath(path)
        with open(path, "w", encoding="utf-8") as file:
            file.write(json.dumps(self.numbers) if path.endswith(".json") else self.html)

    def __repr__(self):
        overview = self.numbers["overview"]
        return (f"<hone.Profile: {overview['rows']} rows, {overview['columns']} columns, "
                f"{len(self.warnings)} warnings>")


def profile(data, *, target=None, compare=None, sample=10000, most=30, rows=5, threads=0, seed=0):
    """What a table looks like: its columns, how they hang together and with a target, and warnings with the recipe's
    lines that mend them.

    data: a frame, or the path of a file. sample: rows that what is expensive is computed on; counts are of all. most:
    columns compared pair by pair. rows: shown of the beginning and the end. compare: another table, as data, to stand
    beside this one: where its columns differ, what is missing there, which names are new; in the section "beside".
    """
    given = _rows(data)
    other = None if compare is None else _rows(compare)
    options = {"sample": int(sample), "most": int(most), "rows": int(rows)}
    if target is not None:
        options["target"] = target
    numbers, page = _core.profile(given, other, json.dumps(options), threads, int(seed))
    return Profile(json.loads(numbers), page)
