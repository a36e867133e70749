"""Features over time by key: what pandas has for shift, rolling and counts of what came before; the future changes none."""
import json
import subprocess

import numpy as np
import pytest
from program import HONE, as_json, good, refused

pd = pytest.importorskip("pandas")
WINDOWS = ["lag1 = lag(x, 1) by k order t", "lag3 = lag(x, 3) by k order t", "mean5 = mean(x) by k order t rows 5",
           "max5 = max(x) by k, m order t rows 5", "n60 = count() by k order t last 60", "s60 = sum(x) by k order t last 60",
           "n_all = count() by k order t", "std_all = std(x) order t", "med = median(x) by `k` order t last 200",
           "idle = since() by k order t", "kinds = distinct(z) by k order t last 90"]


def events(seed, n=300):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"k": rng.choice(list("abc"), n), "m": rng.integers(0, 2, n),
                         "t": np.sort(rng.integers(0, 900, n)).astype(float), "x": rng.normal(size=n),
                         "y": rng.integers(0, 2, n), "z": rng.choice(list("uvwxyz"), n)})


def made(folder, frame, windows=WINDOWS):
    """The columns as training sees them: a model that keeps rows, asked what it learned from."""
    frame.to_csv(folder / "e.csv", index=False)
    names = [w.split(" =")[0] for w in windows]
    recipe = folder / "r.yaml"
    recipe.write_text(json.dumps({
        "data": {"path": str(folder / "e.csv"), "windows": windows}, "roles": {"target": "y", "task": "binary"},
        "split": {"test": 0}, "steps": [{"drop_columns": {"columns": ["k", "m", "t", "z"]}}],
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


def shown(folder, frame, windows, *words):
    """The windows' columns beside the frame's, as `hone data convert` shows them."""
    frame.to_parquet(folder / "e.parquet")
    flags = [word for window in windows for word in ("--windows", window)]
    done = subprocess.run([HONE, "data", "convert", folder / "e.parquet", folder / "out.parquet", *flags, *words],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made = pd.read_parquet(folder / "out.parquet")
    assert list(made["x"]) == list(frame["x"])  # the rows in their order
    return made


SPANS = {"count": "count(x)", "sum": "sum(x)", "mean": "mean(x)", "min": "min(x)", "max": "max(x)", "std": "std(x)",
         "median": "median(x)"}


def span_windows(by, order, span):
    return [f"{name} = {text} {by} order {order} {span}" for name, text in SPANS.items()]


def close(made, wanted, names=SPANS):
    for name in names:
        np.testing.assert_allclose(made[name].astype(float), wanted[name].astype(float), rtol=1e-9, atol=1e-9,
                                   err_msg=name)


@pytest.mark.parametrize("seed", range(3))
def test_spans_equal_pandas_and_polars(tmp_path, seed):
    """The last 2 hours before a row, by key: rolling(closed="left"); rows at the same time are not before it."""
    polars = pytest.importorskip("polars")
    frame = events(seed)
    frame["t"] = pd.Timestamp("2024-03-01") + pd.to_timedelta(60 * frame["t"], unit="s")
    made = shown(tmp_path, frame, span_windows("by k", "t", "last 2 hours"))
    wanted = pd.DataFrame(index=frame.index, columns=list(SPANS), dtype=float)
    for _, group in frame.groupby("k"):
        rolled = group.set_index("t")["x"].rolling("2h", closed="left", min_periods=1)
        for name in SPANS:
            wanted.loc[group.index, name] = getattr(rolled, name)().to_numpy()
    wanted["count"] = wanted["count"].fillna(0)
    close(made, wanted)
    lazy = polars.DataFrame(frame)
    columns = [getattr(polars.col("x"), f"rolling_{name}_by")("t", "2h", closed="left", min_samples=1).over("k").alias(name)
               for name in SPANS if name != "count"]
    close(made, lazy.with_columns(columns).to_pandas(), [name for name in SPANS if name != "count"])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("by,keys", [("by k", ["k"]), ("by k, m", ["k", "m"]), ("", None)])
def test_rows_and_lags_equal_pandas(tmp_path, seed, by, keys):
    frame = events(seed).sample(frac=1, random_state=seed).reset_index(drop=True)  # in no order of time
    made = shown(tmp_path, frame, [*span_windows(by, "t", "rows 5"), f"lag1 = lag(x) {by} order t",
                                   f"lag3 = lag(x, 3) {by} order t"])
    inner = frame.sort_values("t", kind="stable")
    groups = inner.groupby(keys)["x"] if keys else inner.assign(one=0).groupby("one")["x"]
    for name in SPANS:
        wanted = groups.transform(lambda x: getattr(x.shift(1).rolling(5, min_periods=0 if name == "count" else 1),
                                                    name)())
        close(made, pd.DataFrame({name: wanted.reindex(frame.index)}), [name])
    close(made, pd.DataFrame({f"lag{k}": groups.shift(k).reindex(frame.index) for k in (1, 3)}), ["lag1", "lag3"])


@pytest.mark.parametrize("timed", [False, True])
def test_what_is_different_and_how_long_ago(tmp_path, timed):
    """Counts of different values and idle times, by hand; missing values are no value."""
    frame = events(5)
    frame.loc[::7, "z"] = None
    seconds = frame["t"].to_numpy()
    if timed:
        frame["t"] = pd.Timestamp("2024-03-01") + pd.to_timedelta(frame["t"], unit="s")
    span, unit = ("last 1.5 minutes", "minutes") if timed else ("last 90", "")
    made = shown(tmp_path, frame, [f"kinds = distinct(z) by k order t {span}", f"idle = since({unit}) by k order t",
                                   f"n = count() by k order t {span}", "n_all = count() by k, m order t",
                                   "first = first(x) by k order t", "ever = distinct(z) order t"])
    for i, row in frame.iterrows():
        before = (frame["k"] == row["k"]) & (seconds < seconds[i])
        lately = before & (seconds >= seconds[i] - 90)
        assert made["kinds"][i] == frame["z"][lately].nunique() and made["n"][i] == lately.sum()
        assert made["ever"][i] == frame["z"][seconds < seconds[i]].nunique()
        assert made["n_all"][i] == (before & (frame["m"] == row["m"])).sum()
        idle = (seconds[i] - seconds[before].max()) / (60 if timed else 1) if before.any() else np.nan
        assert made["idle"][i] == pytest.approx(idle, nan_ok=True)
        if before.any():
            assert made["first"][i] in set(frame["x"][before & (seconds == seconds[before].min())])


def test_nothing_of_the_future(tmp_path):
    """Rows after a time change nothing of those before it."""
    frame = events(9)
    windows = [*span_windows("by k", "t", "last 60"), "idle = since() by k order t", "d = distinct(z) by k order t"]
    whole, cut = shown(tmp_path, frame, windows), frame[frame["t"] < 400]
    pd.testing.assert_frame_equal(shown(tmp_path, cut, windows), whole[frame["t"] < 400], rtol=1e-12)


def test_missing_keys_and_times_and_orders_of_any_type(tmp_path):
    """Rows without a key are those of one key; rows without a time come last and in no span; texts, whole numbers too large for
    doubles and values of any type are what they were."""
    n, rng = 200, np.random.default_rng(3)
    t = pd.array(rng.integers(0, 60, n), dtype="Int64")
    frame = pd.DataFrame({"k": rng.choice(["a", "b", None], n), "t": t, "x": rng.normal(size=n),
                          "word": [f"w{v:02}" for v in t], "big": 2**60 + rng.integers(0, 9, n)})
    frame.loc[::9, "t"] = pd.NA
    made = shown(tmp_path, frame, ["n = count() by k order t last 10", "all = count() by k order t", "low = min(big) by k order t",
                                   "word5 = max(word) by k order t rows 5", "lag = lag(big, 2) by k order word",
                                   "n_word = count() by k order word", "first = first(word) order big"])
    for i, row in frame.iterrows():
        key = frame["k"].isna() if pd.isna(row["k"]) else frame["k"] == row["k"]
        before = key & (frame["t"].notna() if pd.isna(row["t"]) else (frame["t"] < row["t"]).fillna(False))
        lately = before & (False if pd.isna(row["t"]) else (frame["t"] >= row["t"] - 10).fillna(False))
        assert made["n"][i] == lately.sum() and made["all"][i] == before.sum()
        assert (made["low"][i] == frame["big"][before].min()) if before.any() else pd.isna(made["low"][i])
        ordered = frame[key].sort_values("t", kind="stable", na_position="last")
        behind = ordered["word"][:list(ordered.index).index(i)][-5:]
        assert (made["word5"][i] == behind.max()) if len(behind) else pd.isna(made["word5"][i])
        by_word = frame[key].sort_values("word", kind="stable")
        place = list(by_word.index).index(i)
        assert pd.isna(made["lag"][i]) if place < 2 else made["lag"][i] == by_word["big"].iloc[place - 2]
        assert made["n_word"][i] == (frame["word"][key] < row["word"]).sum()
        least = frame["big"] == frame["big"].min()
        assert pd.isna(made["first"][i]) if least[i] else made["first"][i] == frame["word"][least].iloc[0]


@pytest.mark.parametrize("text,said", [("a = since(weeks) order t", "days"), ("a = distinct() order t", "a column"),
    ("a lag(x, 1) order t", "NAME ="), ("a = mode(x) order t", "median"), ("a = lag(x, 1) by k", "order COLUMN"),
    ("a = sum(x) order t last", "span of time"), ("a = sum(x) order t rows 5 days", "its end"),
    ("a = sum(nothing) order t", "nothing"), ("a = sum(z) order t", "cannot be added up"),
    ("a = count() order z last 5", "is text"), ("a = count() order t last 5 days", "leave out the unit")])
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
    pd.testing.assert_frame_equal(after, whole[200:].reset_index(drop=True), check_exact=False, rtol=1e-12,
                                  check_dtype=False)
    assert alone.lag1.isna().sum() == 3 and (alone.n_all.iloc[-1] < after.n_all.iloc[-1])
    np.testing.assert_array_equal(whole.lag1, frame.groupby("k").x.shift(1))
    # What a table brings along is taken as it is.
    brought = pd.concat([frame[200:].reset_index(drop=True), after[names]], axis=1)
    brought.to_csv(tmp_path / "brought.csv", index=False)
    np.testing.assert_array_equal(answers("brought.csv").prediction, after.prediction)
    said = as_json("evaluate", model, tmp_path / "now.csv", "--history", tmp_path / "past.csv")
    assert said["rows"] == 100
    row = {"k": "a", "m": 1, "t": 5, "x": 0.5, "z": "u"}
    assert "prediction" in as_json("predict", model, "--row", json.dumps(row | dict.fromkeys(names)))
    message = refused(3, "predict", model, "--row", json.dumps(row | {"lag1": 1, "mean5": 2}))
    assert "lag3, max5, n60" in message and "lag1" not in message and "--history" in message
    frame.drop(columns="t").to_csv(tmp_path / "timeless.csv", index=False)
    assert "'t'" in refused(3, "predict", model, tmp_path / "timeless.csv")
    good("train", tmp_path / "all.csv", "--target", "y", "--model", "logistic", "-o", tmp_path / "plain.hone")
    assert "takes no history" in refused(2, "predict", tmp_path / "plain.hone", tmp_path / "now.csv", "--history",
                                         tmp_path / "past.csv")
