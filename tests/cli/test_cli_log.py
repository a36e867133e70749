"""The log of what steps did to the training rows: its counts are pandas's, it is in the model file, and no thread
changes a byte of it."""
import json
import subprocess

import numpy as np
import pytest
from program import HONE

pd = pytest.importorskip("pandas")


def hone(*words):
    done = subprocess.run([HONE, *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def frame(n=400, seed=1):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"age": np.round(rng.normal(40, 12, n), 1), "fare": rng.exponential(30, n),
                          "city": rng.choice(["NY ", "ny", "NY", "LA"], n), "note": rng.choice(["a", "b"], n)})
    table["y"] = (table["age"] + rng.normal(0, 5, n) > 40).astype(int)
    table.loc[rng.random(n) < 0.2, "age"] = np.nan
    table.loc[rng.random(n) < 0.1, "note"] = np.nan
    return table


STEPS = [{"drop_missing_rows": {"columns": ["note"]}}, {"derive": {"expressions": ["city = upper(trim(city))"], "drop": ["note"]}},
         {"impute": {"columns": ["age"], "strategy": "mean", "name": "ages"}}, {"one_hot": {"columns": "category"}}]


def train(folder, table, *words, steps=STEPS, name="m.hone"):
    table.to_csv(folder / "t.csv", index=False)
    (folder / "r.yaml").write_text(json.dumps({"roles": {"target": "y"}, "split": {"test": 0}, "steps": steps,
                                               "model": "logistic"}))
    return hone("train", "--recipe", folder / "r.yaml", folder / "t.csv", "-o", folder / name, "--quiet", *words)


def test_counts_are_those_of_the_table(tmp_path):
    table = frame()
    train(tmp_path, table)
    rows, derive, impute, one_hot = json.loads(hone("show", tmp_path / "m.hone", "--log", "--json"))["changes"]
    assert [rows["step"], derive["step"], impute["name"], one_hot["step"]] == ["drop_missing_rows", "derive", "ages", "one_hot"]
    whole = table[table["note"].notna()]
    assert rows["rows"] == {"before": len(table), "after": len(whole), "made": 0}
    assert rows["columns"][0]["missing"] == [int(table["age"].isna().sum()), int(whole["age"].isna().sum())]
    assert derive["taken"] == ["note"] and derive["n_taken"] == 1
    city = derive["columns"][0]
    texts = {(one["from"], one["to"]): one["cells"] for one in city["texts"]}
    said = whole["city"].str.strip().value_counts()  # blanks around texts are the reader's
    assert texts == {("ny", "NY"): int(said["ny"])}
    assert city["changed"] == sum(texts.values())
    age = impute["columns"][0]
    gaps = int(whole["age"].isna().sum())
    assert age["changed"] == gaps and age["missing"] == [gaps, 0]
    np.testing.assert_allclose(age["mean"], whole["age"].mean(), rtol=1e-12)
    np.testing.assert_allclose([age["low"][0], age["high"][0]], [whole["age"].min(), whole["age"].max()])
    assert one_hot["taken"] == ["city"] and one_hot["made"] == ["city=LA", "city=NY"]
    assert json.loads(hone("show", tmp_path / "m.hone", "--json"))["changes"][2] == impute


def test_people_read_it(tmp_path):
    table = frame()
    train(tmp_path, table, "--log", tmp_path / "log.txt")
    gaps = int(table.loc[table["note"].notna(), "age"].isna().sum())
    text = (tmp_path / "log.txt").read_text()
    assert text == hone("show", tmp_path / "m.hone", "--log")
    assert f"age: {gaps} cells changed; missing {gaps} -> 0" in text and '"ny" -> "NY"' in text
    assert f"{table['note'].isna().sum()} rows left out (for learning only)" in text
    train(tmp_path, table, "--log", tmp_path / "log.md")
    assert "## 3. impute (ages): Fill in missing values" in (tmp_path / "log.md").read_text()
    done = subprocess.run([HONE, "train", tmp_path / "t.csv", "--target", "y", "--log", tmp_path / "no" / "log.md"],
                          capture_output=True, text=True)
    assert done.returncode != 0 and "no" in done.stderr


def test_no_step_no_change(tmp_path):
    train(tmp_path, frame()[["age", "y"]].dropna(), steps=[])
    assert "takes the columns as they come" in hone("show", tmp_path / "m.hone", "--log")


def test_long_tables_are_looked_at_here_and_there_and_threads_change_nothing(tmp_path):
    rng = np.random.default_rng(2)
    n = 300_000
    table = pd.DataFrame({"x": rng.normal(5, 1, n), "y": rng.integers(0, 2, n)})
    table.loc[rng.random(n) < 0.3, "x"] = np.nan
    steps = [{"impute": {"strategy": "mean"}}, {"standard_scale": {}}]
    for threads in (1, 2):
        train(tmp_path, table, "--threads", threads, "--set", "max_iter=3", steps=steps, name=f"{threads}.hone")
    assert (tmp_path / "1.hone").read_bytes() == (tmp_path / "2.hone").read_bytes()
    entry = json.loads(hone("show", tmp_path / "1.hone", "--log", "--json"))["changes"][0]
    assert entry["looked_at"] == 262144
    assert abs(entry["columns"][0]["missing"][0] / entry["looked_at"] - 0.3) < 0.01


def test_long_texts_are_cut_between_characters(tmp_path):
    """A cell of many two-byte letters with an odd byte before them is no broken UTF-8 in the log."""
    table = frame(60)
    table["city"] = np.where(np.arange(60) % 3 == 0, "x" + "ä" * 60, "y" + "ö" * 60)
    steps = [{"derive": {"expressions": ["city = concat(city, '!')"], "drop": ["note"]}}, {"impute": {}}, {"one_hot": {}}]
    train(tmp_path, table, steps=steps)
    done = subprocess.run([HONE, "show", tmp_path / "m.hone", "--log"], capture_output=True)
    assert done.returncode == 0 and "ä" * 20 in done.stdout.decode("utf-8")
