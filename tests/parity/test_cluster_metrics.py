"""Figures of clusterings against scikit-learn's, and where `hone` shows them."""
import json
import math
import subprocess

import numpy as np
import pytest
import sklearn.metrics as sk
from bridge import BUILD, metric
from shared_data import classes, numbers, scaled
from sklearn.cluster import KMeans

SHAPE = {"silhouette": sk.silhouette_score, "davies_bouldin": sk.davies_bouldin_score,
         "calinski_harabasz": sk.calinski_harabasz_score}
TRUTH = {"adjusted_rand": sk.adjusted_rand_score, "normalized_mutual_info": sk.normalized_mutual_info_score,
         "homogeneity": sk.homogeneity_score, "completeness": sk.completeness_score,
         "v_measure": sk.v_measure_score}


def cases():
    for k, name in enumerate(["iris", "wine", "breast_cancer", "digits"]):
        x, y = classes(name)
        yield scaled(x), y, KMeans(k + 2, n_init=1, random_state=0).fit_predict(scaled(x))
    for name in ["diabetes", "boston"]:
        x, y = numbers(name)
        yield x, (y > np.median(y)).astype(int), KMeans(7, n_init=1, random_state=0).fit_predict(x)
    rng = np.random.default_rng(0)
    yield rng.normal(size=(300, 3)) + 10, rng.integers(0, 4, 300), rng.integers(0, 9, 300) * 3


@pytest.mark.parametrize("name", SHAPE)
def test_shape(name):
    for x, _, label in cases():
        wanted = SHAPE[name](x, label)
        np.testing.assert_allclose(metric(name, "cluster", None, label, x=x), wanted, rtol=1e-7)
        # Noise doesn't count, and weights count as repeated rows.
        noisy = np.where(np.arange(len(x)) % 5 == 0, -1, label)
        kept = noisy >= 0
        np.testing.assert_allclose(metric(name, "cluster", None, noisy, x=x), SHAPE[name](x[kept], label[kept]),
                                   rtol=1e-7)
        weight = np.arange(len(x)) % 3
        rows = np.repeat(np.arange(len(x)), weight)
        np.testing.assert_allclose(metric(name, "cluster", None, label, x=x, weight=weight),
                                   SHAPE[name](x[rows], label[rows]), rtol=1e-7)
    for label in (np.zeros(len(x)), np.arange(len(x)), np.full(len(x), -1)):
        assert math.isnan(metric(name, "cluster", None, label, x=x))


@pytest.mark.parametrize("name", TRUTH)
def test_truth(name):
    for _, y, label in cases():
        np.testing.assert_allclose(metric(name, "cluster", y, label), TRUTH[name](y, label), rtol=1e-10, atol=1e-12)
        rows = np.repeat(np.arange(len(y)), np.arange(len(y)) % 3)
        np.testing.assert_allclose(metric(name, "cluster", y, label, weight=np.arange(len(y)) % 3),
                                   TRUTH[name](y[rows], label[rows]), rtol=1e-10, atol=1e-12)
    for y, label in [([0, 0, 1, 1], [1, 1, 0, 0]), ([0, 1, 2, 3], [0, 0, 0, 0]), ([0, 0], [0, 1]), ([0, 0], [3, 3]),
                     ([0, 1, 0, 1], [-1, -1, 2, 2])]:
        np.testing.assert_allclose(metric(name, "cluster", y, label), TRUTH[name](y, label), atol=1e-12)
    assert math.isnan(metric(name, "cluster", None, label))


def test_train_and_evaluate(tmp_path):
    """`hone train` shows the figures of the rows it made clusters of, `hone evaluate` those of others."""
    rng = np.random.default_rng(1)
    kind = rng.integers(0, 3, 200)
    x = np.eye(3)[kind] * 9 + rng.normal(size=(200, 3))
    table = tmp_path / "t.csv"
    table.write_text("a,b,c,kind\n" + "\n".join(f"{a},{b},{c},k{k}" for (a, b, c), k in zip(x, kind)))
    for model, params in [("kmeans", "n_clusters=3"), ("dbscan", "eps=1.5"), ("hdbscan", "min_cluster_size=20")]:
        run = lambda *words: json.loads(subprocess.run([BUILD / "hone", *words, "--json"], check=True,
                                                       capture_output=True, cwd=tmp_path).stdout)
        done = run("train", "t.csv", "--task", "cluster", "--model", model, "--set", params, "--ignore", "kind",
                   "-o", "m.hone")
        assert done["primary"] == "silhouette" and 0.6 < done["metrics"]["train"]["silhouette"] < 1
        found = run("evaluate", "m.hone", "t.csv", "--truth", "kind")["metrics"]["test"]
        assert found["adjusted_rand"] > 0.7 and found["homogeneity"] > 0.7 and found["davies_bouldin"] > 0
        found = run("evaluate", "m.hone", "t.csv", "--metrics", "silhouette")["metrics"]["test"]
        assert list(found) == ["silhouette"]
