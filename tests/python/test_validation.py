"""Rows to decide by when to stop: given to fit, or set aside by a recipe's split."""
import hone
import numpy as np
import pytest


def table(seed, classes=0, n=900):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 5))
    signal = x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2]) + rng.normal(size=n)
    y = np.array(["no", "yes", "maybe"])[np.digitize(signal, [0, 1])[:] if classes == 3 else (signal > 0) * 1] if classes \
        else signal
    return x, y


@pytest.mark.parametrize("classes", [0, 2, 3])
def test_a_recipe_stops_by_its_rows(classes):
    """The rows of split.validation as the class gets them by X_val: the same model, to the bit."""
    pandas = pytest.importorskip("pandas")
    x, y = table(1, classes)
    part = np.repeat(["train", "validation", "test"], [500, 250, 150])
    frame = pandas.DataFrame(x, columns=[f"c{j}" for j in range(5)]).assign(y=y, part=part)
    params = {"learning_rate": 0.2, "patience": 8, "n_estimators": 150}
    model = hone.train(frame, target="y", model={"gbdt": params}, seed=4,
                       recipe={"split": {"by": "column", "column": "part"}, "steps": []})
    kind = hone.GradientBoostingClassifier if classes else hone.GradientBoostingRegressor
    names = frame.columns[:5]
    mine = kind(**params, random_state=4).fit(frame.loc[:499, names], y[:500], X_val=frame.loc[500:749, names],
                                              y_val=y[500:750])
    fitted = model.describe()["model"]["fitted"]
    assert fitted["iterations"] == mine.describe()["model"]["fitted"]["iterations"] < 150
    answers = model.predict(frame[names])["prediction"].to_numpy()
    assert np.array_equal(answers, mine.predict(frame[names]))


def test_steps_stand_before_the_rows_too():
    """Scaled by the rows that are learned from alone, and one-hot: the model sees one table."""
    pandas = pytest.importorskip("pandas")
    x, y = table(2)
    frame = pandas.DataFrame(x * 50, columns=list("abcde")).assign(y=y, part=np.repeat(["train", "validation"], [600, 300]))
    frame["a"] = pandas.cut(frame["a"], 4, labels=list("wxyz")).astype(str)
    recipe = {"split": {"by": "column", "column": "part"}, "steps": ["one_hot", "standard_scale"],
              "model": {"sgd": {"early_stopping": True, "learning_rate": "constant", "eta0": 0.001, "max_iter": 40,
                                "n_iter_no_change": 3}}, "roles": {"target": "y"}}
    model = hone.train(frame, recipe=recipe, seed=2)
    assert model.describe()["model"]["fitted"]


@pytest.mark.parametrize("kind", ["SGDRegressor", "SGDClassifier", "Perceptron"])
def test_descent_stops_by_rows_given(kind):
    """After each pass the score of those rows: it stops where passes one by one say so."""
    x, y = table(3, 0 if "Regressor" in kind else 2)
    make = lambda **more: getattr(hone, kind)(shuffle=False, random_state=1, **more)
    stopped = make(early_stopping=True, n_iter_no_change=2, tol=1e-4, max_iter=60).fit(
        x[:600], y[:600], X_val=x[600:], y_val=y[600:])
    best, worse, passes = -np.inf, 0, 0
    while worse < 2 and passes < 60:
        passes += 1
        score = make(max_iter=passes, tol=None).fit(x[:600], y[:600]).score(x[600:], y[600:])
        worse = worse + 1 if score < best + 1e-4 else 0
        best = max(best, score)
    assert stopped.n_iter_ == passes


def test_refusals():
    x, y = table(4, 2)
    model = hone.GradientBoostingClassifier(n_estimators=5)
    for more, text in (({"X_val": x}, "y_val"), ({"y_val": y}, "X_val"), ({"X_val": x[:, 1:], "y_val": y}, "4 features"),
                       ({"X_val": x, "y_val": np.where(y == "no", "other", y)}, "classes"),
                       ({"X_val": x, "y_val": y[1:]}, "899|900")):
        with pytest.raises(ValueError, match=text):
            model.fit(x, y, **more)
    x, y = table(4)
    with pytest.raises(hone.Error, match="poisson|negative"):
        hone.GradientBoostingRegressor(loss="poisson").fit(x, np.abs(y), X_val=x, y_val=-np.abs(y))
    # off: they are not looked at
    off = hone.GradientBoostingRegressor(n_estimators=20, early_stopping="off")
    assert np.array_equal(off.fit(x, y, X_val=x, y_val=y).predict(x), off.fit(x, y).predict(x))


MEMBERS = {
    "VotingRegressor": lambda part: {"estimators": [("a", part), ("b", part)]},
    "StackingRegressor": lambda part: {"estimators": [("a", part), ("b", hone.Ridge())], "cv": 3},
    "BaggingRegressor": lambda part: {"estimator": part, "n_estimators": 3, "max_features": 0.7},
    "MultiOutputRegressor": lambda part: {"estimator": part},
    "VotingClassifier": lambda part: {"estimators": [("a", part), ("b", part)]},
    "BaggingClassifier": lambda part: {"estimator": part, "n_estimators": 3, "max_features": 0.7},
    "CalibratedClassifierCV": lambda part: {"estimator": part, "cv": 3},
}


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_rows_reach_the_parts(name):
    """Parts that look at such rows stop by them: at once where the rows say the contrary of those learned from."""
    classes = 0 if "Regressor" in name else 2
    x, y = table(5, classes)
    part = (hone.GradientBoostingClassifier if classes else hone.GradientBoostingRegressor)(
        n_estimators=60, patience=3, learning_rate=0.3)
    contrary = np.where(y[600:] == "no", "yes", "no") if classes else -5 * y[600:]
    rounds = []
    for told in (y[600:], contrary):
        model = getattr(hone, name)(**MEMBERS[name](part)).fit(x[:600], y[:600], X_val=x[600:], y_val=told)
        rounds.append([one.n_iter_ for one in model.estimators_ if type(one) is type(part)])
    assert sum(rounds[0]) > sum(rounds[1]) and max(rounds[1]) <= 4


def test_a_recipe_with_several_targets_stops_each_by_its_own():
    pandas = pytest.importorskip("pandas")
    x, y = table(6)
    other = np.where(np.arange(900) < 600, y, -5 * y)
    frame = pandas.DataFrame(x, columns=list("abcde")).assign(y=y, z=other)
    frame["part"] = np.repeat(["train", "validation"], [600, 300])
    recipe = {"split": {"by": "column", "column": "part"}, "steps": [], "roles": {"target": ["y", "z"]},
              "model": {"gbdt": {"n_estimators": 60, "patience": 3, "learning_rate": 0.3}}}
    fitted = hone.train(frame, recipe=recipe, seed=2).describe()["model"]["fitted"]["estimators"]
    assert fitted[0]["iterations"] > fitted[1]["iterations"] <= 4
