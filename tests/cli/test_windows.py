"""Features over time by key: what pandas has for shift, rolling and counts of what came before; the future changes none."""
import json
import subprocess

import numpy as np
import pytest
from program import HONE, as_json, good, refused

pd = pytest.importorskip("pandas")
WINDOWS = ["lag1 = lag(x, 1) by k order t", "lag3 = lag(x, 3) by k order t", "mean5 = mean(x) by k order t rows 5",
           "max5 = max(x) by k, m order t rows 5", "n60 = count() by k order t last 60", "s60 = sum(x) by k order t last 60",
           "n_all = count() by k order t", "std_all = std(x) order t", "med = median(x) by `k` order t last 200"]


def events(seed, n=300):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"k": rng.choice(list("abc"), n), "m": rng.integers(0, 2, n),
                         "t": np.sort(rng.integers(0, 900, n)).astype(float), "x": rng.normal(size=n),
                         "y": rng.integers(0, 2, n)})


def made(folder, frame, windows=WINDOWS):
    """The columns as training sees them: a model that keeps rows, asked what it learned from."""
    frame.to_csv(folder / "e.csv", index=False)
    names = [w.split(" =")[0] for w in windows]
    recipe = folder / "r.yaml"
    recipe.write_text(json.dumps({
        "data": {"path": str(folder / "e.csv"), "windows": windows}, "roles": {"target": "y", "task": "binary"},
        "split": {"test": 0}, "steps": [{"drop_columns": {"columns": ["k", "m", "t"]}}],
        "model": {"gbdt": {"n_estimators": 1}}}))
    done = subprocess.run([HONE, "train", "--recipe", recipe, "-o", folder / "m.hone", "--quiet"], capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    schema = json.loads(subprocess.run([HONE, "show", folder / "m.hone", "--json"], capture_output=True,
                                       text=True).stdout)
    assert schema["recipe"]["data"]["windows"] == windows
    assert set(names) <= {column["name"] for column in schema["schema"]}
    return schema


def test_they_are_columns_and_stand_in_the_recipe(tmp_path):
    made(tmp_path, events(1))


@pytest.mark.parametrize("text,said", [
    ("a lag(x, 1) order t", "NAME ="), ("a = mode(x) order t", "median"), ("a = lag(x, 1) by k", "order COLUMN"),
    ("a = sum(x) order t last", "span of time"), ("a = sum(x) order t rows 5 days", "its end"),
    ("a = sum(nothing) order t", "nothing")])
def test_what_is_no_window_is_refused(tmp_path, text, said):
    events(1).to_csv(tmp_path / "e.csv", index=False)
    (tmp_path / "r.yaml").write_text(json.dumps({"data": {"path": str(tmp_path / "e.csv"), "windows": [text]},
                                                 "roles": {"target": "y"}, "model": "baseline"}))
    done = subprocess.run([HONE, "train", "--recipe", tmp_path / "r.yaml", "-o", tmp_path / "m.hone"], capture_output=True,
                          text=True)
    assert done.returncode in (2, 3) and said in done.stderr


def test_rows_to_answer(tmp_path):
    """A table to be answered has its windows made of itself and of the history before it; a row alone must bring them."""
    made(tmp_path, events(1))
    model, names = tmp_path / "m.hone", [w.split(" =")[0] for w in WINDOWS]
    frame = events(2)
    frame.to_csv(tmp_path / "all.csv", index=False)
    frame[:200].to_csv(tmp_path / "past.csv", index=False)
    frame[200:].to_csv(tmp_path / "now.csv", index=False)

    def answers(file, *more):
        good("predict", model, tmp_path / file, "--keep", ",".join(names), "-o", tmp_path / "out.csv", *more)
        return pd.read_csv(tmp_path / "out.csv")

    whole, after, alone = answers("all.csv"), answers("now.csv", "--history", tmp_path / "past.csv"), answers("now.csv")
    pd.testing.assert_frame_equal(after, whole[200:].reset_index(drop=True), check_exact=False, rtol=1e-12)
    assert alone.lag1.isna().sum() == 3 and (alone.n_all.iloc[-1] < after.n_all.iloc[-1])
    np.testing.assert_array_equal(whole.lag1, frame.groupby("k").x.shift(1))
    # What a table brings along is taken as it is.
    brought = pd.concat([frame[200:].reset_index(drop=True), after[names]], axis=1)
    brought.to_csv(tmp_path / "brought.csv", index=False)
    np.testing.assert_array_equal(answers("brought.csv").prediction, after.prediction)
    said = as_json("evaluate", model, tmp_path / "now.csv", "--history", tmp_path / "past.csv")
    assert said["rows"] == 100
    row = {"k": "a", "m": 1, "t": 5, "x": 0.5}
    assert "prediction" in as_json("predict", model, "--row", json.dumps(row | dict.fromkeys(names)))
    message = refused(3, "predict", model, "--row", json.dumps(row | {"lag1": 1, "mean5": 2}))
    assert "lag3, max5, n60" in message and "lag1" not in message and "--history" in message
    frame.drop(columns="t").to_csv(tmp_path / "timeless.csv", index=False)
    assert '"t"' in refused(3, "predict", model, tmp_path / "timeless.csv")
    good("train", tmp_path / "all.csv", "--target", "y", "--model", "logistic", "-o", tmp_path / "plain.hone")
    assert "takes no history" in refused(2, "predict", tmp_path / "plain.hone", tmp_path / "now.csv", "--history",
                                         tmp_path / "past.csv")
