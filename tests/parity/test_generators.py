"""Generators: the formula without noise, moments, separability, scikit-learn's defaults, the same bits."""

import inspect
import json
import os
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

datasets = pytest.importorskip("sklearn.datasets")
from sklearn.linear_model import LinearRegression, LogisticRegression  # noqa: E402
from sklearn.neighbors import KNeighborsClassifier  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("HONE_BUILD_DIR", ROOT / "build"))
HONE = os.environ.get("HONE", str(BUILD / "hone"))
sys.path.insert(0, str(BUILD / "python"))
hone = pytest.importorskip("hone")
OURS = {"make_linear", "make_xor"}


@lru_cache(maxsize=None)
def catalog():
    done = subprocess.run([HONE, "data", "gen", "--json"], capture_output=True, text=True, check=True)
    return {g["class_name"]: g for g in json.loads(done.stdout)["generators"]}


NAMES = ["make_blobs", "make_classification", "make_multilabel_classification", "make_gaussian_quantiles",
         "make_hastie_10_2", "make_moons", "make_circles", "make_xor", "make_linear", "make_regression",
         "make_sparse_uncorrelated", "make_friedman1", "make_friedman2", "make_friedman3", "make_s_curve",
         "make_swiss_roll", "make_low_rank_matrix"]


def test_all_are_tested():
    assert set(catalog()) == set(NAMES)


def close(a, b, tolerance=1e-12):
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * max(1, np.abs(b).max()))


@pytest.mark.parametrize("name", NAMES)
def test_the_same_bits(name):
    make = getattr(hone.data, name)
    once = make(random_state=3, n_jobs=1)
    for jobs in (2, 5):
        again = make(random_state=3, n_jobs=jobs)
        for a, b in zip(np.atleast_1d(once) if isinstance(once, np.ndarray) else once,
                        np.atleast_1d(again) if isinstance(again, np.ndarray) else again):
            assert a.tobytes() == b.tobytes()
    other = make(random_state=4)
    first = lambda made: made if isinstance(made, np.ndarray) else made[0]
    assert name in ("make_moons", "make_circles") or not np.array_equal(first(once), first(other))
    assert np.isfinite(first(once)).all()


@pytest.mark.parametrize("name", [n for n in NAMES if n not in OURS])
def test_parameters_and_shapes_are_scikit_learns(name):
    theirs = inspect.signature(getattr(datasets, name)).parameters
    mine = catalog()[name]["parameters"].get("properties", {})
    left_out = {"return_centers", "coef", "sparse", "return_indicator", "return_distributions", "return_X_y",
                "random_state"}
    assert set(mine) == set(theirs) - left_out
    for key, schema in mine.items():
        default = theirs[key].default
        given = schema.get("default")
        given = given[0] if key == "cluster_std" else tuple(given) if isinstance(given, list) else given
        assert given == default or default is None, (key, given, default)
    made, truth = getattr(hone.data, name)(random_state=0), getattr(datasets, name)(random_state=0)
    if isinstance(truth, np.ndarray):
        made, truth = [made], [truth]
    for a, b in zip(made, truth):
        assert a.shape == b.shape
        assert np.issubdtype(a.dtype, np.integer) == np.issubdtype(b.dtype, np.integer) or name == "make_hastie_10_2"


