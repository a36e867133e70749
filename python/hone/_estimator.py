"""Classes over the kinds of the catalog, with scikit-learn's estimator protocol. Nothing here knows a kind: what a
class can do follows from its declaration."""

import inspect
import json
import os

import numpy as np

from . import _core, _data, _values
from ._catalog import COMMON, NO_EFFECT, docstring, methods
from ._errors import BadValue, Unsupported, not_fitted, usage, warn
from ._methods import (as_frame, decision_inliers, decision_scores, fit_resample, frames_of, get_feature_names_out,
                       inverse_transform, kneighbors, predict_classes, predict_clusters, predict_inliers,
                       predict_log_proba, predict_numbers, predict_proba, sample, score_accuracy, score_r2,
                       score_samples, set_output, transform)
from ._model import Model
from ._page import parameters

DTYPES = {"F64": np.float64, "F32": np.float32, "I64": np.int64, "I32": np.int32, "U8": np.uint8}
CLASSES = {}  # {(kind, task): class}: which class a model that another is made of is shown as


class Fitted:
    """What fit has made. Never changes but by update, which makes a new one around the same core."""

    __slots__ = ("core", "answers", "labels", "plain", "single", "targets", "places", "arrays", "parts")

    def __init__(self, core, plain, single, targets):
        self.core, self.plain = core, plain
        self.targets = targets  # how many, each with a model of its own; 1: one
        self.single = single  # one output: coef_ and intercept_ have no dimension for it
        self.answers, self.labels = core.answers, core.labels
        self.places = self.arrays = self.parts = None

    def names(self):
        """{name: index} of the fitted arrays."""
        if self.places is None:
            places, index = {}, 0
            while (found := self.core.array(index)) is not None:
                places[found[0]] = index
                index += 1
            self.places, self.arrays = places, {}
        return self.places

    def array(self, name):
        """A fitted array, or None."""
        places = self.names()
        if name + ".0" in places or name + ".0.offsets" in places:
            return self.several(name)
        if name in places:
            if name not in self.arrays:
                _, kind, shape, values = self.core.array(places[name])
                array = np.frombuffer(bytearray(values), DTYPES[kind]).reshape(shape)
                if self.single and name in ("coef", "intercept") and shape and shape[0] == 1:
                    array, shape = array[0], shape[1:]
                self.arrays[name] = array if shape else np.asarray(array).item()
            return self.arrays[name]
        if name + ".indptr" in places:
            return self.sparse(name)
        return self.stacked(name) if self.targets > 1 and "." not in name else None

    def several(self, name):
        """A list of arrays that differ in length."""
        found, names = [], self.names()
        while (item := f"{name}.{len(found)}") in names or item + ".offsets" in names:
            found.append(self.array(item) if item in names else self.texts(item))
        return found

    def texts(self, name):
        """An array of texts, or None."""
        if name + ".offsets" not in self.names():
            return None
        offsets, given = self.array(name + ".offsets"), self.array(name + ".bytes").tobytes()
        return np.array([given[a:b].decode() for a, b in zip(offsets, offsets[1:])], dtype=object)

    def members(self, whole):
        """[(name or None, estimator or None)] of what answers it is made of, as estimators of the same inputs."""
        if self.parts is None:
            parts = []
            while (found := self.core.member(len(parts))) is not None:
                core, columns, classes, name = found
                columns, classes = (np.frombuffer(one, np.int64) for one in (columns, classes))
                parts.append((name, core and whole._member(core, columns, classes, len(parts))))
            self.parts = parts
        return self.parts

    def sparse(self, name):
        """A fitted matrix of which only the values that are not 0 are kept."""
        from scipy.sparse import csr_matrix
        data, indices, indptr = (self.array(f"{name}.{part}") for part in ("data", "indices", "indptr"))
        return csr_matrix((data, indices, indptr), shape=(len(indptr) - 1, self.core.inputs))

    def stacked(self, name):
        """An array of each target's model, one below the other, where all are alike."""
        each = [self.array(f"estimators.{t}.{name}") for t in range(self.targets)]
        if self.single and name in ("coef", "intercept"):
            each = [one[0] if isinstance(one, np.ndarray) and one.shape[0] == 1 else one for one in each]
        alike = all(isinstance(one, (float, int, np.ndarray)) and np.shape(one) == np.shape(each[0]) for one in each)
        return np.stack(each) if alike else None


