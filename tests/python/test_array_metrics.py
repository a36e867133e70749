"""hone.metrics beside sklearn.metrics: every function of the same name gives the same number, on random answers."""
import inspect

import hone
import numpy as np
import pytest

sklearn_metrics = pytest.importorskip("sklearn.metrics")
ROWS = 211
WORDS = {2: np.array(["no", "yes"]), 3: np.array(["apple", "pear", "quince"])}
OWN = {  # what scikit-learn has none of
    "gini", "ks", "gain", "lift", "precision_at", "recall_at", "specificity", "negative_predictive_value", "informedness",
    "g_mean", "calibration_error", "symmetric_mean_absolute_percentage_error", "wape", "d2_poisson", "d2_gamma",
    "concordance_index", "pearson", "spearman", "lin_concordance", "ndcg", "map", "mrr"}


def functions(first):
    """Names of those whose first argument is this."""
    return sorted(name for name in hone.metrics.__all__
                  if next(iter(inspect.signature(getattr(hone.metrics, name)).parameters)) == first)


def answers(seed, classes):
    """(truth, answers, probabilities, weights) of this many classes, as numbers from 0."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, ROWS)
    chance = rng.dirichlet(np.ones(classes), ROWS)
    chance[np.arange(ROWS), truth] += rng.random(ROWS)
    chance = np.round(chance / chance.sum(1, keepdims=True), 3 if classes == 2 else 9)  # with ties
    chance /= chance.sum(1, keepdims=True)
    return truth, chance.argmax(1), chance, rng.integers(0, 4, ROWS).astype(float)


def same(name, ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12, err_msg=name)


def of_classes(name, second, classes, weighted, words, **given):
    """One function, both ways."""
    truth, answer, chance, weight = answers(classes, classes)
    names = WORDS[classes] if words else np.arange(classes)
    weight = {"sample_weight": weight} if weighted else {}
    if second in ("y_score", "y_proba"):
        answer = chance[:, 1] if classes == 2 else chance
    else:
        answer = names[answer]
    theirs = getattr(sklearn_metrics, name)
    asked = dict(given)
    if words and classes == 2 and "pos_label" in inspect.signature(theirs).parameters:
        asked["pos_label"] = "yes"
    same(name, getattr(hone.metrics, name)(names[truth], answer, **weight, **given), theirs(names[truth], answer, **weight, **asked))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("words", [False, True])
@pytest.mark.parametrize("classes", [2, 3])
def test_classes(classes, words, weighted):
    tested = 0
    for name in functions("y_true"):
        signature = inspect.signature(getattr(hone.metrics, name)).parameters
        if name in OWN or "labels" not in signature:
            continue
        second = list(signature)[1]
        asked = [{}]
        if "average" in signature and second == "y_pred":
            asked = [{"average": average} for average in ("macro", "weighted", None)]
            asked += [{"average": "binary"}] if classes == 2 else []
            asked += [{"average": "micro"}] if name != "jaccard_score" else []
        if name == "roc_auc_score" and classes == 3:
            asked = [{"multi_class": "ovr"}, {"multi_class": "ovr", "average": "weighted"}, {"multi_class": "ovo"}]
            asked = asked[:2] if weighted else asked  # scikit-learn's ovo takes no weights
        if name == "fbeta_score":
            asked = [{**one, "beta": 2.0} for one in asked]
        if name == "top_k_accuracy_score":
            if classes == 2:
                continue
            asked = [{}, {"k": 1}]
        if name == "average_precision_score" and classes == 3:
            continue  # scikit-learn takes marks of each class
        for one in asked:
            of_classes(name, second, classes, weighted, words, **one)
            tested += 1
    assert tested > 15


@pytest.mark.parametrize("weighted", [False, True])
def test_numbers(weighted):
    rng = np.random.default_rng(5)
    y = rng.gamma(2.0, 3.0, ROWS)
    answer = y * rng.uniform(0.5, 1.6, ROWS)
    weight = {"sample_weight": rng.integers(0, 4, ROWS).astype(float)} if weighted else {}
    tested = 0
    for name in functions("y_true"):
        signature = inspect.signature(getattr(hone.metrics, name)).parameters
        if name in OWN or "labels" in signature or (weighted and name == "max_error"):
            continue
        for given in {"power": [{"power": 1.5}, {"power": 2}], "alpha": [{"alpha": 0.2}]}.get(
                next((word for word in ("power", "alpha") if word in signature), None), [{}]):
            same(name, getattr(hone.metrics, name)(y, answer, **weight, **given),
                 getattr(sklearn_metrics, name)(y, answer, **weight, **given))
            tested += 1
    assert tested > 15
    both, told = np.column_stack([y, answer]), np.column_stack([answer, y])
    same("r2", hone.metrics.r2_score(both, told), sklearn_metrics.r2_score(both, told))


def test_clusters():
    rng = np.random.default_rng(6)
    x = rng.normal(size=(ROWS, 3)) + 3 * rng.integers(0, 3, (ROWS, 1))
    labels = WORDS[3][np.clip(x[:, 0] // 3, 0, 2).astype(int)]
    for name in functions("X"):
        same(name, getattr(hone.metrics, name)(x, labels), getattr(sklearn_metrics, name)(x, labels))
    for name in functions("labels_true"):
        known = rng.integers(0, 4, ROWS)
        same(name, getattr(hone.metrics, name)(known, labels), getattr(sklearn_metrics, name)(known, labels))


def test_ranks():
    rng = np.random.default_rng(7)
    grade, score = rng.integers(0, 4, (9, 12)), rng.normal(size=(9, 12))
    same("ndcg", hone.metrics.ndcg(grade, score, k=5), sklearn_metrics.ndcg_score(2.0 ** grade - 1, score, k=5))
    flat = hone.metrics.ndcg(grade.reshape(-1), score.reshape(-1), k=5, group=np.repeat(list("abcdefghi"), 12))
    assert flat == hone.metrics.ndcg(grade, score, k=5)


def test_every_function_is_scikit_learns_or_listed_as_own():
    assert {name for name in hone.metrics.__all__ if not hasattr(sklearn_metrics, name)} == OWN
    assert len(hone.metrics()) > 70 and hone.metrics()[0]["name"] == "roc_auc"
    for name in hone.metrics.__all__:
        assert "Parameters" in getattr(hone.metrics, name).__doc__


def test_labels_and_positives():
    metrics = hone.metrics
    assert metrics.f1_score(["a", "b"], ["a", "b"], pos_label="a") == 1.0
    truth, chance = ["x", "y", "x", "z"], np.full((4, 4), 0.25)
    same("log_loss", metrics.log_loss(truth, chance, labels=list("wxyz")), np.log(4))
    assert metrics.precision_score([1, 1, 1], [1, 0, 1]) == 1.0 and metrics.recall_score([1, 1], [1, 1]) == 1.0
    assert metrics.f1_score([0, 0], [0, 0]) == 0.0 and np.isnan(metrics.roc_auc_score([1, 1], [0.2, 0.3]))
    score, truth = [0.1, 0.9, 0.4, 0.3], ["n", "y", "y", "n"]
    same("roc_auc", metrics.roc_auc_score(truth, -np.array(score), pos_label="n"), 1.0)


@pytest.mark.parametrize("call, said", [
    (lambda m: m.accuracy_score([0, 1], [0, 1, 1]), "2"),
    (lambda m: m.f1_score([0, 1, 2], [0, 1, 2]), "average"),
    (lambda m: m.f1_score([0, 1], [0, 1], average="wide"), "average"),
    (lambda m: m.log_loss([0, 1, 2], [0.1, 0.2, 0.3]), "column"),
    (lambda m: m.log_loss([0, 1, 2], np.full((3, 4), 0.25)), "labels"),
    (lambda m: m.accuracy_score(["a", "b"], ["a", "c"], labels=["a", "b"]), "'c'"),
    (lambda m: m.f1_score([0, 1], [0, 1], pos_label=7), "pos_label"),
    (lambda m: m.mean_squared_error([1.0, np.nan], [1.0, 2.0]), "NaN|finite|missing|nan"),
    (lambda m: m.mean_squared_error([], []), "row|sample"),
    (lambda m: m.accuracy_score([0, 1], [0, 1], sample_weight=[1.0, -1.0]), "weight"),
    (lambda m: m.fbeta_score([0, 1], [0, 1], beta=-1), "beta"),
    (lambda m: m.silhouette_score(np.zeros((3, 2)), [0, 1]), "3|2"),
])
def test_what_is_wrong_is_said(call, said):
    with pytest.raises((ValueError, hone.Error), match=said):
        call(hone.metrics)
