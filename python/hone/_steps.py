"""Steps of one's own: functions that hone calls in training and in serving, under a name that recipes use."""

import json
import struct

from . import _core, _data
from ._catalog import Param, Spec, camel
from ._errors import usage
from ._estimator import Estimator, make_class

_registered = {}  # name -> class


class Step:
    """A step of one's own, for recipes and pipelines.

    A subclass says its `name` (small letters, digits, _) and how rows are transformed. What `fit` learned is kept in
    the model as data: numbers, texts, lists and dicts of such (as JSON), or bytes. Functions never are: whoever loads
    the model registers the step first. `transform` gives a row's columns from that row and the state alone, and the
    same columns for any rows; it may be called from several threads.

        class Centered(hone.Step):
            name = "centered"
            def fit(self, frame, y=None, by="mean"):
                return getattr(frame, by)().to_dict()
            def transform(self, frame, state):
                return frame - pandas.Series(state)

    `frames` says what frames are: "pandas", "polars", "arrow" or "dict" (of lists).
    """

    name = None
    frames = "pandas"

    def fit(self, frame, y=None, **options):
        """What transform needs of the training rows. y: the target as numbers, or None."""

    def transform(self, frame, state):
        """The columns in place of frame's, for any rows."""
        raise NotImplementedError

    def __call__(self, **options):
        """A transformer of this step, with scikit-learn's protocol."""
        return register(self)(options=options or None)


class _Functions(Step):
    def __init__(self, name, transform, fit, frames):
        self.name, self.frames = name, frames
        self.transform = transform
        if fit is not None:
            self.fit = fit


def step(name, transform, fit=None, frames="pandas"):
    """A step of two functions: fit(frame, y=None, **options) -> state and transform(frame, state) -> frame."""
    return _Functions(name, transform, fit, frames)


def _frame(core_table, frames):
    made = {"pandas": "to_pandas", "polars": "to_polars", "arrow": "to_arrow", "dict": "to_dict"}.get(frames)
    if made is None:
        raise usage(f"frames are 'pandas', 'polars', 'arrow' or 'dict', not {frames!r}", "frames")
    return getattr(core_table, made)()


def _pack(state):
    if state is None:
        return b""
    if isinstance(state, (bytes, bytearray, memoryview)):
        return b"B" + bytes(state)
    return b"J" + json.dumps(state, default=lambda value: value.tolist()).encode()


def _unpack(data):
    if not data:
        return None
    return data[1:] if data[:1] == b"B" else json.loads(data[1:])


def _caller(own):
    def call(what, with_it, rows, target):
        frame = _frame(rows, own.frames)
        if what == "transform":
            made = own.transform(frame, _unpack(with_it))
            if made is None:
                raise TypeError("transform gives a frame, not None")
            return _data.table(made)
        import numpy as np
        y = None if target is None else np.array(struct.unpack(f"{len(target) // 8}d", target))
        return _pack(own.fit(frame, y, **(json.loads(with_it) if with_it else {})))
    return call


def register(own):
    """Makes a step known under its name, in this process; gives the class of its transformers. A later one of the same
    name takes its place for models made or loaded from then on."""
    own = own() if isinstance(own, type) else own
    if not isinstance(own, Step) or not isinstance(own.name, str):
        raise usage("a step is an instance of a subclass of hone.Step with a name, or what hone.step gives", "step")
    known = _registered.get(own.name)
    if known is not None and known[0] is own:
        return known[1]
    _core.register_step(own.name, _caller(own))
    options = Param("options", "options", None, False, "Mapping[str, Any] | None",
                    "What its fit is given by name.", (), False)
    spec = Spec(camel(own.name), own.name, "transformer", (), frozenset({"missing", "categories", "any_type"}),
                frozenset({"transform"}), [options], own.name, type(own).__doc__ or "A step of one's own.")
    made = make_class(spec)
    made._settings = _settings
    _registered[own.name] = own, made
    return made


def _settings(self):
    """Options go as JSON within it."""
    return json.dumps({"options": json.dumps(self.options)} if self.options else {})


def unregister(name):
    """Models that are there go on; others that need the step can no more be made or loaded."""
    _core.forget_step(name)
    _registered.pop(name, None)


def as_recipe(given):
    """An item of a list of steps as a recipe has it: a text or dict is one; steps of one's own are registered;
    estimators are named by their kind. (name, step) and (name, step, columns) give it a name and columns."""
    name = columns = None
    if isinstance(given, tuple):
        name, given, *rest = given
        columns = rest[0] if rest else None
    if isinstance(given, Step) or (isinstance(given, type) and issubclass(given, Step)):
        given = register(given)()
    if isinstance(given, Estimator):
        given = {given._spec.kind: json.loads(given._settings())}
    if isinstance(given, str):
        given = {given: {}}
    if not isinstance(given, dict) or len(given) != 1:
        raise usage("a step is a kind's name, {kind: parameters}, a hone.Step or an estimator of hone", "steps")
    (kind, settings), = given.items()
    settings = dict(settings or {})
    if name is not None:
        settings["name"] = name
    if columns is not None:
        settings["columns"] = [columns] if isinstance(columns, str) else list(columns)
    return {kind: settings}