class Estimator:
    """What all classes share: parameters, fitting, pickling."""

    _spec = None  # a catalog.Spec
    _defaults = {}

    # ---- parameters ----

    def get_params(self, deep=True):
        """{name: value} of all parameters; deep: also of the estimators among them, as NAME__PARAMETER."""
        own = {name: getattr(self, name) for name in self._defaults}
        if deep:
            for name, part in self._parts().items():
                own[name] = part
                own.update((f"{name}__{key}", value) for key, value in part.get_params().items())
        return own

    def set_params(self, **params):
        """Sets parameters by name (or another name they go by, or NAME__PARAMETER of an estimator among them);
        returns self."""
        for name, value in sorted(params.items(), key=lambda item: "__" in item[0]):  # estimators before what is theirs
            part, _, inner = name.partition("__")
            if not inner:
                if not self._replace(name, value) and not self._needless(name):
                    setattr(self, self._known(name), value)
            elif part in (parts := self._parts()):
                parts[part].set_params(**{inner: value})
            else:
                raise usage(f"Invalid parameter {name!r} for estimator {type(self).__name__}: {part!r} is none of its "
                            f"estimators, which are {[*parts]!r}.", name)
        return self

    @classmethod
    def _needless(cls, name):
        return name in NO_EFFECT and name not in cls._defaults and name not in cls._aliases

    def _replace(self, name, value):
        """In a list of (name, estimator) puts another one there; False if none has that name."""
        for key in self._defaults:
            items = getattr(self, key)
            if isinstance(items, (list, tuple)) and any(_values.is_named(item) and item[0] == name for item in items):
                changed = [(name, value) if _values.is_named(item) and item[0] == name else item for item in items]
                setattr(self, key, type(items)(changed))
                return True
        return False

    def _parts(self):
        """{name: estimator} of parameters that are one, and of lists of (name, estimator)."""
        values = {name: getattr(self, name) for name in self._defaults}
        pairs = [item for value in values.values() if isinstance(value, (list, tuple)) for item in value]
        named = [*values.items(), *(pair for pair in pairs if _values.is_named(pair))]
        return {name: part for name, part in named if isinstance(part, Estimator)}

    @classmethod
    def _known(cls, name):
        if name in cls._defaults:
            return name
        if name in cls._aliases:
            return cls._aliases[name]
        import difflib
        near = difflib.get_close_matches(name, [*cls._defaults, *cls._aliases], 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise usage(f"Invalid parameter {name!r} for estimator {cls.__name__}{hint} Valid parameters are: "
                    f"{list(cls._defaults)!r}.", name)

    def _settings(self):
        """The kind's parameters as JSON; what is None is left to its default."""
        given = {}
        for p in self._spec.params:
            value = getattr(self, p.name)
            if p.objective and callable(value):
                continue
            if value is None and p.none:
                value = "none"
            if p.name == "class_weight" and isinstance(value, dict):
                continue
            if value is not None:
                given[p.key] = _values.plain(value, type(self).__name__, p.name)
        return json.dumps(given)

    def _objective(self):
        """For C, the loss that is given as a function; None without one."""
        given = [value for p in self._spec.params if p.objective and callable(value := getattr(self, p.name))]
        return _values.in_place(given[0]) if given else None

    def __repr__(self):
        changed = [f"{name}={value!r}" for name, value in self.get_params(deep=False).items()
                   if value is not self._defaults[name] and repr(value) != repr(self._defaults[name])]
        return f"{type(self).__name__}({', '.join(changed)})"

    # ---- what has been fitted ----

    def __getattr__(self, name):
        if name == "_fitted":
            raise not_fitted(type(self).__name__)
        if name.endswith("_") and not name.startswith("_") and "_fitted" in self.__dict__:
            if name == "feature_importances_" and "importances" in self._spec.hooks:
                try:
                    return self._fitted.core.importances()
                except Unsupported:  # one of its parts has none
                    pass
            found = self._fitted.array(name[:-1])
            if found is None and "part" not in self._spec.hooks:  # there texts say what the parts are
                found = self._fitted.texts(name[:-1])
            if found is not None:
                return found
            if name == "offset_" and self._spec.sort == "detector":
                return 0.0
            found = self._derived(name)
            if found is not None:
                return found
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _derived(self, name):
        """What follows from what is fitted, or from the models that it is made of; None if there is no such thing."""
        if name.startswith("sparse_"):
            from scipy.sparse import csr_matrix
            dense = self._fitted.array(name[len("sparse_"):-1])
            return None if dense is None else csr_matrix(np.atleast_2d(dense))
        if name == "n_classes_" and isinstance(self.__dict__.get("classes_"), np.ndarray):
            return len(self.classes_)
        if name == "n_outputs_" and self._spec.sort in ("classifier", "regressor"):
            return self._fitted.targets
        if "member" not in self._spec.hooks:
            return None
        members = self._fitted.members(self)
        if name == "estimators_":
            return [part for own, part in members if own is None] or None
        if name == "named_estimators_":
            given = self.__dict__.get("estimators")
            named = isinstance(given, (list, tuple)) and all(_values.is_named(item) for item in given)
            return {item[0]: part for item, (_, part) in zip(given, members)} if named else None
        given = self.__dict__.get(name[:-1])
        return next((part for own, part in members if own is not None and own + "_" == name),
                    given if isinstance(given, Estimator) else None)

    def _member(self, core, columns, classes, index):
        """A model that this one is made of, as an estimator."""
        about = json.loads(core.describe())
        kind, params = about["model"]["kind"], about["model"]["params"]
        made = CLASSES[kind, about["task"]](n_jobs=self.n_jobs)
        for p in made._spec.params:
            value = params.get(p.key)
            if value is not None and not (p.none and value == "none"):
                setattr(made, p.name, tuple(value) if isinstance(value, list) else value)
        made.n_features_in_ = core.inputs
        names = self.__dict__.get("feature_names_in_")
        if names is not None and len(columns):
            made.feature_names_in_ = names[columns]
        labels = self.__dict__.get("classes_")
        if labels is not None and made._spec.sort == "classifier":
            made.classes_ = (labels[index] if isinstance(labels, list) else labels)[classes]
        made._keep(core)
        return made

    def __dir__(self):
        fitted = self.__dict__.get("_fitted")
        own = {name + "_" for name in (fitted.names() if fitted else ()) if name.isidentifier()}
        own |= {name.split(".")[0] + "_" for name in (fitted.names() if fitted else ()) if name.endswith(".0")}
        if fitted and "importances" in self._spec.hooks:
            own.add("feature_importances_")
        if fitted and "member" in self._spec.hooks:
            own.add("estimators_")
        return sorted({*super().__dir__(), *own})

    def __sklearn_is_fitted__(self):
        return "_fitted" in self.__dict__

    def model(self):
        """The fitted model as a hone.Model: what `save` writes, and `hone serve` serves."""
        return Model(self._fitted.core)

    def describe(self):
        """All there is to say about the fitted model: schema, parameters, what was fitted."""
        return self.model().describe()

    def save(self, path):
        """Writes the fitted model as a .hone file, for hone.load, the program and the server."""
        self._fitted.core.save(os.fspath(path))

    def __getstate__(self):
        state = self.__dict__.copy()
        if "_fitted" in state:
            state["_fitted"] = state["_fitted"].core.to_bytes()
        return state

    def __setstate__(self, state):
        self.__dict__.update(state)
        if isinstance(state.get("_fitted"), bytes):
            self._keep(_core.from_bytes(state["_fitted"], _values.threads(self.n_jobs)))

    def _keep(self, core):
        self._fitted = Fitted(core, "feature_names_in_" not in self.__dict__, self._spec.sort == "regressor",
                              self.__dict__.get("n_outputs_", 1))

    # ---- rows ----

    def _rows(self, X, first):
        """X as a Table. first: what is seen becomes what is expected; else it must be that."""
        if X is None:
            raise ValueError(f"{type(self).__name__} needs X: an array, a sparse matrix or a frame, not None")
        names = _data.names_of(X)
        if not first:
            self._check_names(names)
        texts = bool({"categories", "any_type", "category_only"} & self._spec.can)
        rows = _data.table(X, tuple(names) if names else None, texts)
        n, p = rows.shape
        if n < 1 or p < 1:
            what, count = ("sample", n) if n < 1 else ("feature", p)
            raise usage(f"Found array with {count} {what}(s) (shape={n, p}) while a minimum of 1 is required.")
        if first:
            self._expect(names, p)
        elif p != self.n_features_in_:
            raise usage(f"X has {p} features, but {type(self).__name__} is expecting {self.n_features_in_} features "
                        "as input.")
        return rows

    def _expect(self, names, p):
        self.n_features_in_ = p
        self.__dict__.pop("feature_names_in_", None)
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)

    def _check_names(self, names):
        wanted = self.__dict__.get("feature_names_in_")
        if names is None or wanted is None:
            if names is not None:
                warn(f"X has feature names, but {type(self).__name__} was fitted without feature names")
            elif wanted is not None:
                warn(f"X does not have valid feature names, but {type(self).__name__} was fitted with feature names")
            return
        if list(wanted) == list(names):
            return
        strange = sorted(set(names) - set(wanted))
        lacking = sorted(set(wanted) - set(names))
        shown = lambda few: "".join(f"- {name}\n" for name in few[:5]) + ("- ...\n" if len(few) > 5 else "")
        raise usage("The feature names should match those that were passed during fit.\n" + (
            f"Feature names unseen at fit time:\n{shown(strange)}" if strange else "") + (
            f"Feature names seen at fit time, yet now missing:\n{shown(lacking)}" if lacking else "") + (
            "" if strange or lacking else "Feature names must be in the same order as they were in fit.\n"))

    # ---- fitting ----

    def _target(self, y, n, partial):
        """(task, y for C or None, number of classes, their names or None). Of several targets y is [targets, rows]
        and the number of classes a list of (name, classes) by target."""
        spec = self._spec
        self.__dict__.pop("n_outputs_", None)
        if spec.target:
            return self._step_target(y, n)
        if not {*spec.tasks} - {"cluster", "anomaly", "rules"}:
            return (spec.tasks[0] if spec.tasks else "none"), None, 0, None
        if y is None:
            raise usage(f"{type(self).__name__} requires y to be passed, but the target y is None; pass y", "y")
        many = _data.several(y) if spec.sort in ("classifier", "regressor") else None
        if many is not None:
            return self._several(*many, n)
        if spec.sort != "classifier":
            return spec.tasks[0], _data.numbers(y, "y", n), 0, None
        labels, index = _data.classes(y, n, "unlabeled" in spec.can)
        if partial and hasattr(self, "classes_"):
            strange = np.setdiff1d(labels, self.classes_)
            if len(strange):
                raise usage(f"y holds {strange[0]!r}, which is not among the classes {list(self.classes_)}; name all "
                            "classes in the first call of partial_fit", "y")
            index = np.searchsorted(self.classes_, labels)[index.astype(np.intp)].astype(np.float64)
        else:
            self.classes_ = labels
        k = len(self.classes_)
        if k < 2:
            raise usage(f"{type(self).__name__}: y has only one class, so there is nothing to tell apart; this needs "
                        "samples of at least 2 classes", "y")
        task = "binary" if k == 2 and "binary" in spec.tasks else "multiclass"
        if task not in spec.tasks:
            raise ValueError(f"Only binary classification is supported by {type(self).__name__}. The type of the "
                             "target is multiclass.")
        return task, index, k, [_values.label(label) for label in self.classes_.tolist()]

    def _step_target(self, y, n):
        """_target of a step that learns from one: numbers with fractions, or in more than 20 values, are no classes."""
        spec = self._spec
        if y is None:
            raise usage(f"{type(self).__name__} requires y to be passed, but the target y is None; pass y", "y")
        array = _data.vector(y, "y", n)
        if "regression" in spec.target:
            number = array.dtype.kind in "fiu"
            finite = number and np.isfinite(array).all()
            if number and (not {"binary", "multiclass"} & spec.target or (finite and (
                    (array != np.trunc(array)).any() or len(np.unique(array)) > 20))):
                return "regression", _data.numbers(y, "y", n), 0, None
        self.classes_, index = _data.classes(y, n)
        if len(self.classes_) < 2:
            raise usage(f"{type(self).__name__}: y has only one class, so there is nothing to tell apart; this needs "
                        "samples of at least 2 classes", "y")
        task = "binary" if len(self.classes_) == 2 else "multiclass"
        return task, index, len(self.classes_), [_values.label(label) for label in self.classes_.tolist()]

    def _several(self, y, names, n):
        """_target of several targets."""
        spec, k = self._spec, y.shape[1]
        if isinstance(getattr(self, "class_weight", None), dict):
            raise usage(f"{type(self).__name__}: class_weight names classes of one target, and y has {k} columns",
                        "class_weight")
        self.n_outputs_ = k
        if spec.sort == "regressor":
            return "regression", np.stack([_data.numbers(y[:, t], "y", n) for t in range(k)]), [
                (name, 0) for name in names], None
        each = [_data.classes(y[:, t], n) for t in range(k)]
        for name, (labels, _) in zip(names, each):
            if len(labels) < 2:
                raise usage(f"{type(self).__name__}: column {name!r} of y has only one class, so there is nothing to "
                            "tell apart; this needs samples of at least 2 classes", "y")
        self.classes_ = [labels for labels, _ in each]
        return "multiclass" if "multiclass" in spec.tasks else "binary", np.stack([index for _, index in each]), [
            (name, len(labels)) for name, (labels, _) in zip(names, each)], [
            _values.label(label) for labels, _ in each for label in labels.tolist()]

    def _by_target(self, answers):
        """Columns of answers for each target of a classifier."""
        return np.split(answers, np.cumsum([len(labels) for labels in self.classes_])[:-1], axis=1)

    def _weights(self, weight, index, n):
        """sample_weight, times class_weight where that is a dict; None where neither is there."""
        if weight is not None:
            weight = _data.numbers(weight, "sample_weight", n)
        by_class = getattr(self, "class_weight", None) if self._spec.sort == "classifier" else None
        if not isinstance(by_class, dict):
            return weight
        share = np.array([by_class.get(label, 1.0) for label in self.classes_.tolist()], np.float64)
        share = share[index.astype(np.intp)]
        return share if weight is None else weight * share

    def _learn(self, X, y, weight=None, group=None, held=None):
        rows = self._rows(X, first=True)
        n = len(rows)
        task, target, k, names = self._target(y, n, partial=False)
        group = None if group is None else np.ascontiguousarray(_data.vector(group, "group", n), np.int64)
        held = self._held(*held) if held else None
        self._fit(task, rows, target, self._weights(weight, target, n), group, names, k, held)
        return rows

    def _held(self, X, y, weight=None, group=None):
        """Rows to validate by, for C; None without."""
        if X is None:
            if y is not None:
                raise usage("y_val needs X_val; pass both", "y_val")
            return None
        rows = self._rows(X, first=False)
        n = len(rows)
        if y is None:
            raise usage("X_val needs y_val; pass both", "y_val")
        if self._spec.sort == "classifier":
            labels, index = _data.classes(y, n, False)
            if isinstance(self.classes_, list) or len(np.setdiff1d(labels, self.classes_)):
                raise usage("y_val holds classes that y has not; rows to validate by are of those learned", "y_val")
            target = np.searchsorted(self.classes_, labels)[index.astype(np.intp)].astype(np.float64)
        else:
            target = _data.numbers(y, "y_val", n)
        group = None if group is None else np.ascontiguousarray(_data.vector(group, "group_val", n), np.int64)
        return rows, target, None if weight is None else _data.numbers(weight, "sample_weight_val", n), group

    def _fit(self, task, rows, target, weight, group, names, k, held=None):
        try:
            several = isinstance(k, list)
            core = _core.fit(self._spec.kind, self._settings(), task, rows, target, weight, group, names,
                             0 if several else k, _values.threads(self.n_jobs), _values.seed(self.random_state),
                             self._objective(), k if several else None, held)
        except BadValue as error:
            hint = self._hint(rows, error)
            if hint:
                error.args = (f"{error.message} ({hint})",)
            raise
        self._keep(core)

    def _hint(self, rows, error):
        """In scikit-learn's words, what may be behind an error."""
        n, p = rows.shape
        if "not_negative" in self._spec.can and "below 0" in error.message:
            return f"Negative values in data passed to {type(self).__name__}"
        return "n_samples=1" if n == 1 else "n_features=1" if p == 1 else None

    def _update(self, X, y, weight=None, group=None, classes=None):
        if _data.several(y) is not None:
            raise usage(f"{type(self).__name__}: partial_fit takes one target, and y has several columns", "y")
        if "_fitted" not in self.__dict__:
            return self._learn_first(X, y, weight, group, classes)
        rows = self._rows(X, first=False)
        n = len(rows)
        task, target, k, _ = self._target(y, n, partial=True)
        group = None if group is None else np.ascontiguousarray(_data.vector(group, "group", n), np.int64)
        core = self._fitted.core
        core.update(task, rows, target, self._weights(weight, target, n), group, k, _values.seed(self.random_state),
                    self._objective())
        self._keep(core)

    def _learn_first(self, X, y, weight, group, classes):
        if classes is None or self._spec.sort != "classifier":
            self._learn(X, y, weight, group)
            return
        rows = self._rows(X, first=True)
        n = len(rows)
        self.classes_ = np.unique(np.asarray(classes))
        task, target, k, names = self._target(y, n, partial=True)
        self._fit(task, rows, target, self._weights(weight, target, n), None, names, k)

    def _answers(self, X):
        fitted = self._fitted
        if fitted.plain:
            answers = fitted.answers(X)
            if answers is not None:
                return answers
        return fitted.answers(self._rows(X, first=False))

    # ---- scikit-learn ----

    def __sklearn_tags__(self):
        from sklearn.utils import (ClassifierTags, InputTags, RegressorTags, Tags, TargetTags, TransformerTags)
        spec, sort = self._spec, self._spec.sort
        can = spec.can if "part" not in spec.hooks else json.loads(_core.capabilities(spec.kind, self._settings()))
        supervised, blind = sort in ("classifier", "regressor", "ranker") or bool(spec.target), "baseline" in can
        several = sort in ("classifier", "regressor") and "unlabeled" not in can
        return Tags(
            estimator_type={"classifier": "classifier", "regressor": "regressor", "clusterer": "clusterer",
                            "detector": "outlier_detector"}.get(sort),
            target_tags=TargetTags(required=supervised, one_d_labels=sort == "classifier" and not several,
                                   multi_output=several),
            transformer_tags=TransformerTags(preserves_dtype=[]) if "transform" in spec.hooks else None,
            classifier_tags=ClassifierTags(multi_class="multiclass" in spec.tasks, multi_label=several,
                                           poor_score=blind)
            if sort == "classifier" else None,
            regressor_tags=RegressorTags(poor_score=blind) if sort == "regressor" else None,
            input_tags=InputTags(sparse=blind or "sparse" in can, allow_nan="missing" in can,
                                 positive_only="not_negative" in can, categorical="category_only" in can,
                                 string="any_type" in can),
        )

    def _repr_html_(self):
        return parameters(self, "_fitted" in self.__dict__)


