"""Learning from rows without a class, against scikit-learn's methods: the same graph gives the same shares."""
import numpy as np
import pytest
import shared_data
from models import Model
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.semi_supervised import LabelPropagation, LabelSpreading, SelfTrainingClassifier

TABLES = ["iris", "wine", "breast_cancer", "penguins"]


def half_labelled(name, share=0.3, seed=0):
    x, y = shared_data.classes(name)
    rng = np.random.default_rng(seed)
    known = rng.random(len(y)) < share
    known[np.unique(y, return_index=True)[1]] = True
    # a little noise: no two rows are equal, so that nearest neighbours are unique
    x = shared_data.scaled(x) + 1e-3 * rng.normal(size=x.shape)
    return x, np.where(known, y, -1).astype(float), y, x + 0.3 * rng.normal(size=x.shape)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("kernel,extra", [("rbf", {"gamma": 0.5}), ("rbf", {"gamma": 5}), ("knn", {"n_neighbors": 9})])
@pytest.mark.parametrize("kind,theirs", [("label_propagation", LabelPropagation), ("label_spreading", LabelSpreading)])
@pytest.mark.filterwarnings("ignore")
def test_labels(kind, theirs, kernel, extra, name):
    x, y, truth, new = half_labelled(name)
    for limits in ({}, {"max_iter": 3}):
        mine = Model(kind, kernel=kernel, **extra, **limits).fit(x, y)
        their = theirs(kernel=kernel, **extra, **limits).fit(x, y)
        np.testing.assert_allclose(mine.arrays["label_distributions"], their.label_distributions_, atol=1e-9)
        assert mine.arrays["n_iter"] == their.n_iter_
        assert np.mean(mine.arrays["transduction"] == their.transduction_) > 0.99  # shares may tie
        expected = their.predict_proba(new)
        seen = np.isfinite(expected).all(1)  # theirs is 0/0 far from all rows
        np.testing.assert_allclose(mine.predict(new)[seen], expected[seen], atol=1e-9)
        assert np.isfinite(mine.predict(new)).all()
    assert np.mean(mine.arrays["transduction"] == truth) > 0.75


def test_far_away():
    x, y, _, _ = half_labelled("iris")
    for kind in ("label_propagation", "label_spreading"):
        p = Model(kind).fit(x, y).predict(np.vstack([x[:3] + 1e3, x[:3] * 1e200]))
        assert np.isfinite(p).all() and np.allclose(p.sum(1), 1)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("criterion", [{"threshold": 0.9}, {"threshold": 0.75, "max_iter": None},
                                       {"criterion": "k_best", "k_best": 7, "max_iter": 5}])
def test_self_training(name, criterion):
    x, y, truth, new = half_labelled(name)
    logistic = {"logistic": {"tolerance": 1e-11}}, LogisticRegression(solver="newton-cholesky", tol=1e-12)
    for mine, theirs in (logistic, ("gaussian_bayes", GaussianNB())):
        if "k_best" in criterion and mine == "gaussian_bayes":
            continue  # it is sure to the last bit of more rows than that
        mine = Model("self_training", estimator=mine, **criterion).fit(x, y)
        theirs = SelfTrainingClassifier(theirs, **criterion).fit(x, y)
        assert mine.arrays["n_iter"] == theirs.n_iter_
        np.testing.assert_array_equal(mine.arrays["labeled_iter"], theirs.labeled_iter_)
        np.testing.assert_array_equal(mine.arrays["transduction"], theirs.transduction_)
        np.testing.assert_allclose(mine.predict(new), theirs.predict_proba(new), atol=1e-6)


def test_unlabelled_rows_help():
    """Few labels on two moons: a classifier alone can't bend, the graph does."""
    rng = np.random.default_rng(0)
    t = rng.uniform(0, np.pi, 400)
    y = np.arange(400) % 2
    x = np.column_stack([np.cos(t) + y, np.where(y, 0.5 - np.sin(t), np.sin(t))]) + 0.05 * rng.normal(size=(400, 2))
    given = np.where(np.arange(400) < 8, y, -1).astype(float)
    found = Model("label_spreading", kernel="knn", alpha=0.9, max_iter=1000).fit(x, given).arrays["transduction"]
    alone = Model("logistic").fit(x[:8], given[:8]).predict(x).argmax(1)
    assert np.mean(found == y) > 0.98 > np.mean(alone == y)


def test_refusals():
    x, y, _, _ = half_labelled("iris")
    with pytest.raises(RuntimeError, match="logistic: the target .which must be the index of a class. in row"):
        Model("logistic").fit(x, y)
    with pytest.raises(RuntimeError, match="no row has a class"):
        model = Model("label_spreading")
        model.classes = 2
        model.fit(x, np.full(150, -1.0), task="binary")
    with pytest.raises(RuntimeError, match="'n_neighbors' is 151, and there are 150 rows"):
        Model("label_spreading", kernel="knn", n_neighbors=151).fit(x, y)
    with pytest.raises(RuntimeError, match="gives no probabilities"):
        Model("self_training", estimator="svm").fit(x, y)
    with pytest.raises(RuntimeError, match="must be a classifier"):
        Model("self_training", estimator="ridge").fit(x, y)
    hole = x.copy()
    hole[3, 1] = np.nan
    with pytest.raises(RuntimeError, match="self_training: logistic: column 'x1' has missing"):
        Model("self_training", estimator="logistic").fit(hole, y)
