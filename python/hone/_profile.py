"""What a table looks like: hone.profile."""

import html
import json
import os

from . import _core
from ._data import table
from ._model import read


class Profile:
    """A profile's numbers (`.numbers`, a dict) and its page (`.html`), which notebooks show as it is."""

    def __init__(self, numbers, page):
        self.numbers = numbers
        self.html = page

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

    def _repr_html_(self):
        page = html.escape(self.html, quote=True)
        return f'<iframe srcdoc="{page}" style="width:100%;height:720px;border:0" title="Profile"></iframe>'

    def __repr__(self):
        overview = self.numbers["overview"]
        return (f"<hone.Profile: {overview['rows']} rows, {overview['columns']} columns, "
                f"{len(self.warnings)} warnings>")


def _table(data):
    return read(data) if isinstance(data, (str, os.PathLike)) else table(data)


def profile(data, *, target=None, compare=None, sample=10000, most=30, rows=5, threads=0, seed=0):
    """What a table looks like: its columns, how they hang together and with a target, and warnings with the recipe's
    lines that mend them.

    data: a frame, or the path of a file. sample: rows that what is expensive is computed on; counts are of all. most:
    columns compared pair by pair. rows: shown of the beginning and the end. compare: another table, as data, to stand
    beside this one: where its columns differ, what is missing there, which names are new; in the section "beside".
    """
    given = _table(data)
    other = None if compare is None else _table(compare)
    options = {"sample": int(sample), "most": int(most), "rows": int(rows)}
    if target is not None:
        options["target"] = target
    numbers, page = _core.profile(given, other, json.dumps(options), threads, int(seed))
    return Profile(json.loads(numbers), page)