def _fit(spec):
    """fit, partial_fit, fit_predict and fit_transform, with the arguments that the kind has a use for."""
    weights = "weights" in spec.can
    validates = "validation" in spec.can and weights
    supervised = spec.sort in ("classifier", "regressor", "ranker") or bool(spec.target)
    kinds = inspect.Parameter
    arguments = [kinds("self", kinds.POSITIONAL_OR_KEYWORD), kinds("X", kinds.POSITIONAL_OR_KEYWORD),
                 kinds("y", kinds.POSITIONAL_OR_KEYWORD, **({} if supervised else {"default": None}))]
    more = [name for name, there in (("sample_weight", weights), ("group", spec.sort == "ranker")) if there]
    optional = [kinds(name, kinds.POSITIONAL_OR_KEYWORD, default=None) for name in more]

    def learn(self, X, y, weight, group):
        self._learn(X, y, weight, group)
        return self

    if spec.sort == "ranker":
        def fit(self, X, y, sample_weight=None, group=None, *, X_val=None, y_val=None, sample_weight_val=None,
                group_val=None):
            self._learn(X, y, sample_weight, group, (X_val, y_val, sample_weight_val, group_val))
            return self
    elif validates:
        def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
            self._learn(X, y, sample_weight, None, (X_val, y_val, sample_weight_val))
            return self
    elif weights and supervised:
        def fit(self, X, y, sample_weight=None):
            return learn(self, X, y, sample_weight, None)
    elif weights:
        def fit(self, X, y=None, sample_weight=None):
            return learn(self, X, y, sample_weight, None)
    elif supervised:
        def fit(self, X, y):
            return learn(self, X, y, None, None)
    else:
        def fit(self, X, y=None):
            return learn(self, X, y, None, None)
    fit.__doc__ = "Learns from the rows of X" + (" and y" if supervised else "") + "; returns self." + (
        " X_val, y_val: rows that are not learned from, by which early_stopping decides." if validates else "")
    if spec.sort == "clusterer":
        fit = _labelled(fit)

    def partial_fit(self, X, y=None, *rest, **named):
        taken = dict(zip(extra, rest), **named)
        unknown = set(taken) - set(extra)
        if unknown or len(rest) > len(extra):
            raise TypeError(f"partial_fit() takes X, y, {', '.join(extra)}")
        self._update(X, y, taken.get("sample_weight"), taken.get("group"), taken.get("classes"))
        return self

    extra = (["classes"] if spec.sort == "classifier" else []) + more
    partial_fit.__doc__ = "Learns from more rows, without forgetting; returns self." + (
        " classes: all there will be, in the first call." if spec.sort == "classifier" else "")
    partial_fit.__signature__ = inspect.Signature(arguments + [
        kinds(name, kinds.POSITIONAL_OR_KEYWORD, default=None) for name in extra])

    def fit_predict(self, X, y=None, *rest, **named):
        self.fit(X, y, *rest, **named)
        if spec.sort == "clusterer":
            return self.labels_
        labels = self._fitted.array("labels")
        return self.predict(X) if labels is None else np.where(labels < 0, -1, 1)

    fit_predict.__doc__ = "fit, and the answers for the very rows."
    fit_predict.__signature__ = inspect.Signature(arguments + optional)

    def fit_transform(self, X, y=None, *rest, **named):
        if "resample" in spec.hooks and spec.sort == "transformer" and not rest and not named:
            made = self.fit_resample(X, y)
            made = made if y is None else made[0]
            rows = self.sample_indices_
            kept = len(rows) == len(self._rows(X, first=False)) and (rows == np.arange(len(rows))).all()
            if kept and not self.sample_made_.any():
                frames = frames_of(self)
                return made if frames == "default" else as_frame(
                    _data.table(made, tuple(self.get_feature_names_out())), X, frames)
            return self.transform(X)
        self.fit(X, y, *rest, **named)
        embedding = self._fitted.array("embedding")
        if embedding is None:
            return self.transform(X)
        frames = frames_of(self)
        return embedding.copy() if frames == "default" else as_frame(
            _data.table(embedding, tuple(self.get_feature_names_out())), X, frames)

    fit_transform.__doc__ = "fit, and transform of the very rows." + (
        " Where all are kept, as a model is to learn from them (encodings by target: out of fold)."
        if "resample" in spec.hooks and spec.sort == "transformer" else "")
    fit_transform.__signature__ = inspect.Signature(arguments + optional)
    return {"fit": fit, "partial_fit": partial_fit, "fit_predict": fit_predict, "fit_transform": fit_transform}


