"""Every fitted attribute of scikit-learn's class of the same name is there with its value, or docs/parity.md says what
there is instead; and what it says differs does."""
import inspect
import warnings
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path

import hone
import numpy as np
import pytest
from test_parameters import theirs

pytest.importorskip("sklearn")
PARITY = Path(__file__).parents[2] / "docs" / "parity.md"
# What makes the answer unique, or small; for both, or of scikit-learn's alone.
BOTH = {
    "*Mixture": {"n_components": 3}, "KMeans": {"n_clusters": 3}, "MiniBatchKMeans": {"n_clusters": 3},
    "SpectralClustering": {"n_clusters": 3}, "AgglomerativeClustering": {"n_clusters": 3}, "NMF": {"n_components": 2},
    "*RandomProjection": {"n_components": 2}, "PCA": {"n_components": 2}, "IncrementalPCA": {"n_components": 2},
    "FactorAnalysis": {"n_components": 1, "tol": 1e-6}, "TSNE": {"max_iter": 250},
    "FastICA": {"tol": 1e-12, "max_iter": 10000, "n_components": 2}, "DBSCAN": {"eps": 1.5}, "HuberRegressor": {"tol": 1e-9},
    "SVC": {"tol": 1e-10}, "SVR": {"tol": 1e-10}, "OneClassSVM": {"tol": 1e-10}, "LinearSV?": {"tol": 1e-12, "max_iter": 1000000},
    "LogisticRegression": {"tol": 1e-10, "max_iter": 10000}, "ElasticNet": {"tol": 1e-12}, "Lasso": {"tol": 1e-12},
    "*Forest*": {"n_estimators": 5}, "ExtraTrees*": {"n_estimators": 5}, "GradientBoosting*": {"n_estimators": 5},
    "Bagging*": {"n_estimators": 3}, "AdaBoost*": {"n_estimators": 3}, "IterativeImputer": {"max_iter": 3}, "EllipticEnvelope": {"support_fraction": 1.0},
    "SequentialFeatureSelector": {"n_features_to_select": 1},
}


def settings(name, side):
    """Keyword arguments; side: hone or a module of scikit-learn's."""
    given = {key: value for pattern, some in BOTH.items() if fnmatch(name, pattern) for key, value in some.items()}
    lib = hone if side is hone else __import__("sklearn.linear_model").linear_model
    if name in ("StackingClassifier", "VotingClassifier"):
        given["estimators"] = [("a", lib.LogisticRegression()), ("b", lib.LogisticRegression(C=0.1))]
    elif name in ("StackingRegressor", "VotingRegressor"):
        given["estimators"] = [("a", lib.Ridge()), ("b", lib.Ridge(alpha=5.0))]
    elif name in ("MultiOutputRegressor", "RegressorChain"):
        given["estimator"] = lib.Ridge(alpha=0.5)
    elif name == "TransformedTargetRegressor":
        given["regressor" if side is not hone else "estimator"] = lib.Ridge(alpha=0.5)
    elif name in ("MultiOutputClassifier", "ClassifierChain", "SelfTrainingClassifier", "CalibratedClassifierCV",
                  "SelectFromModel", "SequentialFeatureSelector"):
        given["estimator"] = lib.LogisticRegression()
    if name == "GaussianProcessRegressor":
        given["normalize_y"] = True
        from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
        given.update({"optimize": False} if side is hone else {
            "optimizer": None, "kernel": ConstantKernel() * RBF() + WhiteKernel()})
    if side is not hone and name == "LogisticRegression":
        given["solver"] = "newton-cg"
    if side is not hone and "random_state" in inspect.signature(side).parameters:
        given["random_state"] = 0
    return given


