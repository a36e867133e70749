"""Trees against scikit-learn's: the same tree where cuts are unique; forests and boosting as good over seeds, beside
XGBoost and LightGBM too where these are installed."""
import json
import subprocess

import numpy as np
import pytest
from models import BUILD, Model
from sklearn.ensemble import (ExtraTreesClassifier, ExtraTreesRegressor, HistGradientBoostingClassifier, HistGradientBoostingRegressor,
                              RandomForestClassifier, RandomForestRegressor)
from sklearn.metrics import log_loss, mean_squared_error, ndcg_score, roc_auc_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from shared_data import halves

CLASSES = ["telco_churn", "titanic", "adult", "breast_cancer", "iris"]
NUMBERS = ["california_housing", "concrete", "diabetes"]
CRITERIA = {"squared": "squared_error", "absolute": "absolute_error"}


# ---- one tree -------------------------------------------------------------------------------------

def training_impurity(tree, y, weight, criterion):
    """Weighted impurity of the leaves: what a tree lowers. tree: predictions for the training rows."""
    w = np.ones(len(y)) if weight is None else weight
    if criterion == "absolute":
        return np.average(np.abs(y - tree), weights=w)
    if criterion == "squared":
        return np.average((y - tree) ** 2, weights=w)
    if criterion == "gini":
        return np.average(1 - (tree ** 2).sum(1), weights=w)
    return np.average(-np.where(tree > 0, tree * np.log2(np.maximum(tree, 1e-300)), 0).sum(1), weights=w)


def theirs_of(name, criterion, x, y, weight, seeds=4, **params):
    """scikit-learn's trees; which of equally good cuts they take is their seed's choice."""
    kind = DecisionTreeRegressor if criterion in CRITERIA else DecisionTreeClassifier
    return [kind(criterion=CRITERIA.get(criterion, criterion), random_state=s, **params).fit(x, y, weight)
            for s in range(seeds)]


def answer(tree, x):
    return tree.predict_proba(x) if hasattr(tree, "predict_proba") else tree.predict(x)


def scaled(params, y, criterion):
    """min_impurity_decrease is in units of the target's spread."""
    if criterion not in CRITERIA or "min_impurity_decrease" not in params:
        return params
    spread = y.var() if criterion == "squared" else np.abs(y - np.median(y)).mean()
    return {"min_impurity_decrease": params["min_impurity_decrease"] * spread}


def near(got, wanted):
    scale = np.abs(wanted).max()
    return np.abs(got - wanted).reshape(len(wanted), -1).max(1) <= 1e-9 * scale


def check_tree(name, criterion, weighted=False, most=2000, **params):
    """Cuts that part the rows of training alike tie, and then part others differently: so it is the rows of training
    that must agree, and most of the others."""
    x, y, xt, _ = halves(name, 1, most)
    params = scaled(params, y, criterion)
    weight = np.random.default_rng(2).uniform(0.2, 2, len(y)) if weighted else None
    mine = Model("decision_tree", criterion=criterion, threads=2, **params).fit(
        x, y, weight, task="regression" if criterion in CRITERIA else None)
    theirs = theirs_of(name, criterion, x, y, weight, **params)
    on_train, on_test = ([answer(tree, rows) for tree in theirs] for rows in (x, xt))
    impurity = [training_impurity(p, y, weight, criterion) for p in on_train]
    got = training_impurity(mine.predict(x), y, weight, criterion)
    assert min(impurity) * (1 - 2e-2) - 1e-9 <= got <= max(impurity) * (1 + 2e-2) + 1e-9
    if not all(near(p, on_train[0]).all() for p in on_train):
        return False
    assert near(mine.predict(x), on_train[0]).all()
    assert np.mean(near(mine.predict(xt), on_test[0])) > 0.85
    return True


LIMITS = [{"max_depth": 3}, {"max_depth": 5, "min_samples_leaf": 10}, {"min_samples_split": 60},
          {"max_leaf_nodes": 12}, {"min_impurity_decrease": 0.003}, {"min_weight_fraction_leaf": 0.04}]


@pytest.mark.parametrize("limits", LIMITS, ids=str)
@pytest.mark.parametrize("criterion", ["gini", "entropy"])
def test_tree_of_classes(criterion, limits):
    found = [check_tree(name, criterion, weighted, **limits) for name in CLASSES for weighted in (False, True)]
    assert sum(found) >= 3  # else nothing was compared exactly


@pytest.mark.parametrize("limits", LIMITS, ids=str)
@pytest.mark.parametrize("criterion", ["squared", "absolute"])
def test_tree_of_numbers(criterion, limits):
    most = 2000 if criterion == "squared" else 400
    found = [check_tree(name, criterion, weighted, most, **limits) for name in NUMBERS for weighted in (False, True)]
    assert sum(found) >= 3