def _labelled(fit):
    """labels_ of the rows that were fitted on: those of the state, else what predict says."""
    import functools

    @functools.wraps(fit)
    def fit_labels(self, X, *rest, **named):
        self.__dict__.pop("labels_", None)
        fit(self, X, *rest, **named)
        labels = self._fitted.array("labels")
        self.labels_ = self.predict(X) if labels is None else np.asarray(labels).astype(np.int64)
        return self

    return fit_labels


SHARED = {
    "predict": {"classifier": predict_classes, "clusterer": predict_clusters, "detector": predict_inliers},
    "predict_proba": {}, "predict_log_proba": {}, "score_samples": {},
    "decision_function": {"classifier": decision_scores, "detector": decision_inliers},
    "score": {"classifier": score_accuracy, "regressor": score_r2},
    "transform": {}, "set_output": {}, "fit_resample": {}, "inverse_transform": {}, "get_feature_names_out": {},
    "kneighbors": {}, "sample": {},
}
PLAIN = {"predict": predict_numbers, "predict_proba": predict_proba, "predict_log_proba": predict_log_proba,
         "score_samples": score_samples, "transform": transform, "set_output": set_output, "fit_resample": fit_resample,
         "inverse_transform": inverse_transform, "get_feature_names_out": get_feature_names_out,
         "kneighbors": kneighbors, "sample": sample}


