"""Every metric against scikit-learn, on random answers with ties, weights, rare and absent classes."""
import math
import warnings

import bridge
import models
import numpy as np
import pytest
import scipy.stats
import sklearn.metrics as sk

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
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
            f"f1_{average}": of(sk.f1_score),
            f"fbeta_{average}(0.5)": of(lambda *a, **how: sk.fbeta_score(*a, beta=0.5, **how))}


def one_label(function, **more):
    return lambda y, label, proba, w: function(y, label, sample_weight=w, zero_division=0, **more)


def specificity(y, label, proba, w):
    return sk.recall_score(y, label, pos_label=0, sample_weight=w, zero_division=0)


def youden(y, label, proba, w):
    if len(set(y)) < 2:
        return math.nan
    return specificity(y, label, proba, w) + sk.recall_score(y, label, sample_weight=w) - 1


def ks(y, proba, w):
    low, high, _ = sk.roc_curve(y, proba[:, 1], sample_weight=w)
    return np.max(np.abs(high - low))


def gain(y, score, w, share):
    w = np.ones(len(y)) if w is None else w
    return hits(y, score, w, share * w.sum()) / (w * y).sum()


def hits(y, score, w, left):
    """Positives in the first rows. Mean over the orders of tied rows: each row of a tie counts its share of what fits."""
    w = np.ones(len(y)) if w is None else w
    hits = 0.0
    for value in np.unique(score)[::-1]:
        at = score == value
        part = min(1.0, left / w[at].sum())
        hits += part * (w[at] * y[at]).sum()
        left -= part * w[at].sum()
        if left <= 1e-12 * w.sum():
            break
    return hits


def brier(y, proba, w):
    return np.average(((np.eye(proba.shape[1])[y.astype(int)] - proba) ** 2).sum(axis=1), weights=w)


def d2_brier(y, label, proba, w):
    shares = np.average(np.eye(proba.shape[1])[y.astype(int)], axis=0, weights=w)
    return 1 - brier(y, proba, w) / brier(y, np.tile(shares, (len(y), 1)), w)


def d2_log_loss(y, label, proba, w):
    if len(set(y)) < proba.shape[1]:  # scikit-learn cannot
        shares = np.average(np.eye(proba.shape[1])[y.astype(int)], axis=0, weights=w)
        loss = lambda p: sk.log_loss(y, p, sample_weight=w, labels=labels(proba))
        return 1 - loss(proba) / loss(np.tile(shares, (len(y), 1)))
    return sk.d2_log_loss_score(y, proba, sample_weight=w)


def calibration_error(y, label, proba, w):
    binary = proba.shape[1] == 2
    chance = proba[:, 1] if binary else proba.max(axis=1)
    outcome = y == 1 if binary else y == proba.argmax(axis=1)
    w = np.ones(len(y)) if w is None else w
    bins = np.clip(np.ceil(chance * 10) - 1, 0, 9)
    return sum(w[bins == b].sum() / w.sum() * abs(np.average(chance[bins == b], weights=w[bins == b]) -
                                                   np.average(outcome[bins == b], weights=w[bins == b]))
               for b in set(bins))


def ovo(y, proba, w):
    """Hand and Till, with weights, which scikit-learn has not."""
    areas = []
    for a in range(proba.shape[1]):
        for b in range(proba.shape[1]):
            at = (y == a) | (y == b)
            if a != b and (y == a).any() and (y == b).any():
                areas.append(sk.roc_auc_score(y[at] == a, proba[at, a], sample_weight=None if w is None else w[at]))
    return np.mean(areas)


def labels(proba):
    return np.arange(proba.shape[1])


