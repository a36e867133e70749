"""Steps and a model as one estimator, trained as a whole pipeline: its parameters go by step__parameter."""

import numpy as np

from . import _data, _values
from ._errors import not_fitted, usage
from ._estimator import Estimator
from ._model import train
from ._steps import Step, as_recipe


class Pipeline:
    """Steps and a model, fitted on all rows given: scikit-learn's protocol over what `hone.train` makes.

    steps: (name, estimator) or (name, estimator, columns), the model last. Estimators are those of hone, or steps of
    one's own (hone.Step). Columns are names, patterns or types ("numeric"), as in recipes; without them a step takes
    what it can. A search reaches into them as NAME__PARAMETER, and NAME itself puts another estimator there.
    """

    def __init__(self, steps, *, random_state=None, n_jobs=None):
        self.steps = steps
        self.random_state = random_state
        self.n_jobs = n_jobs

    # ---- parameters ----

    @property
    def named_steps(self):
        """{name: estimator}."""
        return {step[0]: step[1] for step in self._checked()}

    def _checked(self):
        for step in self.steps:
            if not isinstance(step, (tuple, list)) or len(step) not in (2, 3) or not isinstance(step[0], str):
                raise usage("steps are (name, estimator) or (name, estimator, columns)", "steps")
            if not isinstance(step[1], (Estimator, Step)):
                raise usage(f"step {step[0]!r} is a {type(step[1]).__name__}; here go hone's own estimators and "
                            "steps; others go into scikit-learn's Pipeline", "steps")
        names = [step[0] for step in self.steps]
        for name in names:
            if names.count(name) > 1 or "__" in name or name in ("steps", "random_state", "n_jobs") or not name:
                raise usage(f"step name {name!r} is there twice, is a parameter's or holds '__'", "steps")
        return self.steps

    def get_params(self, deep=True):
        """{name: value}; deep: of the steps too, as NAME__PARAMETER."""
        own = {"steps": self.steps, "random_state": self.random_state, "n_jobs": self.n_jobs}
        for name, part in self.named_steps.items() if deep else ():
            own[name] = part
            if isinstance(part, Estimator):
                own.update((f"{name}__{key}", value) for key, value in part.get_params().items())
        return own

    def set_params(self, **params):
        """Sets parameters by name, steps by theirs, and what is theirs as NAME__PARAMETER; returns self."""
        for name, value in sorted(params.items(), key=lambda item: (item[0] != "steps", "__" in item[0])):
            part, _, inner = name.partition("__")
            known = self.named_steps
            if inner and isinstance(known.get(part), Estimator):
                known[part].set_params(**{inner: value})
            elif name in ("steps", "random_state", "n_jobs"):
                setattr(self, name, value)
            elif not inner and name in known:
                self.steps = type(self.steps)(
                    (name, value, *step[2:]) if step[0] == name else step for step in self.steps)
            else:
                raise usage(f"Invalid parameter {name!r} for estimator Pipeline. Valid parameters are: "
                            f"{['steps', 'random_state', 'n_jobs', *known]!r}.", name)
        return self

    def __len__(self):
        return len(self.steps)

    def __getitem__(self, key):
        return self.named_steps[key] if isinstance(key, str) else self.steps[key][1]

    def __repr__(self):
        return f"Pipeline({self.steps!r})"

    # ---- fitting and answering ----

    def _last(self):
        last = self._checked()[-1][1] if len(self.steps) else None
        if not isinstance(last, Estimator) or last._spec.sort not in ("classifier", "regressor"):
            raise usage("the last of the steps is a classifier or regressor", "steps")
        return last

    def _rows(self, X, names=None):
        """Columns of X by name."""
        columns = _data.table(X, names or tuple(_data.names_of(X) or ()) or None).to_dict()
        return {str(name): values for name, values in columns.items()}

    def fit(self, X, y):
        """Fits steps and model on all rows."""
        last, columns = self._last(), self._rows(X)
        n = len(next(iter(columns.values()), ()))
        target = "y"
        while target in columns:
            target += "_"
        self.feature_names_in_ = np.array([*columns], dtype=object)
        self.n_features_in_ = len(columns)
        self.__dict__.pop("classes_", None)
        if last._spec.sort == "classifier":
            self.classes_, index = _data.classes(y, n, False)
            # Labels go into the file as they are where that is a text or whole number; else by their place.
            plain = self.classes_.dtype.kind in "iuUT" or all(isinstance(label, str) for label in self.classes_)
            self._by_place = not plain
            columns[target] = index.astype(np.int64) if self._by_place else self.classes_[index.astype(np.intp)]
            task = "binary" if len(self.classes_) == 2 else "multiclass"
        else:
            columns[target], task = _data.numbers(y, "y", n), "regression"
        recipe = {"roles": {"target": target, "task": task}, "split": {"test": 0},
                  "steps": [as_recipe(tuple(step)) for step in self.steps[:-1]]}
        self.model_ = train(columns, model=as_recipe(last), recipe=recipe, seed=self.random_state or 0,
                            threads=_values.threads(self.n_jobs))
        return self

    def _answers(self, X):
        if "model_" not in self.__dict__:
            raise not_fitted("Pipeline")
        return self.model_.predict(_data.table(self._rows(X, None if _data.names_of(X) else tuple(
            self.feature_names_in_)))).to_dict()

    def predict(self, X):
        """A class or number for each row."""
        answers = self._answers(X)["prediction"]
        if "classes_" not in self.__dict__:
            return answers
        return self.classes_[answers.astype(np.int64)] if self._by_place else answers.astype(self.classes_.dtype)

    def predict_proba(self, X):
        """Probabilities by class, in the order of classes_."""
        answers = self._answers(X)
        labels = range(len(self.classes_)) if self._by_place else self.classes_.tolist()
        return np.column_stack([answers[f"probability_{label}"] for label in labels])

    def score(self, X, y):
        """Accuracy, or the determination coefficient."""
        answers, y = self.predict(X), np.asarray(y)
        if "classes_" in self.__dict__:
            return float(np.mean(answers == y))
        return float(1 - np.sum((y - answers) ** 2) / np.sum((y - y.mean()) ** 2))

    def save(self, path):
        """As one .hone file, steps and all."""
        if "model_" not in self.__dict__:
            raise not_fitted("Pipeline")
        self.model_.save(path)

    def __sklearn_tags__(self):
        tags = self._last().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        return tags

    def __sklearn_is_fitted__(self):
        return "model_" in self.__dict__