def _method(spec, name):
    """As a function of its own, so that it carries the name that it is called by."""
    shared = SHARED[name].get(spec.sort) or PLAIN[name]
    if shared.__name__ == name:
        return shared
    import types
    made = types.FunctionType(shared.__code__, shared.__globals__, name, shared.__defaults__, shared.__closure__)
    made.__doc__ = shared.__doc__
    return made


class _Either:
    """predict_proba and decision_function where parameters decide which there is, once fitted."""

    def __init__(self, function, probabilities):
        self.function, self.probabilities = function, probabilities

    def __get__(self, made, owner):
        if made is None:
            return self.function
        fitted = made.__dict__.get("_fitted")
        unless = "objective" in made._spec.can and made._objective() is None  # before fit
        if self.probabilities != (fitted.core.probabilities if fitted is not None else unless):
            raise AttributeError(f"this {owner.__name__} gives {'scores' if self.probabilities else 'probabilities'}: "
                                 f"there is no {self.function.__name__}")
        return self.function.__get__(made, owner)


def _init(defaults):
    def __init__(self, **params):
        for name, default in defaults.items():
            setattr(self, name, params.pop(name, default))
        for name in list(params):
            value = params.pop(name)
            if not self._needless(name):
                setattr(self, self._known(name), value)

    keyword = inspect.Parameter.KEYWORD_ONLY
    __init__.__signature__ = inspect.Signature(
        [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)] +
        [inspect.Parameter(name, keyword, default=default) for name, default in defaults.items()])
    return __init__


def make_class(spec):
    """The class of one spec."""
    defaults = {p.name: p.default for p in spec.params}
    for name in COMMON:
        defaults.setdefault(name, None)
    fitting = _fit(spec)
    body = {name: fitting.get(name) or _method(spec, name) for name in methods(spec)}
    for name, function in body.items():
        function.__qualname__ = f"{spec.name}.{name}"
        function.__module__ = "hone"
    if "gives_probabilities" in spec.hooks:
        for name, probable in (("predict_proba", True), ("predict_log_proba", True), ("decision_function", False)):
            if name in body:
                body[name] = _Either(body[name], probable)
    aliases = {alias: p.name for p in spec.params for alias in p.aliases if alias not in defaults}
    body.update(__init__=_init(defaults), __doc__=docstring(spec), __module__="hone", _spec=spec, _defaults=defaults,
                _aliases=aliases)
    made = type(spec.name, (Estimator,), body)
    CLASSES.update(((spec.kind, task), made) for task in spec.tasks)
    return made
