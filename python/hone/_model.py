"""Whole pipelines: what a .hone file holds."""

import json
import os

import numpy as np

from . import _core
from ._data import is_frame, like, table
from ._errors import usage
from ._page import Page, figures


class Model:
    """A fitted pipeline with its schema, metrics and lineage. `hone.train` makes one, `hone.load` reads one."""

    def __init__(self, core):
        self._core = core
        self._described = None

    def describe(self):
        """Schema, steps, parameters, metrics, importances and lineage."""
        if self._described is None:
            self._described = json.loads(self._core.describe())
        return self._described

    def log(self, markdown=False):
        """What the steps did to the rows that were learned from, as text: cells changed, missing values and means
        before and after, columns made, rows left out. describe()["changes"] has it as data."""
        return self._core.log(markdown)

    @property
    def task(self):
        return self.describe()["task"]

    @property
    def target(self):
        return self.describe().get("target")

    @property
    def classes(self):
        """Class labels, in the order of probabilities; empty where there are none."""
        return self.describe().get("classes", [])

    @property
    def schema(self):
        """The columns it takes: [{"name": ..., "type": ...}]."""
        return self.describe()["schema"]

    @property
    def threads(self):
        """Threads to predict with; 0: all processors."""
        return self._core.threads

    @threads.setter
    def threads(self, threads):
        self._core.threads = threads

    def _table(self, rows):
        if is_frame(rows):
            return table(rows)
        names = tuple(column["name"] for column in self.schema)
        shape = np.shape(rows)
        if len(shape) == 2 and shape[1] != len(names):
            raise usage(f"the model takes {len(names)} columns, and here are {shape[1]}")
        return table(rows, names)

    def predict(self, rows):
        """Predictions, and probabilities by class, for the rows of a frame (columns by name): the same kind of frame.
        A dict, or a list of dicts, gives the like; an array (columns in order) the predictions alone."""
        if isinstance(rows, dict) or (isinstance(rows, list) and rows and isinstance(rows[0], dict)):
            return self.predict_json(rows)
        answers = self._core.predict(self._table(rows))
        return like(rows, answers) if is_frame(rows) else answers.to_dict()["prediction"]

    def predict_json(self, rows):
        """The server's way: JSON text (str or bytes) in, JSON text out. Dicts and lists give dicts and lists."""
        if isinstance(rows, (str, bytes)):
            return self._core.predict_json(rows)
        return json.loads(self._core.predict_json(json.dumps(rows, default=_plain)))

    def evaluate(self, rows, *, metrics=None, **options):
        """Metrics with intervals beside the baseline's, for rows with the target. metrics: names, such as
        ["roc_auc", "fbeta(2)", "precision@10"]. options: errors=N (the worst answers, where it errs), plots=True,
        allow_extra=True, decision={...}; see docs/EVALUATION.md."""
        return json.loads(self._core.evaluate(_rows(rows), _options(metrics, options)))

    def report(self, rows, *, metrics=None, errors=10, **options):
        """What `evaluate` finds, with curves, as one HTML page that needs nothing beside it: `.html`, `.save(path)`,
        and shown as it is in notebooks. options as for evaluate."""
        return Page(self._core.report(_rows(rows), _options(metrics, {"errors": errors, **options})))

    def update(self, rows, *, allow_extra=False):
        """Learns from more rows without forgetting, where the kind can ("update" among `hooks` of hone.kinds()): steps
        stay as they were fitted. Gives the figures of these rows before they were learned from."""
        found = json.loads(self._core.learn(_rows(rows), allow_extra))
        self._described = None
        return found

    def verify(self):
        """Whether rows kept in the model get the answers kept beside them, to the bit: (rows, of these the same)."""
        return self._core.verify()

    def rules(self, part=0):
        """What the model says in words: the rules of a tree, of several trees those of one."""
        return self._core.words(part, False)

    def drawing(self, part=0):
        """The model as a picture: the text of an SVG document."""
        return self._core.words(part, True)

    def save(self, path):
        """As one .hone file, which appears whole or not at all."""
        self._core.save(os.fspath(path))

    def to_bytes(self):
        """The file's bytes."""
        return self._core.to_bytes()

    @staticmethod
    def from_bytes(data):
        return Model(_core.from_bytes(bytes(data), 0))

    def __reduce__(self):
        return Model.from_bytes, (self.to_bytes(),)

    @property
    def importances(self):
        """{column: share}, the largest first; empty where the model has none."""
        return self.describe().get("importances", {})

    def _repr_html_(self):
        said = self.describe()
        return figures(f"{said['model']['kind']}: {self.task}" + (f" of {self.target!r}" if self.target else ""), said)

    def __repr__(self):
        return f"<hone.Model: {self.task} of {len(self.schema)} columns by {self.describe()['model']['kind']}>"