def test_formulas_without_noise():
    x, y = hone.data.make_friedman1(2000, 7, random_state=1)
    close(y, 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5)**2 + 10 * x[:, 3] + 5 * x[:, 4])
    assert 0 <= x.min() and x.max() < 1
    for make, of in ((hone.data.make_friedman2, lambda a, b: np.sqrt(a**2 + b**2)),
                     (hone.data.make_friedman3, lambda a, b: np.arctan(b / a))):
        x, y = make(2000, random_state=2)
        close(y, of(x[:, 0], x[:, 1] * x[:, 2] - 1 / (x[:, 1] * x[:, 3])))
        assert (x.min(0) >= [0, 40 * np.pi, 0, 1]).all() and (x.max(0) <= [100, 560 * np.pi, 1, 11]).all()
    x, y = hone.data.make_linear(500, slope=3, intercept=4, noise=0, low=-2, high=2, random_state=5)
    close(y, 3 * x[:, 0] + 4)
    x, t = hone.data.make_swiss_roll(1000, random_state=6)
    close(x[:, [0, 2]], np.c_[t * np.cos(t), t * np.sin(t)])
    assert t.min() >= 1.5 * np.pi and t.max() <= 4.5 * np.pi and 0 <= x[:, 1].min() and x[:, 1].max() <= 21
    x, t = hone.data.make_s_curve(1000, random_state=6)
    close(x[:, [0, 2]], np.c_[np.sin(t), np.sign(t) * (np.cos(t) - 1)])
    x, y = hone.data.make_regression(300, 12, n_informative=5, n_targets=2, bias=3, random_state=7)
    fit = LinearRegression().fit(x, y)
    close(fit.predict(x), y, 1e-10)
    assert (np.abs(fit.coef_) > 1e-8).sum(1).tolist() == [5, 5] and fit.coef_.max() <= 100
    close(fit.intercept_, [3, 3], 1e-9)


def test_without_chance_they_equal_scikit_learns():
    for mine, theirs in ((hone.data.make_moons, datasets.make_moons), (hone.data.make_circles, datasets.make_circles)):
        for n in (100, 101, 2):
            a, b = mine(n, shuffle=False), theirs(n, shuffle=False)
            close(a[0], b[0])
            assert np.array_equal(a[1], b[1])
    same = dict(shuffle=False, factor=0.3)
    close(hone.data.make_circles(50, **same)[0], datasets.make_circles(50, **same)[0])


def test_blobs():
    x, y = hone.data.make_blobs(30_001, 3, centers=4, cluster_std=[1, 2, 0.5, 3], center_box=(-50, 50), random_state=1)
    assert sorted(np.bincount(y)) == [7500, 7500, 7500, 7501]
    for k, sd in enumerate([1, 2, 0.5, 3]):
        np.testing.assert_allclose(x[y == k].std(0), sd, rtol=0.03)
        assert (np.abs(x[y == k].mean(0)) < 51).all()
    assert KNeighborsClassifier().fit(x[:3000], y[:3000]).score(x[3000:6000], y[3000:6000]) > 0.99


def test_classification():
    x, y = hone.data.make_classification(20_000, 8, n_informative=3, n_redundant=2, n_repeated=1, n_classes=3,
                                         weights=[0.5, 0.3], flip_y=0, class_sep=3, shuffle=False, random_state=2)
    np.testing.assert_allclose(np.bincount(y) / len(y), [0.5, 0.3, 0.2], atol=0.001)
    assert np.linalg.matrix_rank(x[:, :6] - 0) == 3
    assert KNeighborsClassifier().fit(x[::2, :3], y[::2]).score(x[1::2, :3], y[1::2]) > 0.9
    np.testing.assert_allclose(x[:, 6:].mean(0), 0, atol=0.03)
    np.testing.assert_allclose(x[:, 6:].std(0), 1, atol=0.03)
    same = dict(n_informative=3, n_classes=2, random_state=2, shuffle=False)
    flipped = hone.data.make_classification(20_000, 8, flip_y=0.4, **same)[1]
    clean = hone.data.make_classification(20_000, 8, flip_y=0, **same)[1]
    assert abs((flipped != clean).mean() - 0.2) < 0.01
    plain = dict(n_samples=100, random_state=1, shuffle=False)
    moved = hone.data.make_classification(**plain, shift=2, scale=10)[0]
    close(moved, (hone.data.make_classification(**plain)[0] + 2) * 10)


