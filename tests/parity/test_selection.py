"""The steps that keep some columns: the figures and the picks of scikit-learn's."""
import numpy as np
import pandas as pd
import pytest
from models import Model
from shared_data import mixed
from sklearn import feature_selection as peers
from sklearn.inspection import permutation_importance
from sklearn.linear_model import Ridge
from sklearn.model_selection import LeaveOneGroupOut
from test_sampling import table

CLASSES = ["breast_cancer", "digits", "telco_churn", "random"]
NUMBERS = ["concrete", "diabetes", "california_housing", "random"]


def classes(name):
    if name == "random":
        rng = np.random.default_rng(2)
        y = rng.choice(3, 500)
        return np.column_stack([rng.normal(size=(500, 6)), rng.normal(size=(500, 2)) + y[:, None]]), y
    return table(name)


def numbers(name):
    if name == "random":
        rng = np.random.default_rng(2)
        x = rng.normal(size=(500, 8))
        return x, x[:, 1] - 2 * x[:, 4] + rng.normal(size=500)
    x, y = mixed(name)
    return x[:800, np.isfinite(x[:800]).all(0)], y[:800]


def fitted(kind, x, y=None, task=None, group=None, **params):
    model = Model(kind, **params).fit(x, y, task=task, group=group)
    arrays = model.arrays
    mask = np.zeros(x.shape[1], bool)
    mask[arrays["kept"]] = True
    np.testing.assert_array_equal(model.transform(x), x[:, mask]) if mask.any() else None
    return mask, arrays