def _plain(value):
    """numpy's and pandas' scalars for JSON."""
    if hasattr(value, "item"):
        return value.item()
    return str(value)


def _rows(given):
    return read(given) if isinstance(given, (str, os.PathLike)) else table(given)


def _options(metrics, options):
    if metrics is not None:
        options = {"metrics": [metrics] if isinstance(metrics, str) else list(metrics), **options}
    return json.dumps(options, default=_plain)


def load(path, *, threads=0):
    """A model from a .hone file, which may be a stranger's: it holds data, never code."""
    return Model(_core.load(os.fspath(path), threads))


def train(data=None, *, target=None, model=None, steps=None, recipe=None, seed=None, threads=0):
    """Trains a whole pipeline, as `hone train` does: types, split, steps and model are chosen where they are not given.

    data: a frame, or the path of a file; None where the recipe names it. model: a kind, or {kind: parameters}, or an
    estimator. steps: a list of such, of steps of one's own (hone.Step), and of (name, step) or (name, step, columns).
    recipe: a dict, or the path or text of a YAML or JSON recipe (then alone).
    """
    text = _recipe(target, model, steps, recipe, seed)
    return Model(_core.train(text, None if data is None else _rows(data), threads, int(seed or 0)))


def _recipe(target, model, steps, recipe, seed):
    """The text of the recipe that arguments make."""
    if recipe is None or isinstance(recipe, dict):
        from ._steps import as_recipe
        made = dict(recipe or {})
        if steps is not None:
            made["steps"] = steps
        if made.get("steps") is not None:
            made["steps"] = [as_recipe(step) for step in made["steps"]]
        made = json.loads(json.dumps(made, default=_plain))
        if target is not None:
            made.setdefault("roles", {})["target"] = target
        if model is not None:
            made["model"] = as_recipe(model) if not isinstance(model, (str, dict)) else model
        if seed is not None:
            made["seed"] = int(seed)
        return json.dumps(made, default=_plain)
    if any(given is not None for given in (target, model, steps, seed)):
        raise usage("a recipe's text stands alone: say target, model, steps and seed in it, or pass the recipe as a "
                    "dict")
    return _text(recipe)


def _text(given):
    """A YAML or JSON text, given as such or as the path of its file."""
    text = os.fspath(given)
    if "\n" in text or (":" in text and not os.path.exists(text)):
        return text
    with open(text, encoding="utf-8") as file:
        return file.read()


def compare(models, data, *, metrics=None, threads=0, seed=0, **options):
    """Which of several fitted models is best on labelled rows, and how sure that is: figures with intervals, how far
    each is behind the best on the same resamples, and a verdict in words.

    models: {name: model}, or a list. Models and fitted estimators (by the columns they were fitted on) go beside each
    other, if they have one task.
    """
    named = models if isinstance(models, dict) else {f"{i + 1}": one for i, one in enumerate(models)}
    cores = [(one if isinstance(one, Model) else one.model())._core for one in named.values()]
    return json.loads(_core.compare(cores, [str(name) for name in named], _rows(data), _options(metrics, options),
                                    threads, int(seed)))


def learning_curve(data, *, target=None, model=None, steps=None, recipe=None, seed=None, threads=0, **options):
    """How a model learns from more and more rows: scores on rows learned from and held out, whether it over- or
    underfits, and with rounds=N how much of its expected error is bias and how much variance.

    data, target, model, steps, recipe as for hone.train; options: fractions=[...], folds=N, rounds=N.
    """
    text = _recipe(target, model, steps, recipe, seed)
    return json.loads(_core.curve(text, _rows(data), json.dumps(options, default=_plain), threads, int(seed or 0)))


def read(path, *, format=None, delimiter=None, header=None, encoding=None, missing=None, limit=0,
         table=None, query=None, quote=None, escape=None, comment=None, decimal=None, skip_rows=0,
         range=None):
    """A Table from a file, a pattern, a folder, a database or a URL: docs/SOURCES.md lists the kinds."""
    which = None if table is None else str(table)
    return _core.read(os.fspath(path), False, format, delimiter, header, encoding, _words(missing), limit,
                      which, query, quote, escape, comment, decimal, skip_rows, range)


def sql(query, *, missing=None, limit=0):
    """A Table from a query that reads (DuckDB's dialect): "SELECT * FROM 'a.csv' JOIN 'b.parquet' USING (id)"."""
    return _core.read(query, True, None, None, None, None, _words(missing), limit, *[None] * 6, 0, None)


def limit_memory(size):
    """From now on hone keeps this process to `size` bytes of memory ("512M", 4 << 30): what is beyond lies in a file in
    the temporary folder, so that data may be larger than memory, with the same results. None: no limit."""
    _core.limit_memory("0" if size is None else str(size))


def _words(missing):
    return missing if missing is None or isinstance(missing, str) else ",".join(missing)
