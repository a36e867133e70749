"""Missing values filled along an order: what pandas has for interpolate, ffill and bfill by group; from any source."""
import json
import subprocess

import numpy as np
import pytest
from program import HONE

pd = pytest.importorskip("pandas")


def series(seed, n=240, timed=False):
    """Rows of two keys in no order, with gaps, of which some are long and some at either end."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"station": rng.choice(["a", "b", "c"], n), "level": rng.integers(0, 2, n),
                          "t": rng.permutation(n * 3)[:n].astype(float), "x": rng.normal(10, 3, n), "y": rng.integers(0, 2, n)})
    table["z"] = rng.integers(-5, 5, n).astype(float)
    for column in ("x", "z"):
        table.loc[rng.random(n) < 0.4, column] = np.nan
    if timed:
        table["t"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(table["t"] * 3600, unit="s")
    return table


def train(folder, table, fill, windows=(), file="t.csv", **data):
    path = folder / file
    table.to_parquet(path) if file.endswith("parquet") else table.to_csv(path, index=False, sep=data.get("delimiter", ","))
    steps = [{"drop_columns": {"columns": ["station", "t"]}}, {"knn_impute": {}}]
    (folder / "r.yaml").write_text(json.dumps({
        "data": {"path": str(path), "fill": list(fill), "windows": list(windows), **data},
        "roles": {"target": "y", "task": "binary"}, "split": {"test": 0}, "steps": steps, "model": "baseline"}))
    return subprocess.run([HONE, "train", "--recipe", folder / "r.yaml", "-o", folder / "m.hone", "--quiet"],
                          capture_output=True, text=True)


def made(folder, *words, **more):
    """The columns as training sees them: a step that keeps rows, asked for them."""
    done = train(folder, *words, **more)
    assert done.returncode == 0, done.stderr
    model = (folder / "m.hone").read_bytes()
    length = int.from_bytes(model[:8], "little")
    header = json.loads(model[8:8 + length])
    tensor = next(value for key, value in header.items() if key.endswith("knn_impute.fit_x"))
    begin, end = tensor["data_offsets"]
    rows = np.frombuffer(model[8 + length + begin:8 + length + end], np.float64).reshape(tensor["shape"])
    stages = json.loads(header["__metadata__"]["hone"])
    names = [column["name"] for column in stages["schema"]]
    return pd.DataFrame(rows, columns=[name for name in names if name not in ("station", "t")])


WAYS = {"forward()": lambda s: s.ffill(), "backward()": lambda s: s.bfill(), "forward(2)": lambda s: s.ffill(limit=2),
        "backward(1)": lambda s: s.bfill(limit=1), "interpolate_rows()": lambda s: s.interpolate(),
        "interpolate()": lambda s: s.interpolate(method="index")}


def filled(table, column, way, by):
    ordered = table.sort_values("t", kind="stable").set_index("t", drop=False)
    ordered["row"] = table.sort_values("t", kind="stable").index
    parts = [WAYS[way](part[column]) for _, part in (ordered.groupby(by) if by else [(0, ordered)])]
    rows = [part["row"] for _, part in (ordered.groupby(by) if by else [(0, ordered)])]
    return pd.Series(np.concatenate(parts), index=np.concatenate(rows)).sort_index().to_numpy()


@pytest.mark.parametrize("seed,by", [(1, []), (2, ["station"]), (3, ["station", "level"])])
@pytest.mark.parametrize("way", WAYS)
def test_as_pandas(tmp_path, way, seed, by):
    table = series(seed)
    keys = f"by {', '.join(by)} " if by else ""
    got = made(tmp_path, table, [f"x = {way} {keys}order t", f"z = {way} {keys}order t"])
    for column in ("x", "z"):
        np.testing.assert_allclose(got[column], filled(table, column, way, by), rtol=1e-12, atol=1e-12)


def test_times_order_too(tmp_path):
    table = series(4, timed=True)
    got = made(tmp_path, table, ["x = interpolate() by station order t"])
    hours = table.assign(t=(table["t"] - table["t"].min()).dt.total_seconds())
    np.testing.assert_allclose(got["x"], filled(hours, "x", "interpolate()", ["station"]), rtol=1e-9)


@pytest.mark.parametrize("file,data", [("t.csv", {"delimiter": ";"}), ("t.parquet", {}), ("t.csv", {"limit": 50})])
def test_from_any_source_one_after_the_other_and_windows_see_it(tmp_path, file, data):
    table = series(5)
    table.loc[table["t"].idxmin(), "x"] = np.nan
    got = made(tmp_path, table, ["x = forward() order t", "`x` = backward(1) order t"], ["lag1 = lag(x, 1) order t"],
               file=file, **data)
    whole = pd.Series(filled(table, "x", "forward()", []))
    whole = pd.Series(filled(table.assign(x=whole), "x", "backward(1)", []))
    lag = whole[table["t"].argsort()].shift().sort_index()
    n = data.get("limit", len(table))
    np.testing.assert_allclose(got["x"], whole[:n], rtol=1e-12)
    np.testing.assert_allclose(got["lag1"], lag[:n], rtol=1e-12)


@pytest.mark.parametrize("text,said", [
    ("x forward() order t", "COLUMN ="), ("x = mean() order t", "interpolate_rows"), ("x = forward() by station", "order COLUMN"),
    ("x = forward() order t rows 5", "its end"), ("nothing = forward() order t", "nothing"),
    ("station = interpolate() order t", "between numbers"), ("x = interpolate() order station", "interpolate_rows")])
def test_what_fills_nothing_is_refused(tmp_path, text, said):
    done = train(tmp_path, series(1), [text])
    assert done.returncode in (2, 3) and said in done.stderr


def test_a_table_to_be_answered_is_filled_too(tmp_path):
    """With its past beside it a table's gaps are filled as they were in training; a row alone has them as they are."""
    table = series(6)
    table["x"] = table["x"].where(table["x"].isna(), table["y"] * 10 + table["t"] / 1000)
    (tmp_path / "r.yaml").write_text(json.dumps({
        "data": {"path": str(tmp_path / "t.csv"), "fill": ["x = forward() order t"]}, "roles": {"target": "y", "ignore": ["t"]},
        "split": {"test": 0}, "steps": [{"drop_columns": {"columns": ["station", "level", "z"]}}, {"impute": {}}],
        "model": {"knn": {"n_neighbors": 1}}}))
    table = table.sort_values("t")
    table.to_csv(tmp_path / "t.csv", index=False)
    table[:200].to_csv(tmp_path / "past.csv", index=False)
    table[200:].drop(columns="y").to_csv(tmp_path / "new.csv", index=False)
    whole = table.drop(columns="y").assign(x=table["x"].ffill())
    whole[200:].to_csv(tmp_path / "whole.csv", index=False)
    for words in (["train", "--recipe", tmp_path / "r.yaml", "-o", tmp_path / "m.hone", "--quiet"],
                  ["predict", tmp_path / "m.hone", tmp_path / "new.csv", "--history", tmp_path / "past.csv", "-o", tmp_path / "a.csv"],
                  ["predict", tmp_path / "m.hone", tmp_path / "whole.csv", "-o", tmp_path / "b.csv"]):
        done = subprocess.run([HONE, *map(str, words)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_the_log_names_and_counts_them(tmp_path):
    """What was filled, in how many cells, before and after; columns that were not filled are not in it."""
    table = series(1)
    made(tmp_path, table, ["x = forward() order t", "z = backward(1) order t"])
    changes = json.loads(subprocess.run([HONE, "show", tmp_path / "m.hone", "--log", "--json"], capture_output=True, text=True).stdout)
    fill, *steps = changes["changes"]
    assert fill["step"] == "fill" and fill["before_split"] and [step["step"] for step in steps] == ["drop_columns", "knn_impute"]
    assert [column["name"] for column in fill["columns"]] == ["x", "z"]
    text = subprocess.run([HONE, "show", tmp_path / "m.hone", "--log"], capture_output=True, text=True).stdout
    for column, way in (("x", "forward()"), ("z", "backward(1)")):
        after = filled(table, column, way, [])
        told = next(one for one in fill["columns"] if one["name"] == column)
        before_after = [int(table[column].isna().sum()), int(np.isnan(after).sum())]
        assert told["missing"] == before_after and told["changed"] == before_after[0] - before_after[1]
        np.testing.assert_allclose(told["mean"], [table[column].mean(), np.nanmean(after)], rtol=1e-12)
        assert f"before the split, fill: {column} = {way} order t" in text
        assert f"{column}: {told['changed']} cells changed; missing {before_after[0]} -> {before_after[1]}" in text
    assert "1. drop_columns" in text and "2. knn_impute" in text


def test_a_fill_without_gaps_says_so(tmp_path):
    made(tmp_path, series(1).assign(x=1.5), ["x = forward() order t"])
    text = subprocess.run([HONE, "show", tmp_path / "m.hone", "--log"], capture_output=True, text=True).stdout
    assert "filled: nothing" in text
