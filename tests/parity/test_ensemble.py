"""Methods made of other methods against scikit-learn's: equal where the members and the folds are the same, and
about as good where rows are drawn."""
import numpy as np
import pytest
import shared_data
from models import REGRESSION, Model
from scipy.sparse import csr_matrix
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (AdaBoostClassifier, AdaBoostRegressor, BaggingClassifier, BaggingRegressor,
                              StackingClassifier, StackingRegressor, VotingClassifier, VotingRegressor)
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.model_selection import PredefinedSplit
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

CLASSES = ["breast_cancer", "wine", "iris", "penguins"]
NUMBERS = ["diabetes", "concrete", "boston", "auto_mpg"]
TIGHT = {"tol": 1e-12, "max_iter": 10000}


def logistic(C=1.0):
    return {"logistic": {"C": C, "tolerance": 1e-11}}, LogisticRegression(C=C, solver="newton-cholesky", **TIGHT)


def bayes():
    return "gaussian_bayes", GaussianNB()


def classes(name, most=800):
    x, y = shared_data.classes(name)
    keep = np.sort(np.random.default_rng(0).permutation(len(y))[:most])
    x = x[keep][:, x[keep].std(0) > 0]
    return shared_data.scaled(x), y[keep].astype(float)


def numbers(name):
    x, y = shared_data.numbers(name)
    return shared_data.scaled(x), y


def folds(n, k=5, seed=0):
    return np.random.default_rng(seed).permutation(np.arange(n) % k)


# ---- isotonic --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("increasing", [True, False, "auto"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name,feature", [("diabetes", 2), ("concrete", 0), ("boston", 12), ("auto_mpg", 3)])
def test_isotonic(name, feature, weighted, increasing):
    x, y = numbers(name)
    rng = np.random.default_rng(len(y))
    w = rng.integers(0, 4, len(y)).astype(float) if weighted else None
    theirs = IsotonicRegression(increasing=increasing, out_of_bounds="clip", y_max=np.quantile(y, 0.9))
    theirs.fit(x[:, feature], y, w)
    mine = Model("isotonic", increasing=increasing, y_max=np.quantile(y, 0.9), feature=f"x{feature}").fit(x, y, w)
    for attribute in ("X_thresholds_", "y_thresholds_"):
        np.testing.assert_allclose(mine.arrays[attribute[:-1]], getattr(theirs, attribute), rtol=1e-12)
    new = np.repeat(np.linspace(x[:, feature].min() - 1, x[:, feature].max() + 1, 999)[:, None], x.shape[1], 1)
    np.testing.assert_allclose(mine.predict(new), theirs.predict(new[:, feature]), rtol=1e-12)
    np.testing.assert_allclose(mine.predict(x), theirs.predict(x[:, feature]), rtol=1e-12)


def test_isotonic_beyond():
    x, y = np.array([[1.0], [2.0]]), np.array([1.0, 2.0])
    answers = Model("isotonic", out_of_bounds="nan").fit(x, y).predict(np.array([[0.0], [1.5], [3.0]]))
    np.testing.assert_array_equal(answers, [np.nan, 1.5, np.nan])
    with pytest.raises(RuntimeError, match="name it with 'feature'"):
        Model("isotonic").fit(np.ones((3, 2)), np.arange(3.0))


# ---- voting ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("voting", ["hard", "soft"])
def test_voting_classes(name, voting):
    x, y = classes(name)
    members = [logistic(1.0), bayes(), logistic(0.001)]
    for weights in (None, [1, 2.5, 2]):
        mine = Model("voting", estimators=[m for m, _ in members], voting=voting, weights=weights or []).fit(x, y)
        theirs = VotingClassifier([(str(i), t) for i, (_, t) in enumerate(members)], voting=voting,
                                  weights=weights).fit(x, y)
        if voting == "soft":
            np.testing.assert_allclose(mine.predict(x), theirs.predict_proba(x), atol=1e-6)
        assert np.mean(mine.predict(x).argmax(1) == theirs.predict(x)) > 0.998


@pytest.mark.parametrize("name", NUMBERS)
def test_voting_numbers(name):
    x, y = numbers(name)
    mine = Model("voting", estimators={"a": "ridge", "b": "least_squares"}, weights=[3, 1])
    theirs = VotingRegressor([("a", Ridge()), ("b", LinearRegression())], weights=[3, 1]).fit(x, y)
    np.testing.assert_allclose(mine.fit(x, y, task=REGRESSION).predict(x), theirs.predict(x), rtol=1e-6)


