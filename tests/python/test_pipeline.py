"""hone.Pipeline: parameters by step, searches, and what it makes beside scikit-learn's pipeline."""
import copy
import pickle

import numpy as np
import pandas as pd
import pytest

import hone

rng = np.random.default_rng(9)
X = rng.normal(size=(240, 5))
Y = np.where(X[:, 0] + X[:, 1] ** 2 + 0.3 * rng.normal(size=240) > 0.6, "up", "down")
FRAME = pd.DataFrame(X, columns=list("abcde")).assign(kind=rng.choice(["p", "q", "r"], 240))


def made():
    return hone.Pipeline([("scale", hone.StandardScaler()), ("model", hone.LogisticRegression())], random_state=3)


def test_parameters():
    p = made()
    names = p.get_params()
    assert names["model"] is p.named_steps["model"] and names["model__C"] == p["model"].C and "scale__with_mean" in names
    assert p.set_params(model__C=0.5, scale__with_mean=False, random_state=1) is p
    assert p["model"].C == 0.5 and p["scale"].with_mean is False and p.random_state == 1
    p.set_params(model=hone.DecisionTreeClassifier(), model__max_depth=2)
    assert p["model"].max_depth == 2 and len(p) == 2 and p[-1] is p["model"]
    for wrong in ({"modle__C": 1}, {"model__CC": 1}, {"nothing": 1}):
        with pytest.raises((hone.Error, ValueError), match="Invalid parameter"):
            p.set_params(**wrong)
    for steps in ([("a", hone.Ridge()), ("a", hone.Ridge())], [("a__b", hone.Ridge())], [("a", object())], ["ridge"]):
        with pytest.raises(hone.Error):
            hone.Pipeline(steps).fit(X, Y)
    with pytest.raises(hone.Error, match="last"):
        hone.Pipeline([("a", hone.StandardScaler())]).fit(X, Y)
    with pytest.raises(hone.NotFittedError):
        made().predict(X)


def test_equals_the_parts():
    p = made().fit(X, Y)
    scaler = hone.StandardScaler().fit(X)
    alone = hone.LogisticRegression(random_state=3).fit(scaler.transform(X), Y)
    np.testing.assert_allclose(p.predict_proba(X), alone.predict_proba(scaler.transform(X)), atol=1e-9)
    assert list(p.classes_) == ["down", "up"] and (p.predict(X) == alone.predict(scaler.transform(X))).all()
    assert p.score(X, Y) == np.mean(p.predict(X) == Y) > 0.7


def test_searches():
    search = pytest.importorskip("sklearn.model_selection")
    base = pytest.importorskip("sklearn.base")
    again = base.clone(made())
    assert again.get_params()["model__C"] == made()["model"].C
    found = search.GridSearchCV(made(), {"model__C": [0.01, 1.0], "scale__with_sd": [True, False],
                                         "model": [hone.LogisticRegression()]}, cv=3).fit(X, Y)
    assert set(found.best_params_) == {"model", "model__C", "scale__with_sd"} and found.best_score_ > 0.6
    tree = search.GridSearchCV(made().set_params(model=hone.DecisionTreeClassifier()), {"model__max_depth": [1, 4]}, cv=3)
    assert tree.fit(X, Y).best_params_ == {"model__max_depth": 4}


@pytest.mark.parametrize("labels", [np.array([3, 7]), np.array([False, True]), np.array(["a b", "é"]), np.array([1.0, 4.0])], ids=str)
def test_labels(labels):
    y = labels[(Y == "up").astype(int)]
    p = made().fit(X, y)
    assert p.predict(X).dtype == y.dtype and (p.predict(X) == y).mean() > 0.7
    assert (p.classes_[p.predict_proba(X).argmax(1)] == p.predict(X)).all()


def test_columns_steps_of_ones_own_and_copies(tmp_path):
    p = hone.Pipeline([("own", hone.step("doubled", lambda frame, state: 2 * frame), ["a", "b"]),
                       ("hot", hone.OneHotEncoder(), "kind"), ("model", hone.Ridge(alpha=0.1))])
    y = X @ [1, 2, 3, 0, 0] + (FRAME.kind == "q")
    p.fit(FRAME, y)
    assert p.score(FRAME, y) > 0.99 and not hasattr(p, "classes_")
    for other in (copy.deepcopy(p), pickle.loads(pickle.dumps(p.model_))):
        rows = other.predict(FRAME)
        np.testing.assert_array_equal(rows["prediction"] if isinstance(other, hone.Model) else rows, p.predict(FRAME))
    p.save(tmp_path / "p.hone")
    np.testing.assert_array_equal(hone.load(tmp_path / "p.hone").predict(FRAME)["prediction"], p.predict(FRAME))


def test_train_takes_steps_and_estimators():
    model = hone.train(FRAME.assign(y=Y), target="y", model=hone.LogisticRegression(C=0.5), seed=1, steps=[
        ("scale", hone.StandardScaler(with_mean=False), "numeric"), "one_hot"])
    said = model.describe()["recipe"]
    assert said["steps"][0]["standard_scale"]["name"] == "scale" and said["model"]["logistic"]["C"] == 0.5
