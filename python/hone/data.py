"""Tables: read, made, kept and looked at.

`hone.data.make_blobs(...)` and its like are the generators of the catalog, with the names and parameters of
scikit-learn's; each gives X and y as numpy arrays, or X alone where there is no target.
"""

import inspect as _inspect
import json as _json
import re as _re

from . import _core, _values
from ._catalog import docstring as _docstring, generators as _generators
from ._data import table as _table
from ._model import _plain, _rows, _text, read, sql
from ._profile import profile as _profile

__all__ = ["describe", "expect", "read", "register", "sql", "validate"]


def describe(data, *, target=None, threads=0):
    """Statistics of every column, as the profile has them: [{"name", "type", "missing", "distinct", ...}]."""
    return _profile(data, target=target, threads=threads)["columns"]


def register(name, data, *, folder=None):
    """Keep a table under a name; gives "data://NAME@VERSION", by which it is read wherever a file is named. The version
    follows from the content; "data://NAME" is what was registered last."""
    return _table(data)._register(name, folder)


def validate(data, expect):
    """Whether a table is as expected: {"valid", "rows", "failures": [{"rule", "column", "count", "row", "text"}]}.

    expect: a dict, or the path or text of a YAML or JSON file, such as {"rows": {"min": 100}, "columns": {"age":
    {"min": 0, "missing": 0.2}}, "keys": [["customer", "month"]], "checks": ["total >= part"]}; docs/SOURCES.md has all.
    """
    text = _json.dumps(expect, default=_plain) if isinstance(expect, dict) else _text(expect)
    return _json.loads(_core.validate(_rows(data), text))


def expect(data):
    """Expectations that a table meets, as a dict to be loosened or tightened: types, ranges, missing values."""
    return _json.loads(_core.expect(_rows(data)))


def _make(spec):
    names = {p.name: p for p in spec.params}
    names.update({alias: p for p in spec.params for alias in p.aliases})
    parameters = [_inspect.Parameter(p.name, _inspect.Parameter.POSITIONAL_OR_KEYWORD if p.name in
                                     ("n_samples", "n_features") else _inspect.Parameter.KEYWORD_ONLY,
                                     default=p.default) for p in spec.params]
    parameters += [_inspect.Parameter(name, _inspect.Parameter.KEYWORD_ONLY, default=None)
                   for name in ("random_state", "n_jobs")]
    parameters.sort(key=lambda p: p.kind)
    signature = _inspect.Signature(parameters)
    target = _re.compile(_re.escape(spec.target) + "[0-9]*")

    def make(*args, **given):
        for name in set(given) & set(names) - {p.name for p in spec.params}:
            given[names[name].name] = given.pop(name)
        bound = signature.bind(*args, **given).arguments
        seed, jobs = bound.pop("random_state", None), bound.pop("n_jobs", None)
        params = {}
        for name, value in bound.items():
            if value is None and names[name].none:
                params[names[name].key] = "none"
            elif value is not None:
                params[names[name].key] = _values.plain(value, spec.name, name)
        made = _core.generate(spec.kind, _json.dumps(params), _values.threads(jobs), _values.seed(seed))
        width = sum(target.fullmatch(name) is None for name in made.columns)
        values = made.matrix()
        if width == values.shape[1]:
            return values
        y = values[:, width:].astype("i8" if spec.classes else "f8")
        return values[:, :width].copy(), y[:, 0] if y.shape[1] == 1 else y

    make.__name__ = make.__qualname__ = spec.name
    make.__signature__ = signature
    make.__doc__ = _docstring(spec)
    make.__module__ = "hone.data"
    return make


for _spec in _generators(_json.loads(_core.catalog())["generators"]):
    globals()[_spec.name] = _make(_spec)
    __all__.append(_spec.name)
