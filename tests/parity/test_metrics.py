"""Every metric against scikit-learn, on random answers with ties, weights, rare and absent classes."""
import math
import warnings

import bridge
import numpy as np
import pytest
import sklearn.metrics as sk

warnings.filterwarnings("ignore", module="sklearn")


def average_precision_macro(y, proba, w):
    present = [k for k in range(proba.shape[1]) if (y == k).any()]
    return np.mean([sk.average_precision_score(y == k, proba[:, k], sample_weight=w) for k in present])


def roc_auc(y, proba, w, average):
    present = [k for k in range(proba.shape[1]) if (y == k).any()]
    areas = [sk.roc_auc_score(y == k, proba[:, k], sample_weight=w) for k in present]
    weights = [(y == k) @ w if w is not None else (y == k).sum() for k in present]
    return np.average(areas, weights=weights if average == "weighted" else None)


def rates(average):
    def of(function):
        return lambda y, label, proba, w: function(y, label, average=average, sample_weight=w, zero_division=0)
    return {f"precision_{average}": of(sk.precision_score), f"recall_{average}": of(sk.recall_score),
            f"f1_{average}": of(sk.f1_score)}


def labels(proba):
    return np.arange(proba.shape[1])


BOTH = {
    "accuracy": lambda y, label, proba, w: sk.accuracy_score(y, label, sample_weight=w),
    "balanced_accuracy": lambda y, label, proba, w: sk.balanced_accuracy_score(y, label, sample_weight=w),
    "log_loss": lambda y, label, proba, w: sk.log_loss(y, proba, sample_weight=w, labels=labels(proba)),
    "matthews": lambda y, label, proba, w: sk.matthews_corrcoef(y, label, sample_weight=w),
    "cohen_kappa": lambda y, label, proba, w: sk.cohen_kappa_score(y, label, sample_weight=w),
    **rates("macro"), **rates("micro"), **rates("weighted"),
}
BINARY = {
    **BOTH,
    "precision": lambda y, label, proba, w: sk.precision_score(y, label, sample_weight=w, zero_division=0),
    "recall": lambda y, label, proba, w: sk.recall_score(y, label, sample_weight=w, zero_division=0),
    "f1": lambda y, label, proba, w: sk.f1_score(y, label, sample_weight=w, zero_division=0),
    "roc_auc": lambda y, label, proba, w: sk.roc_auc_score(y, proba[:, 1], sample_weight=w),
    "roc_auc_ovr_weighted": lambda y, label, proba, w: sk.roc_auc_score(y, proba[:, 1], sample_weight=w),
    "pr_auc": lambda y, label, proba, w: sk.average_precision_score(y, proba[:, 1], sample_weight=w),
    "brier": lambda y, label, proba, w: sk.brier_score_loss(y, proba[:, 1], sample_weight=w),
}
MULTICLASS = {
    **BOTH,
    "roc_auc": lambda y, label, proba, w: roc_auc(y, proba, w, "macro"),
    "roc_auc_ovr_weighted": lambda y, label, proba, w: roc_auc(y, proba, w, "weighted"),
    "pr_auc": lambda y, label, proba, w: average_precision_macro(y, proba, w),
    "brier": lambda y, label, proba, w: np.average(
        ((np.eye(proba.shape[1])[y.astype(int)] - proba) ** 2).sum(axis=1), weights=w),
}
REGRESSION = {
    "mse": sk.mean_squared_error,
    "rmse": sk.root_mean_squared_error,
    "mae": sk.mean_absolute_error,
    "median_ae": sk.median_absolute_error,
    "r2": sk.r2_score,
    "mape": sk.mean_absolute_percentage_error,
    "explained_variance": sk.explained_variance_score,
    "poisson_deviance": sk.mean_poisson_deviance,
}


def close(got, wanted):
    return math.isclose(got, wanted, rel_tol=1e-12, abs_tol=1e-12) or (math.isnan(got) and math.isnan(wanted))


def weights(rng, n, how):
    return {"none": None, "counts": rng.integers(1, 5, n).astype(float), "real": rng.gamma(1, 1, n)}[how]


def answers(rng, n, k, ties):
    """Truth, most likely class and probabilities that know something of it."""
    y = rng.choice(k, n, p=np.arange(1, k + 1) / (k * (k + 1) / 2)).astype(float)
    y[:k] = np.arange(k)[:n]
    scores = rng.normal(size=(n, k)) + np.eye(k)[y.astype(int)]
    if ties:
        scores = np.round(scores)
    proba = np.exp(scores)
    proba /= proba.sum(axis=1, keepdims=True)
    return y, proba.argmax(axis=1).astype(float), proba


@pytest.mark.parametrize("how", ["none", "counts", "real"])
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("n", [2, 7, 100, 3000, 70000])
@pytest.mark.parametrize("name", BINARY)
def test_binary(name, n, ties, how):
    rng = np.random.default_rng(n + 10 * ties)
    y, label, proba = answers(rng, n, 2, ties)
    w = weights(rng, n, how)
    assert close(bridge.metric(name, "binary", y, label, None, proba, w), BINARY[name](y, label, proba, w))


@pytest.mark.parametrize("how", ["none", "counts", "real"])
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("n,k", [(5, 3), (100, 4), (3000, 7)])
@pytest.mark.parametrize("name", MULTICLASS)
def test_multiclass(name, n, k, ties, how):
    rng = np.random.default_rng(n + 10 * ties)
    y, label, proba = answers(rng, n, k, ties)
    w = weights(rng, n, how)
    wanted = MULTICLASS[name](y, label, proba, w)
    assert close(bridge.metric(name, "multiclass", y, label, None, proba, w), wanted)


@pytest.mark.parametrize("how", ["none", "counts", "real"])
@pytest.mark.parametrize("n", [2, 3, 8, 101, 3000, 140000])
@pytest.mark.parametrize("name", REGRESSION)
def test_regression(name, n, how):
    rng = np.random.default_rng(n)
    y = rng.poisson(3, n).astype(float) if name == "poisson_deviance" else rng.normal(10, 3, n)
    value = np.abs(y + rng.normal(size=n)) + 0.1
    w = weights(rng, n, how)
    assert close(bridge.metric(name, "regression", y, None, value, None, w), REGRESSION[name](y, value, sample_weight=w))


def test_extreme_probabilities():
    y = np.array([0.0, 1, 1, 0])
    proba = np.array([[1.0, 0], [1, 0], [0, 1], [0.5, 0.5]])
    got = bridge.metric("log_loss", "binary", y, y, None, proba)
    assert close(got, sk.log_loss(y, proba))


def test_constant_target():
    y, value = np.full(5, 2.0), np.array([2.0, 2, 2, 2, 3])
    for name in ("r2", "explained_variance"):
        assert bridge.metric(name, "regression", y, None, value) == REGRESSION[name](y, value)
        assert bridge.metric(name, "regression", y, None, y) == REGRESSION[name](y, y) == 1
