"""The isolation forest against scikit-learn's: the same scores but for the trees' own chance."""
import numpy as np
import pytest
from shared_data import mixed
from models import Model
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from test_tree import within_noise


def complete(name):
    x, y = mixed(name)
    full = np.isfinite(x).all(1)
    return x[full], y[full]


def marked(name):
    """Rows of the rarest class as anomalies among those of the most frequent one."""
    x, y = complete(name)
    levels, counts = np.unique(y, return_counts=True)
    often, rare = levels[counts.argmax()], levels[counts.argmin()]
    keep = np.flatnonzero(y == often)
    few = np.flatnonzero(y == rare)[:max(10, len(keep) // 20)]
    rows = np.concatenate([keep, few])
    return x[rows][:6000], (y[rows] == rare)[:6000].astype(int)


@pytest.mark.parametrize("name", ["creditcard", "breast_cancer", "telco_churn", "digits"])
@pytest.mark.parametrize("params", [{}, {"max_samples": 64, "max_features": 0.5}, {"bootstrap": True}], ids=str)
def test_finds_as_many(name, params):
    x, y = complete(name) if name == "creditcard" else marked(name)
    mine = [1 - roc_auc_score(y, -Model("isolation_forest", seed=s, **params).fit(x).predict(x)) for s in range(6)]
    theirs = [1 - roc_auc_score(y, -IsolationForest(random_state=s, **params).fit(x).decision_function(x))
              for s in range(6)]
    within_noise(mine, theirs, slack=0.02)
    within_noise(theirs, mine, slack=0.02)


@pytest.mark.parametrize("name", ["creditcard", "breast_cancer", "concrete", "california_housing"])
def test_scores_are_the_same(name):
    """With many trees chance averages out, and the scores themselves agree."""
    x, _ = complete(name)
    x = x[:1500]
    mine = Model("isolation_forest", n_estimators=1500, threads=2).fit(x)
    theirs = IsolationForest(n_estimators=1500, random_state=1).fit(x).decision_function(x)
    np.testing.assert_allclose(mine.predict(x), theirs, atol=0.02)
    assert mine.arrays["offset"] == -0.5


def test_contamination():
    x, _ = complete("creditcard")
    model = Model("isolation_forest", contamination=0.05, threads=2).fit(x)
    assert abs((model.predict(x) < 0).mean() - 0.05) < 0.002


def test_odd_data():
    for x in (np.zeros((5, 2)), np.array([[1.0, 2]]), np.repeat([[1.0, 2], [3, 4]], 50, axis=0)):
        assert np.isfinite(Model("isolation_forest", n_estimators=5).fit(x).predict(x)).all()
    x = np.random.default_rng(1).normal(size=(300, 3))
    x[::3, 1] = np.nan
    x[7] = 9
    scores = Model("isolation_forest").fit(x).predict(x)
    assert scores.argmin() == 7 and scores[7] < 0
