"""Several targets at once against scikit-learn's MultiOutput and Chain classes, its own estimators that take several,
and XGBoost's; and that each target is learned as it would be alone."""
import numpy as np
import pytest
import shared_data
from models import MULTICLASS, REGRESSION, Model
from sklearn.ensemble import ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import PredefinedSplit
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, MultiOutputRegressor, RegressorChain
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.tree import DecisionTreeRegressor

TABLES = ["diabetes", "concrete", "boston", "auto_mpg"]
TIGHT = {"tol": 1e-12, "max_iter": 10000, "solver": "newton-cholesky"}


def numbers(name, targets=3):
    """The table's last columns of numbers as targets beside its own, the others standardised (and moved a little, so
    that no two rows are equally near)."""
    x, y = shared_data.numbers(name)
    x = shared_data.scaled(x[:, x.std(0) > 0])
    x += 1e-3 * np.random.default_rng(0).standard_normal(x.shape)
    few = targets - 1
    return np.ascontiguousarray(x[:, :-few]), np.column_stack([y, x[:, -few:]])


def classes(name, k=(2, 3, 2)):
    """The same with classes: equal parts of the targets' ranges."""
    x, y = numbers(name, len(k))
    edges = [np.quantile(y[:, t], np.arange(1, c) / c) for t, c in enumerate(k)]
    y = np.column_stack([np.searchsorted(e, y[:, t], side="left") for t, e in enumerate(edges)]).astype(float)
    return x, np.column_stack([np.unique(column, return_inverse=True)[1] for column in y.T]).astype(float)


def halves(x, y, seed=0):
    order = np.random.default_rng(seed).permutation(len(x))
    half = len(x) // 2
    return x[order[:half]], y[order[:half]], x[order[half:]], y[order[half:]]


def close(mine, theirs, tolerance=1e-6):
    np.testing.assert_allclose(mine, theirs, rtol=tolerance, atol=tolerance * np.abs(theirs).max())


def by_target(answers, y):
    return np.split(answers, np.cumsum(y.max(0).astype(int) + 1)[:-1], axis=1)


# ---- equal -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("kind,theirs,params", [
    ("least_squares", LinearRegression(), {}), ("ridge", Ridge(alpha=2), {"alpha": 2}),
    ("knn", KNeighborsRegressor(7), {"n_neighbors": 7}),
    ("knn", KNeighborsRegressor(7, weights="distance"), {"n_neighbors": 7, "weights": "distance"})])
def test_equals_estimators_that_take_several(name, kind, theirs, params):
    x, y, new, _ = halves(*numbers(name))
    close(Model(kind, **params).fit(x, y, task=REGRESSION).predict(new), theirs.fit(x, y).predict(new))


@pytest.mark.parametrize("name", TABLES)
def test_classes_equal_multi_output_classifier(name):
    x, y, new, _ = halves(*classes(name))
    mine = Model("logistic", tolerance=1e-11).fit(x, y, task=MULTICLASS).predict(new)
    theirs = MultiOutputClassifier(LogisticRegression(**TIGHT)).fit(x, y).predict_proba(new)
    for a, b in zip(by_target(mine, y), theirs):
        close(a, b, 1e-5)
    near = KNeighborsClassifier(5).fit(x, y).predict_proba(new)
    for a, b in zip(by_target(Model("knn").fit(x, y, task=MULTICLASS).predict(new), y), near):
        close(a, b)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("order", [None, [2, 0, 1]])
def test_chain_equals_regressor_chain(name, order):
    x, y, new, _ = halves(*numbers(name))
    params = {} if order is None else {"order": order}
    mine = Model("chain", estimator={"ridge": {"alpha": 2}}, **params).fit(x, y, task=REGRESSION)
    close(mine.predict(new), RegressorChain(Ridge(alpha=2), order=order).fit(x, y).predict(new))


@pytest.mark.parametrize("name", TABLES)
def test_chain_equals_classifier_chain(name):
    x, y, new, _ = halves(*classes(name, (2, 2, 2)))
    mine = Model("chain", estimator={"logistic": {"tolerance": 1e-11}}).fit(x, y, task=MULTICLASS).predict(new)
    theirs = ClassifierChain(LogisticRegression(**TIGHT)).fit(x, y)
    close(mine[:, 1::2], theirs.predict_proba(new), 1e-5)