BOTH = {
    "accuracy": lambda y, label, proba, w: sk.accuracy_score(y, label, sample_weight=w),
    "balanced_accuracy": lambda y, label, proba, w: sk.balanced_accuracy_score(y, label, sample_weight=w),
    "log_loss": lambda y, label, proba, w: sk.log_loss(y, proba, sample_weight=w, labels=labels(proba)),
    "matthews": lambda y, label, proba, w: sk.matthews_corrcoef(y, label, sample_weight=w),
    "cohen_kappa": lambda y, label, proba, w: sk.cohen_kappa_score(y, label, sample_weight=w),
    "zero_one": lambda y, label, proba, w: sk.zero_one_loss(y, label, sample_weight=w),
    "jaccard_macro": one_label(sk.jaccard_score, average="macro"),
    "jaccard_weighted": one_label(sk.jaccard_score, average="weighted"),
    "d2_log_loss": d2_log_loss,
    "d2_brier": d2_brier,
    "calibration_error": calibration_error,
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
    "fbeta(2)": one_label(sk.fbeta_score, beta=2),
    "fbeta(0.5)": one_label(sk.fbeta_score, beta=0.5),
    "precision@3": lambda y, label, proba, w: hits(y, proba[:, 1], w, 3) / 3,
    "recall@3": lambda y, label, proba, w: hits(y, proba[:, 1], w, 3) / (y if w is None else w * y).sum(),
    "jaccard": one_label(sk.jaccard_score),
    "specificity": specificity,
    "negative_predictive_value": one_label(sk.precision_score, pos_label=0),
    "youden": youden,
    "geometric_mean": lambda y, label, proba, w: math.sqrt(
        specificity(y, label, proba, w) * sk.recall_score(y, label, sample_weight=w)),
    "gini": lambda y, label, proba, w: 2 * sk.roc_auc_score(y, proba[:, 1], sample_weight=w) - 1,
    "ks": lambda y, label, proba, w: ks(y, proba, w),
    **{f"gain({share})": lambda y, label, proba, w, share=share: gain(y, proba[:, 1], w, share)
       for share in (0.1, 0.25, 1)},
    "lift(0.1)": lambda y, label, proba, w: gain(y, proba[:, 1], w, 0.1) / 0.1,
}
MULTICLASS = {
    **BOTH,
    "roc_auc": lambda y, label, proba, w: roc_auc(y, proba, w, "macro"),
    "roc_auc_ovr_weighted": lambda y, label, proba, w: roc_auc(y, proba, w, "weighted"),
    "pr_auc": lambda y, label, proba, w: average_precision_macro(y, proba, w),
    "brier": lambda y, label, proba, w: brier(y, proba, w),
    "roc_auc_ovo": lambda y, label, proba, w: ovo(y, proba, w),
    **{f"top_k_accuracy@{k}": lambda y, label, proba, w, k=k: sk.top_k_accuracy_score(
        y, proba, k=k, sample_weight=w, labels=labels(proba)) for k in (2, 3, 5)},
}


def lin(y, p, sample_weight):
    c = np.cov(y, p, aweights=sample_weight, ddof=0)
    apart = np.average(y, weights=sample_weight) - np.average(p, weights=sample_weight)
    return 2 * c[0, 1] / (c[0, 0] + c[1, 1] + apart**2)


def spearman(y, p, w):
    if w is None:
        return scipy.stats.spearmanr(y, p).statistic
    if np.array_equal(w, np.round(w)):  # a row of weight 3 is three rows
        return spearman(np.repeat(y, w.astype(int)), np.repeat(p, w.astype(int)), None)
    pytest.skip("no reference for real weights")


def pairs_in_order(y, p, w):
    if len(y) > 4000:
        pytest.skip("the reference compares all pairs")
    w = np.ones(len(y)) if w is None else w
    weight = w[:, None] * w * (y[:, None] > y)
    return (weight * np.where(p[:, None] == p, 0.5, p[:, None] > p)).sum() / weight.sum()