def table(name, kind):
    """(x, y) small, with three groups of rows."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(90, 4)) * [0.7, 0.5, 1, 0.4] + np.repeat([[0, 0, 0, 0], [5, 1, 3, 1], [1, 6, 9, 0]], 30, axis=0)
    y = x @ [1.0, -2, 0.5, 0] + rng.normal(size=90) + 20
    classes = (x[:, 0] + x[:, 2] / 2 + rng.normal(size=90) > 2).astype(int) + (x[:, 1] + rng.normal(size=90) > 4)
    if name.endswith(("Classifier", "NB", "SVC", "Analysis", "Centroid", "CV", "Perceptron", "LogisticRegression",
                      "Propagation", "Spreading", "Chain", "FromModel", "Selector")) and name != "RegressorChain":
        y = classes
    if name in ("MultiOutputClassifier", "ClassifierChain"):
        y = np.column_stack([classes, classes[::-1]]) > 0
    if name in ("MultiOutputRegressor", "RegressorChain"):
        y = np.column_stack([y, x[:, 0] - x[:, 1]])
    if name in ("Gamma", "Poisson") or name.endswith("NB") or name == "NMF":
        x = np.abs(x)
    if name == "CategoricalNB":
        x = x.astype(int)
    if name == "IsotonicRegression":
        x = x[:, :1]
    if name.endswith("Imputer") or name == "MissingIndicator":
        x[rng.random(x.shape) < 0.1] = np.nan
    if name.endswith("Encoder"):
        x = np.abs(x).astype(int).astype(str).astype(object)
    return x, y


@lru_cache(maxsize=None)
def fitted(name):
    kind = theirs()[name]
    x, y = table(name, kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(hone, name)(**settings(name, hone)).fit(x, y), kind(**settings(name, kind)).fit(x, y)


def attributes(model):
    """{name: value} of what its fit has made."""
    declared = {name for name in dir(type(model)) if isinstance(inspect.getattr_static(type(model), name), property)}
    found = {}
    for name in sorted({*vars(model), *declared}):
        if name.endswith("_") and not name.startswith("_"):
            try:
                found[name] = getattr(model, name)
            except Exception:  # there only with other parameters
                continue
    return found


def alike(ours, theirs):
    """Whether they are equal, up to the sign of a component and the order of clusters."""
    if hasattr(theirs, "fit"):
        return hasattr(ours, "predict") == hasattr(theirs, "predict") and hasattr(ours, "n_features_in_") == hasattr(
            theirs, "n_features_in_")
    if hasattr(theirs, "toarray"):
        return alike(ours.toarray() if hasattr(ours, "toarray") else ours, theirs.toarray())
    if isinstance(theirs, dict):
        return list(ours) == list(theirs) and all(alike(ours[key], theirs[key]) for key in theirs)
    if isinstance(theirs, (list, tuple)) or getattr(theirs, "dtype", None) == object:
        return len(ours) == len(theirs) and all(alike(a, b) for a, b in zip(ours, theirs))
    if theirs is None or isinstance(theirs, str):
        return ours == theirs
    a, b = np.asarray(ours), np.asarray(theirs)
    if a.shape != b.shape or b.dtype.kind not in "fiub":
        return a.shape == b.shape and b.dtype.kind in "UO" and (a == b).all()
    near = lambda p, q: np.allclose(p, q, rtol=1e-5, atol=1e-7, equal_nan=True)  # noqa: E731
    a, b = a.astype(float), b.astype(float)
    return near(a, b) or near(np.abs(a), np.abs(b)) or near(np.sort(np.abs(a), None), np.sort(np.abs(b), None))


@lru_cache(maxsize=None)
def differing(name):
    """Names of the attributes that are not there or have another value."""
    ours, wanted = fitted(name)
    return {attribute for attribute, value in attributes(wanted).items()
            if not hasattr(ours, attribute) or not alike(getattr(ours, attribute), value)}


def listed():
    """[(attributes, patterns of classes)] of the table."""
    lines = iter(PARITY.read_text().splitlines())
    assert any(line.startswith("## Fitted attributes that scikit-learn") for line in lines)
    rows = []
    for line in lines:
        if line.startswith("## "):
            break
        if line.startswith("| `"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            assert len(cells) == 3 and cells[2], line
            rows.append((cells[0].replace("`", "").split(", "), cells[1].split(", ")))
    return rows


@pytest.mark.parametrize("name", sorted(theirs()))
def test_every_attribute_is_equal_or_listed(name):
    said = {attribute for attributes, patterns in listed() if any(fnmatch(name, p) for p in patterns)
            for attribute in attributes}
    assert differing(name) <= said


def test_nothing_is_listed_in_vain():
    for attributes, patterns in listed():
        here = {(attribute, pattern) for name in theirs() for pattern in patterns if fnmatch(name, pattern)
                for attribute in differing(name) & {*attributes}}
        assert {attribute for attribute, _ in here} == {*attributes} and {p for _, p in here} == {*patterns}


def test_members_answer_for_their_whole():
    x, y = table("RandomForestClassifier", None)
    names = np.array(["low", "mid", "high"])[y]
    forest = hone.RandomForestClassifier(n_estimators=7).fit(x, names)
    votes = np.mean([tree.predict_proba(x) for tree in forest.estimators_], axis=0)
    np.testing.assert_allclose(votes, forest.predict_proba(x), atol=1e-12)
    apart = hone.IsolationForest(n_estimators=4).fit(x)
    assert len(apart.estimators_) == 4 and apart.estimators_[0].predict(x).shape == (90,)
    bag = hone.BaggingClassifier(estimator=hone.DecisionTreeClassifier(max_depth=2), n_estimators=5, max_features=2).fit(x, names)
    shares = np.mean([part.predict_proba(x[:, columns]) @ (part.classes_[:, None] == bag.classes_)
                      for part, columns in zip(bag.estimators_, bag.estimators_features_)], axis=0)
    np.testing.assert_allclose(shares, bag.predict_proba(x), atol=1e-12)
    assert bag.estimators_[0].max_depth == 2 and bag.estimator_ is bag.estimator


def test_members_know_their_columns_and_last(tmp_path):
    import pickle
    x, y = table("Ridge", None)
    parts = [("a", hone.Ridge()), ("tree", hone.DecisionTreeRegressor(max_depth=3))]
    stack = pickle.loads(pickle.dumps(hone.StackingRegressor(estimators=parts).fit(x, y)))
    made = np.column_stack([part.predict(x) for part in stack.estimators_])
    np.testing.assert_allclose(stack.final_estimator_.predict(made), stack.predict(x), rtol=1e-12)
    assert list(stack.named_estimators_) == ["a", "tree"] and type(stack.estimators_[1]) is hone.DecisionTreeRegressor
    both = hone.MultiOutputRegressor(estimator=hone.Ridge()).fit(x, np.column_stack([y, x[:, 0]]))
    np.testing.assert_array_equal(both.estimators_[1].predict(x), both.predict(x)[:, 1])
    both.estimators_[1].save(tmp_path / "one.hone")
    assert hone.load(tmp_path / "one.hone").verify() is not None
    frame = __import__("pandas").DataFrame(x, columns=list("abcd"))
    bag = hone.BaggingRegressor(n_estimators=2, max_features=2).fit(frame, y)
    assert list(bag.estimators_[0].feature_names_in_) == [*frame.columns[bag.estimators_features_[0]]]
    with pytest.raises(AttributeError):
        hone.Ridge().fit(x, y).estimators_
    with pytest.raises(AttributeError):
        hone.RegressorChain(estimator=hone.Ridge()).fit(x, np.column_stack([y, x[:, 0]])).estimators_