# ---- stacking --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("passthrough", [False, True])
def test_stacking_classes(name, passthrough):
    x, y = classes(name)
    fold = folds(len(y))
    (a, their_a), (b, their_b), (last, their_last) = logistic(0.1), bayes(), logistic(1.0)
    mine = Model("stacking", estimators=[a, b], final=last, passthrough=passthrough).fit(x, y, group=fold)
    theirs = StackingClassifier([("a", their_a), ("b", their_b)], their_last, cv=PredefinedSplit(fold),
                                passthrough=passthrough).fit(x, y)
    np.testing.assert_allclose(mine.predict(x), theirs.predict_proba(x), atol=1e-5)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("passthrough", [False, True])
def test_stacking_numbers(name, passthrough):
    x, y = numbers(name)
    fold = folds(len(y), 3)
    w = np.random.default_rng(1).uniform(0.5, 2, len(y))
    mine = Model("stacking", estimators=[{"ridge": {"alpha": 300}}, "least_squares"],
                 final="ridge", cv=3, passthrough=passthrough).fit(x, y, w, task=REGRESSION, group=fold)
    theirs = StackingRegressor([("a", Ridge(300)), ("b", LinearRegression())], Ridge(), cv=PredefinedSplit(fold), passthrough=passthrough).fit(x, y, sample_weight=w)
    np.testing.assert_allclose(mine.predict(x), theirs.predict(x), rtol=1e-6)


# ---- AdaBoost --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name,depth,rate", [("breast_cancer", 1, 1), ("wine", 1, 1), ("penguins", 1, 0.5),
                                             ("german_credit", 1, 1.5), ("wine", 2, 1), ("penguins", 2, 0.5)])
def test_ada_boost_classes(name, depth, rate):
    """Where no two cuts are equally good: scikit-learn takes one of them at random."""
    x, y = classes(name)
    rounds = 10 if depth == 1 else 5
    mine = Model("ada_boost", estimator={"decision_tree": {"max_depth": depth}}, n_estimators=rounds,
                 learning_rate=rate).fit(x, y)
    theirs = AdaBoostClassifier(DecisionTreeClassifier(max_depth=depth), n_estimators=rounds, learning_rate=rate,
                                random_state=0).fit(x, y)
    m = len(theirs.estimators_)
    np.testing.assert_allclose(mine.arrays["estimator_errors"], theirs.estimator_errors_[:m], rtol=1e-6)
    np.testing.assert_allclose(mine.arrays["estimator_weights"], theirs.estimator_weights_[:m], rtol=1e-6)
    np.testing.assert_allclose(mine.predict(x), theirs.predict_proba(x), rtol=1e-6)
    np.testing.assert_allclose(mine.importances(x.shape[1]), theirs.feature_importances_, atol=1e-6)


@pytest.mark.parametrize("loss", ["linear", "square", "exponential"])
@pytest.mark.parametrize("name", ["diabetes", "concrete"])
def test_ada_boost_numbers(name, loss):
    x, y = numbers(name)
    mine, theirs = [], []
    for seed in range(4):
        train = np.random.default_rng(seed).random(len(y)) < 0.7
        a = Model("ada_boost", seed=seed, loss=loss).fit(x[train], y[train], task=REGRESSION)
        b = AdaBoostRegressor(random_state=seed, loss=loss).fit(x[train], y[train])
        mine.append(r2_score(y[~train], a.predict(x[~train])))
        theirs.append(r2_score(y[~train], b.predict(x[~train])))
    assert abs(np.mean(mine) - np.mean(theirs)) < 0.02 + 2 * np.std(np.subtract(mine, theirs)) / 2


def test_ada_boost_stops():
    x = np.arange(20.0)[:, None]
    mine = Model("ada_boost").fit(x, (x[:, 0] > 9).astype(float))
    assert mine.arrays["n_estimators"] == 1  # the first is perfect
    with pytest.raises(RuntimeError, match="no better than chance"):
        Model("ada_boost").fit(np.ones((20, 1)), np.arange(20) % 2.0)


# ---- bagging ---------------------------------------------------------------------------------------------------