@pytest.mark.parametrize("name", CLASSES)
def test_variance(name):
    x, _ = classes(name)
    for threshold in (0, float(np.median(x.var(0)))):
        mask, arrays = fitted("variance_threshold", x, threshold=threshold)
        peer = peers.VarianceThreshold(threshold).fit(x)
        np.testing.assert_array_equal(mask, peer.get_support())
        np.testing.assert_allclose(arrays["scores"], x.var(0), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_correlation(name, method):
    x, _ = classes(name)
    x = x[:, x.std(0) > 0]
    close = pd.DataFrame(x).corr(method=method).abs().to_numpy()
    upper = np.where(np.triu(np.ones_like(close), 1) > 0, close, 0).max(0)
    for threshold in (0.5, 0.9):
        mask, arrays = fitted("correlation_filter", x, threshold=threshold, method=method)
        np.testing.assert_allclose(arrays["scores"], upper, atol=1e-9)
        np.testing.assert_array_equal(mask, upper <= threshold)


MODES = [("k_best", "k", 3), ("percentile", "percentile", 30), ("fpr", "alpha", 0.01), ("fdr", "alpha", 0.01),
         ("fwe", "alpha", 0.01)]
PEERS = {"k_best": peers.SelectKBest, "percentile": peers.SelectPercentile, "fpr": peers.SelectFpr,
         "fdr": peers.SelectFdr, "fwe": peers.SelectFwe}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("func", ["f", "chi2"])
@pytest.mark.parametrize("mode,word,value", MODES)
def test_scores_of_classes(name, func, mode, word, value):
    x, y = classes(name)
    x = x - x.min(0) if func == "chi2" else x
    peer = PEERS[mode](peers.f_classif if func == "f" else peers.chi2, **{"k" if mode == "k_best" else word: value})
    peer.fit(x, y)
    mask, arrays = fitted("select_by_score", x, y, score_func=func, mode=mode, **{word: value})
    there = np.isfinite(peer.scores_)
    np.testing.assert_allclose(arrays["scores"][there], peer.scores_[there], rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(arrays["pvalues"][there], peer.pvalues_[there], rtol=1e-8, atol=1e-300)
    np.testing.assert_array_equal(mask, peer.get_support())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("mode,word,value", MODES)
def test_scores_of_numbers(name, mode, word, value):
    x, y = numbers(name)
    peer = PEERS[mode](peers.f_regression, **{"k" if mode == "k_best" else word: value}).fit(x, y)
    mask, arrays = fitted("select_by_score", x, y, task="regression", mode=mode, **{word: value})
    close = 1e-7 if name == "california_housing" else 1e-9  # their sums of squares lose digits of its longitudes
    np.testing.assert_allclose(arrays["scores"], peer.scores_, rtol=close)
    np.testing.assert_allclose(arrays["pvalues"], peer.pvalues_, rtol=10 * close, atol=1e-300)
    np.testing.assert_array_equal(mask, peer.get_support())


@pytest.mark.parametrize("name", ["breast_cancer", "random"])
def test_mutual_information_with_classes(name):
    x, y = classes(name)
    mask, arrays = fitted("select_by_score", x, y, score_func="mutual_info", k=5)
    wanted = peers.mutual_info_classif(x, y, random_state=1)
    np.testing.assert_allclose(arrays["scores"], wanted, atol=1e-9 if name == "random" else 0.03)  # noise parts ties
    assert set(np.flatnonzero(mask)) == set(np.argsort(arrays["scores"], kind="stable")[-5:])


@pytest.mark.parametrize("name", ["diabetes", "random"])
def test_mutual_information_with_numbers(name):
    x, y = numbers(name)
    _, arrays = fitted("select_by_score", x, y, task="regression", score_func="mutual_info", k=5)
    np.testing.assert_allclose(arrays["scores"], peers.mutual_info_regression(x, y, random_state=1),
                               atol=1e-9 if name == "random" else 0.05)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("step", [1, 2, 0.3, 1e300])
def test_elimination(name, step):
    """By the size of ridge's coefficients of scaled columns, which nothing is drawn for."""
    x, y = numbers(name)
    x = (x - x.mean(0)) / x.std(0)
    for k in (1, x.shape[1] // 2):
        peer = peers.RFE(Ridge(alpha=1), n_features_to_select=k, step=step if step < 1e9 else 10**9).fit(x, y)
        mask, arrays = fitted("recursive_elimination", x, y, task="regression", estimator={"ridge": {"alpha": 1}},
                              n_features_to_select=k, step=step)
        np.testing.assert_array_equal(mask, peer.support_)
        np.testing.assert_array_equal(arrays["ranking"], peer.ranking_)


class Weighed(Ridge):
    """Importances as hone has them: the size of coefficients times the deviation of their columns."""

    def fit(self, x, y):
        super().fit(x, y)
        self.importances_ = np.abs(self.coef_) * x.std(0)
        return self


def by_groups(name, k=4):
    """Scaled columns, and rows in k groups: k folds by group are then the same ones everywhere."""
    x, y = numbers(name)
    group = np.random.default_rng(3).integers(0, k, len(y))
    return (x - x.mean(0)) / x.std(0), y, group, list(LeaveOneGroupOut().split(x, y, group))


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("step,least", [(1, 1), (2, 3), (0.3, 1)])
def test_elimination_by_folds(name, step, least):
    x, y, group, cv = by_groups(name)
    peer = peers.RFECV(Weighed(alpha=1), step=step, min_features_to_select=least, cv=cv,
                       importance_getter="importances_").fit(x, y)
    mask, arrays = fitted("recursive_elimination", x, y, task="regression", group=group, cv=4, step=step,
                          estimator={"ridge": {"alpha": 1}}, min_features_to_select=least)
    np.testing.assert_array_equal(mask, peer.support_)
    np.testing.assert_array_equal(arrays["ranking"], peer.ranking_)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_sequential(name, direction):
    x, y, group, cv = by_groups(name)
    for k in (2, x.shape[1] // 2 + 1):
        peer = peers.SequentialFeatureSelector(Ridge(alpha=1), n_features_to_select=k, direction=direction, cv=cv)
        mask, _ = fitted("sequential_selection", x, y, task="regression", group=group, cv=4, direction=direction,
                         estimator={"ridge": {"alpha": 1}}, n_features_to_select=k)
        np.testing.assert_array_equal(mask, peer.fit(x, y).get_support())
    if direction == "forward":  # theirs stops too late by one column: it looks at the gain of the one before
        peer = peers.SequentialFeatureSelector(Ridge(alpha=1), n_features_to_select="auto", tol=0.01, cv=cv).fit(x, y)
        mask, _ = fitted("sequential_selection", x, y, task="regression", group=group, cv=4, tolerance=0.01,
                         estimator={"ridge": {"alpha": 1}}, n_features_to_select="folds")
        np.testing.assert_array_equal(mask, peer.get_support())


@pytest.mark.parametrize("name", NUMBERS)
def test_permutation(name):
    """The same folds, the same models, other shuffles: the same costs but for their noise."""
    x, y, group, cv = by_groups(name)
    repeats = 60
    costs = np.hstack([permutation_importance(Ridge(alpha=1).fit(x[train], y[train]), x[test], y[test],
                                              n_repeats=repeats, random_state=1).importances for train, test in cv])
    mask, arrays = fitted("select_by_permutation", x, y, task="regression", group=group, cv=4, n_repeats=repeats,
                          estimator={"ridge": {"alpha": 1}}, threshold="mean")
    error = np.sqrt(costs.reshape(len(costs), 4, repeats).var(2).mean(1) / (4 * repeats))
    off = arrays["scores"] - costs.mean(1)
    assert (np.abs(off) <= 5 * np.sqrt(2) * error + 1e-12).all(), off / error
    np.testing.assert_array_equal(mask, arrays["scores"] >= arrays["scores"].mean())
    noise, arrays = fitted("select_by_permutation", x, y, task="regression", group=group, cv=4, n_repeats=repeats,
                           estimator={"ridge": {"alpha": 1}})
    clear = np.abs(costs.mean(1) - 2 * costs.std(1)) > 0.2 * costs.std(1)
    np.testing.assert_array_equal(noise[clear], (costs.mean(1) > 2 * costs.std(1))[clear])


def test_once():
    x, y = numbers("random")
    x = (x - x.mean(0)) / x.std(0)
    peer = peers.SelectFromModel(Ridge(alpha=1), threshold="mean").fit(x, y)
    mask, _ = fitted("select_by_model", x, y, task="regression", estimator="ridge", threshold="mean")
    np.testing.assert_array_equal(mask, peer.get_support())
    for scale in (0.5, 1.25):
        peer = peers.SelectFromModel(Ridge(alpha=1), threshold=f"{scale}*median").fit(x, y)
        mask, _ = fitted("select_by_model", x, y, task="regression", estimator="ridge", threshold="median", scale=scale)
        np.testing.assert_array_equal(mask, peer.get_support())
    mask, _ = fitted("select_by_model", x, y, task="regression", estimator="ridge", threshold=0, max_features=2)
    assert set(np.flatnonzero(mask)) == {1, 4}


@pytest.mark.parametrize("kind,params", [
    ("select_by_permutation", {"estimator": {"random_forest": {"n_estimators": 20}}}),
    ("select_by_permutation", {"estimator": "ridge", "scoring": "loss"}),
    ("recursive_elimination", {"estimator": "ridge", "n_features_to_select": "folds"}),
    ("auto_select", {}), ("auto_select", {"estimator": "ridge", "importance": "random_forest"}),
    ("sequential_selection", {"estimator": "ridge", "n_features_to_select": 2}),
    ("sequential_selection", {"estimator": "ridge", "n_features_to_select": "folds", "tolerance": 0.01}),
    ("sequential_selection", {"estimator": "ridge", "n_features_to_select": 2, "direction": "backward"}),
    ("stability_selection", {"estimator": {"random_forest": {"n_estimators": 10}}, "n_rounds": 20}),
    ("boruta", {"estimator": {"random_forest": {"n_estimators": 40, "max_depth": 5}}, "max_iter": 30})],
    ids=str)
def test_what_matters_is_kept(kind, params):
    """Two of eight columns tell the target; what is kept has them, and hardly more."""
    x, y = numbers("random")
    mask, _ = fitted(kind, x, y, task="regression", **params)
    assert mask[1] and mask[4] and mask.sum() <= (4 if kind in ("recursive_elimination", "auto_select") else 2)


def test_boruta_keeps_copies():
    """All that has to do with the target, not only what is needed to tell it."""
    x, y = numbers("random")
    rng = np.random.default_rng(5)
    x = np.column_stack([x, x[:, 4] + 0.1 * rng.normal(size=len(x))])
    mask, _ = fitted("boruta", x, y, task="regression", max_iter=40,
                     estimator={"random_forest": {"n_estimators": 60, "max_features": 3, "max_depth": 6}})
    assert mask[4] and mask[8] and mask[1]


def test_refusals():
    x, y = classes("random")
    with pytest.raises(RuntimeError, match="no p-values"):
        Model("select_by_score", score_func="mutual_info", mode="fdr").fit(x, y)
    with pytest.raises(RuntimeError, match="below 0 in row"):
        Model("select_by_score", score_func="chi2").fit(x, y)
    with pytest.raises(RuntimeError, match="needs a target of classes"):
        Model("select_by_score", score_func="chi2").fit(x, y, task="regression")