@pytest.mark.parametrize("name", TABLES)
def test_chain_out_of_fold_equals_regressor_chain(name):
    """Two groups can only be cut into two folds in one way."""
    x, y, new, _ = halves(*numbers(name))
    group = np.random.default_rng(1).integers(0, 2, len(x))
    mine = Model("chain", estimator={"ridge": {"alpha": 2}}, folds=2).fit(x, y, task=REGRESSION, group=group)
    theirs = RegressorChain(Ridge(alpha=2), cv=PredefinedSplit(group)).fit(x, y)
    close(mine.predict(new), theirs.predict(new))


# ---- each as it would be alone ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind,params", [("gbdt", {"n_estimators": 20, "subsample": 0.7}),
                                         ("random_forest", {"n_estimators": 10}), ("svm", {})])
def test_a_target_has_the_bits_that_it_has_alone(kind, params):
    x, y = numbers("concrete")
    y = np.column_stack([y] * 3) + np.arange(9)
    together = Model(kind, **params).fit(x, y, task=REGRESSION).predict(x)
    for t in range(y.shape[1]):
        alone = Model(kind, **params).fit(x, np.ascontiguousarray(y[:, t]), task=REGRESSION).predict(x)
        assert (together[:, t] == alone).all()


# ---- as good ---------------------------------------------------------------------------------------------------


def scores(x, y, make, seeds=4):
    """R2 by seed and target of answers for the other half."""
    found = []
    for seed in range(seeds):
        train, truth, new, wanted = halves(x, y, seed)
        found.append([r2_score(wanted[:, t], a) for t, a in enumerate(make(seed, train, truth, new).T)])
    return np.array(found)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("kind,theirs,params", [
    ("decision_tree", DecisionTreeRegressor(min_samples_leaf=5), {"min_samples_leaf": 5}),
    ("random_forest", RandomForestRegressor(30), {"n_estimators": 30}),
    ("extra_trees", ExtraTreesRegressor(30), {"n_estimators": 30})])
def test_trees_are_as_good(name, kind, theirs, params):
    """As scikit-learn's of one target each (its own trees for all targets at once are another method)."""
    x, y = numbers(name)
    theirs = MultiOutputRegressor(theirs)
    ours = scores(x, y, lambda s, a, b, new: Model(kind, seed=s, **params).fit(a, b, task=REGRESSION).predict(new))
    sklearn = scores(x, y, lambda s, a, b, new: theirs.set_params(estimator__random_state=s).fit(a, b).predict(new))
    assert ours.mean() > sklearn.mean() - 0.04


def test_forest_of_classes_is_as_good():
    right = np.zeros(2)
    for name in TABLES:
        x, y, new, wanted = halves(*classes(name))
        answers = Model("random_forest", n_estimators=50).fit(x, y, task=MULTICLASS).predict(new)
        mine = np.column_stack([part.argmax(1) for part in by_target(answers, y)])
        theirs = RandomForestClassifier(50, random_state=0).fit(x, y).predict(new)
        right += (mine == wanted).mean(), (theirs == wanted).mean()
    assert right[0] > right[1] - 0.03


@pytest.mark.parametrize("name", TABLES)
def test_gbdt_is_as_good_as_xgboost(name):
    xgboost = pytest.importorskip("xgboost")
    x, y = numbers(name)
    theirs = xgboost.XGBRegressor(n_estimators=60, learning_rate=0.1, max_depth=4, multi_strategy="one_output_per_tree",
                                  n_jobs=2)
    params = {"n_estimators": 60, "learning_rate": 0.1, "max_depth": 4}
    ours = scores(x, y, lambda s, a, b, new: Model("gbdt", seed=s, **params).fit(a, b, task=REGRESSION).predict(new))
    xgb = scores(x, y, lambda s, a, b, new: theirs.fit(a, b).predict(new))
    assert ours.mean() > xgb.mean() - 0.02


# ---- refusals --------------------------------------------------------------------------------------------------


def test_refusals():
    x, y = numbers("diabetes")
    with pytest.raises(RuntimeError, match="'order' must hold each place from 0 to 2 once"):
        Model("chain", estimator="ridge", order=[0, 0, 1]).fit(x, y, task=REGRESSION)
    with pytest.raises(RuntimeError, match="it does regression only"):
        Model("ridge").fit(x, (y > y.mean(0)).astype(float), task=MULTICLASS)
    y[3, 1] = np.nan
    with pytest.raises(RuntimeError, match="target .* in row 3 is nan"):
        Model("ridge").fit(x, y, task=REGRESSION)