def test_shells_quadrants_and_spheres():
    x, y = hone.data.make_gaussian_quantiles(9000, 4, mean=[1, 2, 3, 4], cov=4, n_classes=3, random_state=1)
    away = ((x - [1, 2, 3, 4])**2).sum(1)
    assert np.bincount(y).tolist() == [3000] * 3
    assert all(away[y == k].max() <= away[y == k + 1].min() for k in (0, 1))
    np.testing.assert_allclose(x.var(0), 4, rtol=0.06)
    x, y = hone.data.make_hastie_10_2(5000, random_state=1)
    assert np.array_equal(y, np.where((x**2).sum(1) > 9.34, 1, -1)) and abs(y.mean()) < 0.05
    x, y = hone.data.make_xor(2000, random_state=1)
    assert np.array_equal(y, (x[:, 0] > 0) ^ (x[:, 1] > 0)) and np.abs(x).max() <= 1
    assert LogisticRegression().fit(x, y).score(x, y) < 0.6


def test_moments():
    x, y = hone.data.make_sparse_uncorrelated(50_000, random_state=1)
    fit = LinearRegression().fit(x, y)
    np.testing.assert_allclose(fit.coef_, [1, 2, -2, -1.5] + [0] * 6, atol=0.03)
    np.testing.assert_allclose((y - fit.predict(x)).std(), 1, atol=0.02)
    np.testing.assert_allclose(np.cov(x.T), np.eye(10), atol=0.03)
    x, y = hone.data.make_linear(20_000, random_state=1)
    np.testing.assert_allclose((y - 2.5 * x[:, 0] - 1.5).std(), 2, rtol=0.03)
    x, y = hone.data.make_friedman1(20_000, noise=3, random_state=1)
    clean = hone.data.make_friedman1(20_000, random_state=1)[1]
    np.testing.assert_allclose((y - clean).std(), 3, rtol=0.03)
    x, _ = hone.data.make_moons(20_000, noise=0.2, shuffle=False, random_state=1)
    np.testing.assert_allclose((x - hone.data.make_moons(20_000, shuffle=False)[0]).std(0), 0.2, rtol=0.03)


def test_low_rank():
    x = hone.data.make_low_rank_matrix(300, 40, effective_rank=5, tail_strength=0.1, random_state=1)
    i = np.arange(40) / 5
    truth = 0.9 * np.exp(-i**2) + 0.1 * np.exp(-0.1 * i)
    np.testing.assert_allclose(np.linalg.svd(x, compute_uv=False), np.sort(truth)[::-1], atol=1e-12)


def test_multilabel():
    x, y = hone.data.make_multilabel_classification(4000, 30, n_classes=6, n_labels=2, length=40, random_state=1)
    theirs = datasets.make_multilabel_classification(4000, 30, n_classes=6, n_labels=2, length=40, random_state=1)
    assert abs(y.sum(1).mean() - theirs[1].sum(1).mean()) < 0.15 and abs(x.sum(1).mean() - 40) < 0.5
    assert (hone.data.make_multilabel_classification(500, allow_unlabeled=False, random_state=1)[1].sum(1) > 0).all()
    # Topics tell the words: documents of one topic alone have that topic's words.
    words = np.array([x[(y[:, k] == 1) & (y.sum(1) == 1)].sum(0) for k in range(6)], float)
    words /= words.sum(1, keepdims=True)
    assert np.corrcoef(words)[~np.eye(6, dtype=bool)].max() < 0.8


@pytest.mark.parametrize("name, bad", [("make_blobs", dict(n_samples=0)), ("make_blobs", dict(cluster_std=[1, 2])),
                                       ("make_classification", dict(n_informative=1, n_classes=4)),
                                       ("make_classification", dict(n_features=3)),
                                       ("make_circles", dict(factor=1)),
                                       ("make_gaussian_quantiles", dict(mean=[1])),
                                       ("make_friedman1", dict(n_features=4)),
                                       ("make_multilabel_classification", dict(n_labels=9))])
def test_what_is_refused(name, bad):
    with pytest.raises(ValueError):
        getattr(hone.data, name)(**bad)