def test_bagging_of_all_rows_is_the_member():
    x, y = classes("wine")
    alone = Model("logistic").fit(x, y)
    bagged = Model("bagging", estimator="logistic", bootstrap=False, n_estimators=3).fit(x, y)
    np.testing.assert_allclose(bagged.predict(x), alone.predict(x), rtol=1e-12)


@pytest.mark.parametrize("name", CLASSES[:3] + ["german_credit"])
def test_bagging_classes(name):
    x, y = classes(name)
    mine, theirs = [], []
    for seed in range(6):
        train = np.random.default_rng(seed).random(len(y)) < 0.6
        a = Model("bagging", seed=seed, n_estimators=20, max_samples=0.8, max_features=0.5).fit(x[train], y[train])
        b = BaggingClassifier(DecisionTreeClassifier(), 20, max_samples=0.8, max_features=0.5,
                              random_state=seed).fit(x[train], y[train])
        mine.append(accuracy_score(y[~train], a.predict(x[~train]).argmax(1)))
        theirs.append(accuracy_score(y[~train], b.predict(x[~train])))
    assert np.mean(mine) > np.mean(theirs) - 0.015 - 2 * np.std(np.subtract(mine, theirs)) / np.sqrt(6)


@pytest.mark.parametrize("name", NUMBERS)
def test_bagging_numbers(name):
    """Out-of-bag R2 is what new rows have, and as good as theirs."""
    x, y = numbers(name)
    mine = [Model("bagging", seed=s, n_estimators=30, oob_score=True).fit(x, y, task=REGRESSION).arrays["oob_score"]
            for s in range(4)]
    theirs = [BaggingRegressor(DecisionTreeRegressor(), 30, oob_score=True, random_state=s).fit(x, y).oob_score_
              for s in range(4)]
    assert abs(np.mean(mine) - np.mean(theirs)) < 0.03


# ---- calibration -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["breast_cancer", "german_credit", "wine", "iris"])
@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
@pytest.mark.parametrize("ensemble", [True, False])
def test_calibrated_bayes(name, method, ensemble):
    """Probabilities as they are: same members, same folds, same curves."""
    x, y = classes(name)
    fold = folds(len(y))
    mine = Model("calibrated", estimator=bayes()[0], method=method, ensemble=ensemble,
                 response="probabilities").fit(x, y, group=fold)
    theirs = CalibratedClassifierCV(bayes()[1], method=method, cv=PredefinedSplit(fold), ensemble=ensemble).fit(x, y)
    np.testing.assert_allclose(mine.predict(x), theirs.predict_proba(x), atol=3e-5)


@pytest.mark.parametrize("name", ["breast_cancer", "german_credit"])
@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibrated_logistic(name, method):
    """Of two classes the log odds are their decision_function."""
    x, y = classes(name)
    fold = folds(len(y), 3)
    w = np.random.default_rng(2).uniform(0.5, 2, len(y))
    a, b = logistic(0.01)
    mine = Model("calibrated", estimator=a, method=method, cv=3).fit(x, y, w, group=fold)
    theirs = CalibratedClassifierCV(b, method=method, cv=PredefinedSplit(fold)).fit(x, y, sample_weight=w)
    np.testing.assert_allclose(mine.predict(x), theirs.predict_proba(x), atol=3e-5)
    if method == "sigmoid":
        curves = [c.calibrators[0] for c in theirs.calibrated_classifiers_]
        for key, values in (("slope", [c.a_ for c in curves]), ("offset", [c.b_ for c in curves])):
            np.testing.assert_allclose(np.sort(mine.arrays[key][:, 0]), np.sort(values), rtol=1e-5)


@pytest.mark.parametrize("name,ensemble", [("breast_cancer", True), ("breast_cancer", False), ("german_credit", True),
                                           ("wine", False), ("iris", False)])