REGRESSION = {
    "mse": sk.mean_squared_error,
    "rmse": sk.root_mean_squared_error,
    "mae": sk.mean_absolute_error,
    "median_ae": sk.median_absolute_error,
    "r2": sk.r2_score,
    "mape": sk.mean_absolute_percentage_error,
    "explained_variance": sk.explained_variance_score,
    "poisson_deviance": sk.mean_poisson_deviance,
    "gamma_deviance": sk.mean_gamma_deviance,
    **{f"{word}({power})": lambda y, p, sample_weight, power=power, function=function: function(
        y, p, power=power, sample_weight=sample_weight) for power in (1, 1.2, 1.5, 2, 3) for word, function in (
        ("tweedie_deviance", sk.mean_tweedie_deviance), ("d2_tweedie", sk.d2_tweedie_score))},
    **{f"d2_pinball({alpha})": lambda y, p, sample_weight, alpha=alpha: sk.d2_pinball_score(
        y, p, alpha=alpha, sample_weight=sample_weight) for alpha in (0.1, 0.5, 0.9)},
    "d2_poisson": lambda y, p, sample_weight: sk.d2_tweedie_score(y, p, power=1, sample_weight=sample_weight),
    "d2_gamma": lambda y, p, sample_weight: sk.d2_tweedie_score(y, p, power=2, sample_weight=sample_weight),
    "d2_absolute": sk.d2_absolute_error_score,
    "max_error": lambda y, p, sample_weight: sk.max_error(y, p),
    "msle": sk.mean_squared_log_error,
    "rmsle": sk.root_mean_squared_log_error,
    **{f"pinball({alpha})": lambda y, p, sample_weight, alpha=alpha: sk.mean_pinball_loss(
        y, p, alpha=alpha, sample_weight=sample_weight) for alpha in (0.1, 0.5, 0.9)},
    "smape": lambda y, p, sample_weight: np.average(
        2 * np.abs(y - p) / np.maximum(np.abs(y) + np.abs(p), 1e-300), weights=sample_weight),
    "wape": lambda y, p, sample_weight: np.average(np.abs(y - p), weights=sample_weight) / np.average(
        np.abs(y), weights=sample_weight),
    "pearson": lambda y, p, sample_weight: np.cov(y, p, aweights=sample_weight)[0, 1] / np.sqrt(
        np.prod(np.diag(np.cov(y, p, aweights=sample_weight)))),
    "lin_concordance": lin,
    "spearman": lambda y, p, sample_weight: spearman(y, p, sample_weight),
    "concordance": lambda y, p, sample_weight: pairs_in_order(y, p, sample_weight),
}
POSITIVE = {"gamma_deviance", "d2_gamma", *(f"{word}({p})" for word in ("tweedie_deviance", "d2_tweedie") for p in (2, 3))}
COUNTS = {"poisson_deviance", "d2_poisson", "msle", "rmsle", *(
    f"{word}({p})" for word in ("tweedie_deviance", "d2_tweedie") for p in (1, 1.2, 1.5))}


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
    y = rng.poisson(3, n).astype(float) if name in COUNTS else rng.normal(10, 3, n)
    y = rng.gamma(3, 2, n) if name in POSITIVE else y
    value = np.abs(y + rng.normal(size=n)) + 0.1
    if name.startswith("d2_") and len(set(y)) < 2:
        pytest.skip("nothing to explain")
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


def test_names_of_scikit_learn_are_known():
    y, label = np.array([0.0, 1, 1, 0, 1]), np.array([0.0, 1, 0, 0, 1])
    proba = np.column_stack([1 - label, label])
    for alias, name in (("matthews_corrcoef", "matthews"), ("hamming_loss", "zero_one"),
                        ("average_precision", "pr_auc"), ("brier_score_loss", "brier"), ("fbeta_score(2)", "fbeta@2.0"),
                        ("precision_macro", "precision_macro")):
        got, wanted = (bridge.metric(word, "binary", y, label, None, proba) for word in (alias, name))
        assert got == wanted


def test_a_name_alone_is_its_default():
    y, value = np.array([1.0, 2, 3, 9]), np.array([1.5, 2, 2, 4])
    for name, told in (("pinball", "pinball(0.5)"), ("tweedie_deviance", "mean_tweedie_deviance(1.5)")):
        assert bridge.metric(name, "regression", y, None, value) == bridge.metric(told, "regression", y, None, value)


@pytest.mark.parametrize("name,task,said", [
    ("fbeta", "binary", "'beta' must be a real number in (0, inf), such as 'fbeta(2)'"),
    ("fbeta(0)", "binary", "'beta' must be"), ("fbeta(two)", "binary", "'beta' must be"), ("fbeta()", "binary", "'beta' must be"),
    ("fbeta(nan)", "binary", "'beta' must be"), ("fbeta(1e999)", "binary", "'beta' must be"),
    ("precision@2.5", "binary", "'k' must be a whole number in [1, inf), such as 'precision@10'"),
    ("precision@0", "binary", "'k' must be"), ("precision@1e30", "binary", "'k' must be"),
    ("accuracy@3", "binary", "takes no number: write 'accuracy'"), ("pinball(1.5)", "regression", "'alpha' must be"),
    ("pinball(0.5", "binary", "not for binary"), ("fbta(2)", "binary", "did you mean 'fbeta"),
    ("x" * 500 + "(2)", "binary", "there is no metric"), ("@", "binary", "there is no metric"), ("", "binary", "there is no")])
def test_bad_numbers_are_refused(name, task, said):
    y = np.array([0.0, 1, 1])
    with pytest.raises(RuntimeError) as caught:
        bridge.metric(name, task, y, y, y, np.column_stack([1 - y, y]))
    assert said in str(caught.value)


def test_every_metric_is_compared():
    for metric in models.declarations()["metrics"]:
        for task, compared in (("binary", BINARY), ("multiclass", MULTICLASS), ("regression", REGRESSION)):
            written = metric.get("argument", {}).get("form", metric["name"])
            base = written.partition("@")[0].partition("(")[0] if "argument" in metric else written
            assert task not in metric["tasks"] or any(
                name == base or name.startswith((base + "@", base + "(")) for name in compared), metric["name"]