@pytest.mark.parametrize("criterion,weighted", [("gini", False), ("gini", True), ("entropy", True), ("squared", False),
                                                ("squared", True), ("absolute", True)])
def test_unique_cuts(criterion, weighted):
    """Where no two cuts are alike everything is the same: shape, answers, importances, pruning. (Sums of absolute
    errors tie where weights don't keep them apart.)"""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(500, 6)).astype(np.float32).astype(np.float64)
    signal = x[:, 0] * x[:, 1] + np.sin(3 * x[:, 2]) + rng.normal(size=500)
    y = signal if criterion in CRITERIA else np.digitize(signal, [-0.7, 0.7]).astype(float)
    weight = rng.uniform(0.2, 2, 500) if weighted else None
    params = {"max_depth": 5, "min_samples_leaf": 8}
    mine = Model("decision_tree", criterion=criterion, **params).fit(
        x, y, weight, task="regression" if criterion in CRITERIA else None)
    theirs = theirs_of("", criterion, x, y, weight, seeds=1, **params)[0]
    more = rng.normal(size=(400, 6))
    assert near(mine.predict(more), answer(theirs, more)).all()
    np.testing.assert_allclose(mine.importances(6), theirs.feature_importances_, atol=1e-6)
    assert mine.report["leaves"] == theirs.get_n_leaves() and mine.report["depth"] == theirs.get_depth()
    path = theirs.cost_complexity_pruning_path(x, y, weight)
    np.testing.assert_allclose(mine.arrays["ccp_alphas"], path.ccp_alphas, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(mine.arrays["ccp_impurities"], path.impurities, rtol=1e-6)


@pytest.mark.parametrize("criterion,weighted", [("gini", False), ("entropy", True), ("squared", False), ("squared", True)])
@pytest.mark.parametrize("signs", [[1, 0, 0, 0, 0, 0], [-1, 0, 1, 0, -1, 0]], ids=str)
def test_monotone_tree(criterion, weighted, signs):
    """The same tree as scikit-learn's, where no two cuts are alike."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(600, 6)).astype(np.float32).astype(np.float64)
    signal = x[:, 0] + x[:, 1] * x[:, 2] + np.sin(3 * x[:, 2]) + rng.normal(size=600)
    y = signal if criterion in CRITERIA else (signal > 0.3).astype(float)
    weight = rng.uniform(0.2, 2, 600) if weighted else None
    limits = {"max_depth": 4, "min_samples_leaf": 5}
    mine = Model("decision_tree", criterion=criterion, **limits,
                 monotone_constraints={f"x{j}": s for j, s in enumerate(signs)}).fit(
        x, y, weight, task="regression" if criterion in CRITERIA else None)
    theirs = theirs_of("", criterion, x, y, weight, seeds=1, monotonic_cst=signs, **limits)[0]
    more = rng.normal(size=(400, 6))
    assert near(mine.predict(more), answer(theirs, more)).all()
    assert mine.report["leaves"] == theirs.get_n_leaves()


@pytest.mark.parametrize("name", ["telco_churn", "adult", "concrete", "diabetes"])
def test_pruning(name):
    """The path of prices and impurities, and the tree that a price leaves."""
    x, y, _, _ = halves(name, 1, 400)
    criterion = "squared" if name in NUMBERS else "gini"
    params = {"max_depth": 5, "min_samples_leaf": 7}
    task = "regression" if name in NUMBERS else None
    mine = Model("decision_tree", **params).fit(x, y, task=task)
    theirs = theirs_of(name, criterion, x, y, None, **params)
    if any(not np.allclose(answer(t, x), answer(theirs[0], x)) for t in theirs):
        pytest.skip("cuts are not unique")
    path = theirs[0].cost_complexity_pruning_path(x, y)
    np.testing.assert_allclose(mine.arrays["ccp_alphas"], path.ccp_alphas, rtol=1e-6, atol=1e-9 * y.var())
    for alpha in np.unique(path.ccp_alphas)[1:-1:2] * 1.0001:
        pruned = theirs_of(name, criterion, x, y, None, seeds=1, ccp_alpha=alpha, **params)[0]
        again = Model("decision_tree", ccp_alpha=float(alpha), **params).fit(x, y, task=task)
        assert near(again.predict(x), answer(pruned, x)).all()
        assert again.report["leaves"] == pruned.get_n_leaves()


@pytest.mark.parametrize("name", ["iris", "concrete"])
def test_nodes(name):
    """What is told of every node, in whatever order they stand."""
    x, y, _, _ = halves(name, 1, 400)
    theirs = theirs_of(name, "squared" if name in NUMBERS else "gini", x, y, None, seeds=1, max_depth=4)[0].tree_
    mine = Model("decision_tree", max_depth=4).fit(x, y, task="regression" if name in NUMBERS else None).arrays
    for got, wanted in (("n_node_samples", theirs.n_node_samples), ("impurity", theirs.impurity),
                        ("weighted_n_node_samples", theirs.weighted_n_node_samples),
                        ("value", theirs.value.reshape(theirs.node_count, -1)[:, 0])):
        found = mine[got][:, 0] if got == "value" else mine[got]
        np.testing.assert_allclose(np.sort(found), np.sort(wanted), rtol=1e-7, atol=1e-12)


# ---- many trees -----------------------------------------------------------------------------------

def loss(y, p):
    return log_loss(y, p) if p.ndim > 1 else mean_squared_error(y, p) ** 0.5


def error_rate(y, p):
    return 1 - roc_auc_score(y, p[:, 1]) if p.ndim > 1 else mean_squared_error(y, p) ** 0.5


def within_noise(mine, theirs, slack=0.0):
    """Of paired losses: mine are not above theirs by more than chance explains (and slack, a share)."""
    difference = np.array(mine) - np.array(theirs)
    noise = difference.std(ddof=1) / len(difference) ** 0.5
    assert difference.mean() <= 3 * noise + slack * np.mean(theirs), (np.mean(mine), np.mean(theirs), noise)


def compare(name, kind, params, peer, score, slack=0.0, seeds=10, most=800):
    regression = name in NUMBERS
    mine, theirs = [], []
    for seed in range(seeds):
        x, y, xt, yt = halves(name, seed, most)
        model = Model(kind, seed=seed, **params).fit(x, y, task="regression" if regression else None)
        mine.append(score(yt, model.predict(xt)))
        theirs.append(score(yt, answer(peer(seed).fit(x, y), xt)))
    within_noise(mine, theirs, slack)


@pytest.mark.parametrize("name", ["telco_churn", "titanic", "adult", "breast_cancer"])
@pytest.mark.parametrize("criterion", ["gini", "entropy"])
def test_forest_of_classes(name, criterion):
    compare(name, "random_forest", {"n_estimators": 50, "criterion": criterion},
            lambda s: RandomForestClassifier(50, criterion=criterion, random_state=s, n_jobs=1), error_rate,
            slack=0.01, most=600)


@pytest.mark.parametrize("name", NUMBERS)
def test_forest_of_numbers(name):
    compare(name, "random_forest", {"n_estimators": 50, "max_features": 0.5},
            lambda s: RandomForestRegressor(50, max_features=0.5, random_state=s, n_jobs=1), error_rate,
            slack=0.01, most=600)


@pytest.mark.parametrize("name", ["telco_churn", "titanic", "adult", "breast_cancer", "california_housing", "concrete"])
def test_extra_trees(name):
    kind = ExtraTreesRegressor if name in NUMBERS else ExtraTreesClassifier
    compare(name, "extra_trees", {"n_estimators": 50}, lambda s: kind(50, random_state=s), error_rate, slack=0.01,
            most=600)


FORESTS = {"random_forest": (RandomForestClassifier, RandomForestRegressor),
           "extra_trees": (ExtraTreesClassifier, ExtraTreesRegressor)}


@pytest.mark.parametrize("kind", FORESTS)
@pytest.mark.parametrize("name", ["breast_cancer", "telco_churn", "concrete", "diabetes"])
@pytest.mark.parametrize("limits", [{"min_weight_fraction_leaf": 0.03}, {"max_leaf_nodes": 12}, {"ccp_alpha": 0.005}], ids=str)
def test_limits_of_forests(kind, name, limits):
    peer = FORESTS[kind][name in NUMBERS]
    if "ccp_alpha" in limits and name in NUMBERS:
        limits = {"ccp_alpha": limits["ccp_alpha"] * halves(name, 1, 400)[1].var()}
    params = {"n_estimators": 40, "max_features": 0.5, **limits}
    compare(name, kind, params, lambda s: peer(40, max_features=0.5, random_state=s, **limits), error_rate, slack=0.03,
            seeds=6, most=400)


@pytest.mark.parametrize("classes,weighted", [(0, False), (0, True), (2, True), (3, True)])
def test_pruned_forest_of_one_tree(classes, weighted):
    """All rows, all features, values that are bins: the very tree of scikit-learn, pruned as that is. (Without weights
    cuts between classes tie.)"""
    rng = np.random.default_rng(8)
    x = rng.integers(0, 40, size=(600, 5)).astype(float)
    signal = x[:, 0] * x[:, 1] / 400 + np.sin(x[:, 2]) + rng.normal(size=600)
    y = np.digitize(signal, np.quantile(signal, np.arange(1, classes) / classes)).astype(float) if classes else signal
    weight = rng.uniform(0.2, 2, 600) if weighted else None
    criterion = "gini" if classes else "squared"
    limits = {"min_samples_leaf": 4, "max_depth": 9}
    path = theirs_of("", criterion, x, y, weight, seeds=1, **limits)[0].cost_complexity_pruning_path(x, y, weight)
    for alpha in path.ccp_alphas[[3, len(path.ccp_alphas) // 2, -3]] * 1.0001:
        theirs = theirs_of("", criterion, x, y, weight, seeds=1, ccp_alpha=alpha, **limits)[0]
        mine = Model("random_forest", n_estimators=1, bootstrap=False, max_features="all", ccp_alpha=float(alpha),
                     **limits).fit(x, y, weight, task=None if classes else "regression")
        assert mine.report["leaves"] == theirs.get_n_leaves()
        np.testing.assert_allclose(mine.predict(x), answer(theirs, x), atol=1e-9)


def rises(model, x, column, steps=9):
    """Whether the answer never falls where only this column rises."""
    grid = np.repeat(x[:50, None, :], steps, axis=1)
    grid[:, :, column] = np.quantile(x[:, column], np.linspace(0, 1, steps))
    found = model.predict(grid.reshape(-1, x.shape[1]))
    found = (found[:, 1] if found.ndim > 1 else found).reshape(50, steps)
    return (np.diff(found, axis=1) >= -1e-12).all()


@pytest.mark.parametrize("kind", FORESTS)
@pytest.mark.parametrize("classes", [False, True])
def test_monotone_forests(kind, classes):
    rng = np.random.default_rng(5)
    x = rng.normal(size=(500, 4))
    signal = x[:, 0] + np.sin(4 * x[:, 0]) + x[:, 1] * x[:, 2] + rng.normal(size=500)
    y = (signal > 0).astype(float) if classes else signal
    task = "binary" if classes else "regression"
    free = Model(kind, n_estimators=30, min_samples_leaf=5).fit(x, y, task=task)
    for limits in ({}, {"max_leaf_nodes": 20}):
        bound = Model(kind, n_estimators=30, min_samples_leaf=5, monotone_constraints={"x0": 1}, **limits).fit(
            x, y, task=task)
        assert rises(bound, x, 0) and not rises(free, x, 0)


@pytest.mark.parametrize("kind", ["random_forest", "extra_trees"])
@pytest.mark.parametrize("name", ["breast_cancer", "adult", "concrete", "california_housing"])
def test_out_of_bag(kind, name):
    """The score on rows that trees did not see is scikit-learn's, and near that on new rows."""
    regression = name in NUMBERS
    mine, theirs = [], []
    for seed in range(5):
        x, y, _, _ = halves(name, seed, 500)
        model = Model(kind, seed=seed, n_estimators=60, oob_score=True, bootstrap=True, max_features=0.5).fit(
            x, y, task="regression" if regression else None)
        peer = FORESTS[kind][regression](60, oob_score=True, bootstrap=True, max_features=0.5, random_state=seed)
        mine.append(model.arrays["oob_score"])
        theirs.append(peer.fit(x, y).oob_score_)
        assert model.report["oob_r2" if regression else "oob_accuracy"] == mine[-1]
    difference = np.array(mine) - np.array(theirs)
    assert abs(difference.mean()) <= 3 * difference.std(ddof=1) / 5 ** 0.5 + 0.01


@pytest.mark.parametrize("kind", ["random_forest", "extra_trees"])
@pytest.mark.parametrize("weights", ["balanced", "balanced_subsample"])
def test_balanced(kind, weights):
    """Rare classes are found more often, about as often as scikit-learn finds them."""
    peer = {"random_forest": RandomForestClassifier, "extra_trees": ExtraTreesClassifier}[kind]
    mine, theirs, plain = [], [], []
    for seed in range(6):
        x, y, xt, yt = halves("telco_churn", seed, 600)
        params = {"n_estimators": 50, "min_samples_leaf": 20}
        rare = yt == 1
        mine.append(Model(kind, seed=seed, class_weight=weights, **params).fit(x, y).predict(xt)[rare, 1].mean())
        plain.append(Model(kind, seed=seed, **params).fit(x, y).predict(xt)[rare, 1].mean())
        theirs.append(peer(class_weight=weights, random_state=seed, **params).fit(x, y).predict_proba(xt)[rare, 1].mean())
    assert abs(np.mean(mine) - np.mean(theirs)) < 0.02 and np.mean(mine) > np.mean(plain) + 0.05


ROUNDS, RATE, LEAVES = 40, 0.15, 15
MINE = {"n_estimators": ROUNDS, "learning_rate": RATE, "max_leaves": LEAVES, "early_stopping": "off"}


def boosters(regression):
    """Peers with like settings, as far as they are there."""
    kind = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    found = {"scikit-learn": lambda s: kind(max_iter=ROUNDS, learning_rate=RATE, max_leaf_nodes=LEAVES,
                                            l2_regularization=1, early_stopping=False, random_state=s)}
    try:
        import lightgbm
        kind_l = lightgbm.LGBMRegressor if regression else lightgbm.LGBMClassifier
        found["lightgbm"] = lambda s: kind_l(n_estimators=ROUNDS, learning_rate=RATE, num_leaves=LEAVES, reg_lambda=1,
                                             random_state=s, n_jobs=1, verbose=-1)
    except ImportError:
        pass
    try:
        import xgboost
        kind_x = xgboost.XGBRegressor if regression else xgboost.XGBClassifier
        found["xgboost"] = lambda s: kind_x(n_estimators=ROUNDS, learning_rate=RATE, max_leaves=LEAVES, max_depth=0,
                                            grow_policy="lossguide", tree_method="hist", reg_lambda=1,
                                            min_child_weight=5, random_state=s, n_jobs=1)
    except ImportError:
        pass
    return found


@pytest.mark.parametrize("name", ["telco_churn", "titanic", "adult", "breast_cancer", "california_housing", "concrete"])
@pytest.mark.parametrize("peer", ["scikit-learn", "lightgbm", "xgboost"])
@pytest.mark.filterwarnings("ignore")
def test_boosting(name, peer):
    regression = name in NUMBERS
    found = boosters(regression)
    if peer not in found:
        pytest.skip(f"{peer} is not installed")
    compare(name, "gbdt", MINE, found[peer], loss, slack=0.01)


def lightgbm_of(regression, **params):
    lightgbm = pytest.importorskip("lightgbm")
    kind = lightgbm.LGBMRegressor if regression else lightgbm.LGBMClassifier
    return lambda s: kind(n_estimators=ROUNDS, learning_rate=RATE, num_leaves=LEAVES, reg_lambda=1, random_state=s,
                          n_jobs=1, verbose=-1, **params)


@pytest.mark.parametrize("name", ["telco_churn", "titanic", "california_housing", "concrete"])
@pytest.mark.parametrize("mode", ["dart", "goss"])
@pytest.mark.filterwarnings("ignore")
def test_dart_and_goss(name, mode):
    params = {"boosting": mode, **({"drop_rate": 0.2, "skip_drop": 0.2} if mode == "dart" else {})}
    peer = {"drop_rate": 0.2, "skip_drop": 0.2, "boosting_type": "dart"} if mode == "dart" else {
        "data_sample_strategy": "goss"}
    compare(name, "gbdt", {**MINE, **params}, lightgbm_of(name in NUMBERS, **peer), loss, slack=0.02)


def deviance(y, p, power):
    from sklearn.metrics import mean_tweedie_deviance
    return mean_tweedie_deviance(y, np.maximum(p, 1e-9), power=power)


# hone's parameters, LightGBM's, and what is compared: the mean loss of new rows.
LOSSES = {
    "poisson": ({}, {}, lambda y, p: deviance(y, p, 1)),
    "gamma": ({}, {}, lambda y, p: deviance(y, p, 2)),
    "tweedie": ({"tweedie_power": 1.3}, {"tweedie_variance_power": 1.3}, lambda y, p: deviance(y, p, 1.3)),
    "huber": ({"huber_delta": 0.3}, {"alpha": 0.3}, lambda y, p: np.minimum(abs(y - p), 0.6).mean()),
    "fair": ({"fair_c": 0.5}, {"fair_c": 0.5}, lambda y, p: (abs(y - p) - 0.5 * np.log1p(abs(y - p) / 0.5)).mean()),
    "mape": ({}, {}, lambda y, p: (abs(y - p) / np.maximum(1, abs(y))).mean()),
    "cross_entropy": ({}, {}, lambda y, p: -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()),
}


@pytest.mark.parametrize("name", [*NUMBERS, "random"])
@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.filterwarnings("ignore")
def test_losses(kind, name):
    mine, theirs = [], []
    params, peer, score = LOSSES[kind]
    for seed in range(5):
        if name == "random":
            rng = np.random.default_rng(seed)
            x = rng.normal(size=(1000, 4))
            y = rng.gamma(2, np.exp(x[:, 0] + x[:, 1] * x[:, 2]))
            x, y, xt, yt = x[:500], y[:500], x[500:], y[500:]
        else:
            x, y, xt, yt = halves(name, seed, 500)
        scale = max(y.max(), yt.max()) * 1.001 if kind == "cross_entropy" else y.mean() / (10 if kind == "mape" else 1)
        y, yt = y / scale, yt / scale
        mine.append(score(yt, Model("gbdt", seed=seed, loss=kind, **MINE, **params).fit(x, y, task="regression").predict(xt)))
        theirs.append(score(yt, lightgbm_of(True, objective=kind, **peer)(seed).fit(x, y).predict(xt)))
    within_noise(mine, theirs, slack=0.03)


def test_targets_that_losses_take():
    x = np.random.default_rng(1).normal(size=(100, 2))
    for kind, bad, message in (("gamma", 0.0, "more than 0"), ("tweedie", -1.0, "0 and more"), ("cross_entropy", 1.5, "from 0 to 1")):
        y = np.full(100, 0.5)
        y[7] = bad
        with pytest.raises(RuntimeError, match=f"{kind} needs targets of {message}, but row 7"):
            Model("gbdt", loss=kind, early_stopping="off").fit(x, y, task="regression")


def test_weight_of_the_second_class():
    x, y, xt, _ = halves("telco_churn", 1, 600)
    one = Model("gbdt", scale_pos_weight=3, **MINE).fit(x, y).predict(xt)
    assert np.array_equal(one, Model("gbdt", **MINE).fit(x, y, np.where(y == 1, 3.0, 1)).predict(xt))


@pytest.mark.parametrize("name", ["telco_churn", "titanic", "california_housing", "concrete"])
@pytest.mark.parametrize("params,peer", [({"subsample": 0.5, "subsample_freq": 5}, {"subsample": 0.5, "subsample_freq": 5}),
                                         ({"colsample_bylevel": 0.5, "colsample_bynode": 0.8}, {"feature_fraction_bynode": 0.4}),
                                         ({"max_delta_step": 0.5}, {"max_delta_step": 0.5})], ids=str)
@pytest.mark.filterwarnings("ignore")
def test_fewer_rows_columns_and_steps(name, params, peer):
    if "max_delta_step" in params and name in NUMBERS:
        pytest.skip("in units of the target")
    compare(name, "gbdt", {**MINE, **params}, lightgbm_of(name in NUMBERS, **peer), loss, slack=0.02, seeds=6)


def paths(model):
    """The features on the way to each leaf of a boosted model."""
    nodes, first = model.arrays["nodes"], model.arrays["first"]
    feature, left = (nodes[:, at:at + 4].copy().view(np.int32)[:, 0] for at in (8, 12))
    for t in range(len(first) - 1):
        waiting = [(0, frozenset())]
        while waiting:
            at, path = waiting.pop()
            if left[first[t] + at] == at:
                yield path
                continue
            path = path | {int(feature[first[t] + at]) & (2**28 - 1)}
            waiting += [(left[first[t] + at] + side, path) for side in (0, 1)]


def test_features_that_may_meet():
    """No path holds features that share no group; the score is LightGBM's."""
    lightgbm = pytest.importorskip("lightgbm")
    groups = [[0, 1, 2], [2, 3], [4, 5, 6]]
    mine, theirs = [], []
    for seed in range(6):
        x, y, xt, yt = halves("california_housing", seed, 1500)
        rest = sorted(set(range(x.shape[1])) - {j for group in groups for j in group})
        model = Model("gbdt", seed=seed, early_stopping="off", n_estimators=60, learning_rate=0.1, min_samples_leaf=10,
                      lambda_l2=0, interaction_constraints=[[f"x{j}" for j in group] for group in groups]).fit(
            x, y, task="regression")
        met = list(paths(model))
        assert all(any(path <= {*group} for group in [*groups, rest]) for path in met)
        assert max(map(len, met)) == 3
        mine.append(error_rate(yt, model.predict(xt)))
        peer = lightgbm.LGBMRegressor(n_estimators=60, learning_rate=0.1, min_child_samples=10,
                                      interaction_constraints=[*groups, rest], verbose=-1, n_jobs=1).fit(x, y)
        theirs.append(error_rate(yt, peer.predict(xt)))
    within_noise(mine, theirs, 0.01)
    with pytest.raises(RuntimeError, match="no feature"):
        Model("gbdt", interaction_constraints=[["x0", "y"]]).fit(x, y, task="regression")


@pytest.mark.parametrize("smooth", [0, 5, 80])
def test_smoothed_paths(smooth):
    """Few values, no limit but depth: LightGBM's very trees."""
    lightgbm = pytest.importorskip("lightgbm")
    rng = np.random.default_rng(4)
    x = rng.integers(0, 30, size=(900, 4)).astype(float)
    y = x[:, 0] * x[:, 1] / 300 + np.sin(x[:, 2]) + rng.normal(size=900)
    params = {"n_estimators": 3, "learning_rate": 0.5, "max_depth": 3, "path_smooth": smooth}
    mine = Model("gbdt", early_stopping="off", lambda_l2=0, min_samples_leaf=5, min_child_weight=0, **params).fit(
        x, y, task="regression")
    theirs = lightgbm.LGBMRegressor(min_child_samples=5, min_child_weight=0, num_leaves=31, verbose=-1, n_jobs=1,
                                    min_data_in_bin=1, **params).fit(x, y)
    np.testing.assert_allclose(mine.predict(x), theirs.predict(x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["concrete", "telco_churn"])
def test_drawn_cuts(name):
    lightgbm = pytest.importorskip("lightgbm")
    params = {"n_estimators": 150, "learning_rate": 0.1, "extra_trees": True}
    kind = lightgbm.LGBMRegressor if name in NUMBERS else lightgbm.LGBMClassifier
    compare(name, "gbdt", {"early_stopping": "off", "lambda_l2": 0, **params},
            lambda s: kind(**params, random_state=s, extra_seed=s, verbose=-1, n_jobs=1), error_rate, slack=0.03, seeds=6)


@pytest.mark.parametrize("name", ["telco_churn", "iris", "california_housing", "concrete"])
def test_stops_by_rows_given(name):
    """The round kept is the best of those rows, as fits of each length answer them; all other rows are learned from."""
    params = {"learning_rate": 0.3, "max_leaves": 8, "lambda_l2": 1.0}
    task = "regression" if name in NUMBERS else None
    x, y, xv, yv = halves(name, 3, 900)
    model = Model("gbdt", n_estimators=200, patience=10, **params).fit(x, y, task=task, validation=(xv, yv))
    curve = model.arrays["valid_curve"]
    kept = model.report["iterations"]
    assert kept == curve.argmin() + 1 and (len(curve) == kept + 10 or len(curve) == 200)
    for rounds in (1, kept, len(curve)):
        plain = Model("gbdt", n_estimators=rounds, early_stopping="off", **params).fit(x, y, task=task)
        p = plain.predict(xv)
        wanted = np.mean((yv - p) ** 2) if p.ndim == 1 else log_loss(yv, p, labels=range(p.shape[1]))
        assert np.isclose(curve[rounds - 1], wanted, rtol=1e-6) or np.isclose(2 * curve[rounds - 1], wanted, rtol=1e-6)
        if rounds == kept:
            assert np.array_equal(p, model.predict(xv))


@pytest.mark.parametrize("name", ["telco_churn", "iris", "california_housing"])
def test_boosting_goes_on(name):
    """Rounds added to a model are the rounds that one fit would have made (but for the rounding of gradients)."""
    regression = name in NUMBERS
    task = "regression" if regression else None
    half = {**MINE, "n_estimators": ROUNDS // 2}
    whole, parts, before = [], [], []
    for seed in range(6):
        x, y, xt, yt = halves(name, seed, 600)
        whole.append(loss(yt, Model("gbdt", seed=seed, **MINE).fit(x, y, task=task).predict(xt)))
        model = Model("gbdt", seed=seed, **half).fit(x, y, task=task)
        before.append(loss(yt, model.predict(xt)))
        parts.append(loss(yt, model.update(x, y).predict(xt)))
        assert model.report["iterations"] == ROUNDS
        np.testing.assert_allclose(model.importances(x.shape[1]).sum(), 1)
    np.testing.assert_allclose(np.mean(parts), np.mean(whole), rtol=0.05)
    if regression:
        assert np.mean(parts) < np.mean(before)


@pytest.mark.parametrize("mode", ["dart", "goss"])
def test_same_bits_of_many_rows(mode):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(40000, 5))
    y = x[:, 0] + x[:, 1] * x[:, 2] + rng.normal(size=40000)
    fits = [Model("gbdt", threads=t, boosting=mode, n_estimators=15, learning_rate=0.3, drop_rate=0.3, skip_drop=0,
                  early_stopping="off").fit(x, y, task="regression").predict(x) for t in (1, 3)]
    assert np.array_equal(*fits)


# ---- ranking --------------------------------------------------------------------------------------

def searches(seed, groups=120):
    """Rows of a search each, graded 0 to 4 by what their features say of them within it."""
    rng = np.random.default_rng(seed)
    size = rng.integers(4, 25, groups)
    group = np.repeat(np.arange(groups), size)
    x = rng.normal(size=(len(group), 8)) + rng.normal(size=(groups, 8))[group]
    worth = x[:, 0] + x[:, 1] * x[:, 2] + np.abs(x[:, 3]) + rng.normal(size=len(group))
    grade = np.zeros(len(group))
    for g in range(groups):
        at = group == g
        grade[at] = np.digitize(worth[at] - worth[at].mean(), [0.5, 1.2, 2, 3])
    return x, grade, group


def ndcg10(grade, score, group):
    found = []
    for g in np.unique(group):
        y, s = grade[group == g], score[group == g]
        if y.max() > 0:
            found.append(ndcg_score([2 ** y - 1], [s], k=10))
    return np.mean(found)


@pytest.mark.parametrize("peer", ["lightgbm", "xgboost"])
@pytest.mark.filterwarnings("ignore")
def test_ranking(peer):
    library = pytest.importorskip(peer)
    mine, theirs, points = [], [], []
    for seed in range(5):
        x, y, g = searches(seed)
        xt, yt, gt = searches(seed + 100)
        model = Model("gbdt", seed=seed, **MINE).fit(x, y, task="rank", group=g)
        mine.append(1 - ndcg10(yt, model.predict(xt), gt))
        points.append(1 - ndcg10(yt, Model("gbdt", seed=seed, **MINE).fit(x, y, task="regression").predict(xt), gt))
        if peer == "lightgbm":
            ranker = library.LGBMRanker(n_estimators=ROUNDS, learning_rate=RATE, num_leaves=LEAVES, reg_lambda=1,
                                        n_jobs=1, verbose=-1).fit(x, y, group=np.bincount(g))
        else:
            ranker = library.XGBRanker(n_estimators=ROUNDS, learning_rate=RATE, max_leaves=LEAVES, max_depth=0,
                                       grow_policy="lossguide", n_jobs=1).fit(x, y, qid=g)
        theirs.append(1 - ndcg10(yt, ranker.predict(xt), gt))
    within_noise(mine, theirs, slack=0.02)
    within_noise(mine, points, slack=0.0)


def test_ranking_needs_groups_and_grades():
    x, y, g = searches(1, 20)
    with pytest.raises(RuntimeError, match="roles.group"):
        Model("gbdt").fit(x, y, task="rank")
    with pytest.raises(RuntimeError, match="grades to rank by"):
        Model("gbdt").fit(x, y - 1, task="rank", group=g)
    model = Model("gbdt", n_estimators=30, early_stopping="on").fit(x, y, task="rank", group=g)
    assert model.report["loss"] == "lambdarank" and len(model.report["validation_loss"]) > 0


def shuffled_means(y, score, k, rng, times=250):
    """Average precision and reciprocal rank in the first k, over random orders of rows with equal scores."""
    precision, reciprocal = [], []
    for _ in range(times):
        hit = y[np.lexsort((rng.random(len(y)), -score))] > 0
        places = np.flatnonzero(hit)
        within = places[places < k]
        precision.append((np.arange(1, len(within) + 1) / (within + 1)).sum() / min(len(places), k))
        reciprocal.append(1 / (within[0] + 1) if len(within) else 0)
    return np.mean(precision), np.mean(reciprocal)


@pytest.mark.parametrize("leaves", [2, 31])
def test_ranking_metrics(leaves, tmp_path):
    """ndcg, map and mrr, with many ties and with few, as hone evaluate has them."""
    x, y, g = searches(1, 60)
    table, model = tmp_path / "t.csv", tmp_path / "m.hone"
    head = ",".join([f"x{j}" for j in range(8)] + ["grade", "search"])
    np.savetxt(table, np.column_stack([x, y, g]), "%.10g", ",", header=head, comments="")
    hone = [str(BUILD / "hone")]
    subprocess.run(hone + ["train", table, "--target", "grade", "--task", "rank", "--group", "search", "-q", "--test", "0", "--model", "gbdt",
                           "--set", "n_estimators=3", "--set", f"max_leaves={leaves}", "-o", model], check=True)
    asked = "ndcg,ndcg@5,map@5,mrr@3,map,mrr"
    found = json.loads(subprocess.run(hone + ["evaluate", model, table, "--json", "--metrics", asked], check=True,
                                      capture_output=True).stdout)["metrics"]["test"]
    told = subprocess.run(hone + ["predict", model, table], check=True, capture_output=True, text=True).stdout
    score = np.array([float(line) for line in told.split()[1:]])
    groups = [g == k for k in np.unique(g) if y[g == k].max() > 0]
    for name, k in (("ndcg", None), ("ndcg@5", 5)):
        wanted = np.mean([ndcg_score([2 ** y[at] - 1], [score[at]], k=k) for at in groups])
        np.testing.assert_allclose(found[name], wanted, rtol=1e-9)
    rng = np.random.default_rng(1)
    for names, k in ((("map@5", "mrr@5"), 5), (("map", "mrr"), 1000), (("map@3", "mrr@3"), 3)):
        means = np.mean([shuffled_means(y[at], score[at], k, rng) for at in groups], axis=0)
        for name, wanted in zip(names, means):
            if name in found:
                np.testing.assert_allclose(found[name], wanted, atol=0.006 if leaves == 2 else 0.003)