@pytest.mark.parametrize("member", [bayes(), logistic(0.01)])
def test_temperature(name, member, ensemble):
    """One factor for all logits; where a fold has no error there is no best one."""
    x, y = classes(name)
    fold = folds(len(y))
    mine = Model("calibrated", estimator=member[0], method="temperature", ensemble=ensemble).fit(x, y, group=fold)
    theirs = CalibratedClassifierCV(member[1], method="temperature", cv=PredefinedSplit(fold),
                                    ensemble=ensemble).fit(x, y)
    np.testing.assert_allclose(mine.predict(x), theirs.predict_proba(x), atol=1e-5)


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibrated_svm(method):
    """Scores as they are."""
    x, y = classes("breast_cancer")
    fold = folds(len(y), 3)
    mine = Model("calibrated", estimator={"svm": {"kernel": "linear", "tolerance": 1e-8}}, method=method, cv=3)
    theirs = CalibratedClassifierCV(SVC(kernel="linear", tol=1e-8), method=method, cv=PredefinedSplit(fold)).fit(x, y)
    np.testing.assert_allclose(mine.fit(x, y, group=fold).predict(x), theirs.predict_proba(x), atol=1e-4)


def test_calibration_helps():
    """A forest of deep trees on noisy labels: the log loss falls."""
    x, y = classes("german_credit")
    gains = []
    for seed in range(4):
        train = np.random.default_rng(seed).random(len(y)) < 0.7
        losses = []
        for model in (Model("decision_tree", seed=seed), Model("calibrated", seed=seed, estimator="decision_tree")):
            p = model.fit(x[train], y[train]).predict(x[~train])
            losses.append(log_loss(y[~train], np.clip(p, 1e-6, 1 - 1e-6)))
        gains.append(losses[0] - losses[1])
    assert min(gains) > 1


# ---- bad input -------------------------------------------------------------------------------------------------


def test_refusals_name_the_part():
    x, y = classes("iris")
    hole = x.copy()
    hole[3, 1] = np.nan
    for params, data, weight, message in [
            ({"estimators": ["decision_tree", "logistic"]}, hole, None, "voting: logistic: column 'x1' has missing"),
            ({"estimators": ["ridge"]}, x, None, "voting: ridge: the task is multiclass"),
            ({"estimators": []}, x, None, "there is nobody to vote"),
            ({"weights": [1]}, x, None, "1 'weights' for 2 'estimators'"),
            ({"estimators": [{"bagging": {"estimator": {"logistic": {"C": -1}}}}]}, x, None,
             r"voting.estimators\[0\]: bagging.estimator: logistic: 'C' must be")]:
        with pytest.raises(RuntimeError, match=message):
            Model("voting", **params).fit(data, y, weight)
    with pytest.raises(RuntimeError, match="'folds' lower"):
        Model("stacking").fit(x[:3], y[[0, 50, 100]])
    with pytest.raises(RuntimeError, match="row 0|column 'x1'"):
        Model("bagging", estimator="logistic").fit(x, y).predict(hole)


@pytest.mark.parametrize("params", [
    ("bagging", {"estimator": "multinomial_bayes", "max_features": 0.7, "oob_score": True}),
    ("voting", {"estimators": ["multinomial_bayes", "complement_bayes"]}),
    ("stacking", {"estimators": ["multinomial_bayes", "bernoulli_bayes"]}),
    ("calibrated", {"estimator": "multinomial_bayes"}),
    ("ada_boost", {"estimator": "multinomial_bayes"}),
    ("self_training", {"estimator": "multinomial_bayes"})])
def test_sparse_is_dense(params):
    kind, params = params
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 300).astype(float)
    x = rng.poisson(0.3 + 0.5 * (np.arange(12) % 3 == y[:, None])).astype(float)
    dense, sparse = (Model(kind, **params).fit(a, y).predict(a) for a in (x, csr_matrix(x)))
    np.testing.assert_allclose(sparse, dense, rtol=1e-6)
    with pytest.raises(RuntimeError, match=f"{kind}: random_forest: it takes no sparse matrix"):
        Model(kind, **{key: ["random_forest"] if key == "estimators" else "random_forest"
                       for key in params if key.startswith("estimator")}).fit(csr_matrix(x), y)


def test_rare_classes():
    """A class of one row is in one fold only: members that have never seen it say so."""
    x, y = classes("iris")
    y = np.where(np.arange(150) == 7, 3, y)
    for kind in ("stacking", "calibrated", "bagging", "ada_boost", "voting"):
        p = Model(kind).fit(x, y).predict(x)
        assert p.shape == (150, 4) and np.isfinite(p).all() and np.allclose(p.sum(1), 1)
        assert np.mean(p.argmax(1) == y) > 0.9
