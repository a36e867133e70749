"""Splits: parts and pairs of a table, rows to choose by, walks forward with a gap, nested comparison."""

import csv
import json
from datetime import date, timedelta

import pytest

from program import FAST, PENGUINS, as_json, good, refused

TRAIN = ["train", PENGUINS, "--target", "species", *FAST]


def rows(path):
    with open(path) as file:
        return list(csv.DictReader(file))


@pytest.fixture
def visits(tmp_path):
    """Ten visits a day on 60 days; an outcome is known five days later."""
    path = tmp_path / "visits.csv"
    lines = ["id,day,known,date,shop,part,x,y"]
    for i in range(600):
        day = i * 7 % 600 // 10
        part = "train" if day < 40 else "valid" if day < 50 else "test"
        lines.append(f"{i},{day},{day + 5},{date(2024, 1, 1) + timedelta(day)},s{i % 13},{part},{i % 9},{int(i % 9 > 4)}")
    path.write_text("\n".join(lines) + "\n")
    return path


def cut(visits, *words):
    said = as_json("data", "split", visits, *words, "-o", visits.parent / "{}.csv")["parts"]
    return {part["name"]: rows(part["output"]) for part in said}


def test_parts(visits):
    parts = cut(visits, "--target", "y", "--group", "shop", "--validation", "0.2")
    assert list(parts) == ["train", "validation", "test"] and sum(map(len, parts.values())) == 600
    shops = [{row["shop"] for row in part} for part in parts.values()]
    assert not shops[0] & shops[1] and not shops[0] & shops[2] and not shops[1] & shops[2]
    parts = cut(visits, "--column", "part")
    assert {name: {row["part"] for row in part} for name, part in parts.items()} == {
        "train": {"train"}, "validation": {"valid"}, "test": {"test"}}
    for words in (["--time", "day"], ["--time", "date"]):
        parts = cut(visits, *words, "--gap", "7")
        assert max(int(r["day"]) for r in parts["train"]) == min(int(r["day"]) for r in parts["test"]) - 8
    parts = cut(visits, "--time", "day", "--until", "known")
    assert max(int(r["known"]) for r in parts["train"]) == min(int(r["day"]) for r in parts["test"]) - 1
    assert "leave nothing to train on" in refused(2, "data", "split", visits, "--validation", "0.5", "--test", "0.5")
    assert "says '0' of row 1" in refused(3, "data", "split", visits, "--column", "y", "-o", visits.parent / "{}.csv")


def test_pairs(visits):
    parts = cut(visits, "--time", "day", "--folds", "4", "--gap", "2", "--window", "10")
    assert list(parts) == [f"{i}-{half}" for i in range(1, 5) for half in ("train", "test")]
    before = 0
    for i in range(1, 5):
        learned, held = ({int(r["day"]) for r in parts[f"{i}-{half}"]} for half in ("train", "test"))
        begin = min(held)
        assert learned == set(range(begin - 12, begin - 2)) and begin > before
        before = max(held)
    parts = cut(visits, "--group", "shop", "--cross", "leave_out")
    assert len(parts) == 26 and all(len({r["shop"] for r in parts[f"{i}-test"]}) == 1 for i in range(1, 14))
    parts = cut(visits, "--target", "y", "--folds", "3", "--repeats", "2")
    assert [len(parts[f"{i}-test"]) for i in range(1, 7)] == [200] * 6
    assert "64 parts at most" in refused(2, "data", "split", visits, "--folds", "40", "-o", visits.parent / "{}.csv")


def test_rows_to_choose_by(tmp_path):
    """Model and threshold are chosen on validation rows, folds of none; the test stays what it is."""
    said = as_json("train", PENGUINS, "--target", "sex", "--validation", "0.2", "--test", "0.2", "--threshold", "f1", "-o",
                   tmp_path / "m.hone")
    assert [said[f"rows_{part}"] for part in ("train", "validation", "test")] == [200, 67, 66]
    assert sorted(said["balance"]["validation"].values()) == [33, 34]
    assert set(said["metrics"]) == {"train", "validation", "test", "baseline"}
    notes = " ".join(said["notes"])
    assert "on the 67 rows to choose by" in notes and "by f1 on the rows to choose by" in notes and "to choose by;" in notes
    whole = as_json("train", PENGUINS, "--target", "sex", "--test", "0.2", "--threshold", "f1", *FAST, "-o", tmp_path / "n.hone")
    assert "out of fold" in " ".join(whole["notes"]) and "validation" not in whole["metrics"]


def test_by_column_and_time(visits, tmp_path):
    words = ["train", visits, "--target", "y", *FAST, "-o", tmp_path / "m.hone"]
    said = as_json(*words, "--split-column", "part")
    assert [said[f"rows_{part}"] for part in ("train", "validation", "test")] == [400, 100, 100]
    shown = as_json("show", tmp_path / "m.hone")
    assert "part" not in {column["name"] for column in shown["schema"]}
    said = as_json(*words, "--time", "date", "--until", "day", "--gap", "3")
    assert said["rows_train"] + said["rows_test"] == 600 - 30 and any("too near" in note for note in said["notes"])
    assert "there is no column with the role time" in refused(3, *words, "--split", "time")


def test_nested(visits):
    words = ["compare", visits, "--target", "y", "--models", "logistic,decision_tree", "--ignore", "id"]
    said = as_json(*words, "--outer", "4", "--metrics", "accuracy")
    assert said["rows"] == 600
    for model in said["models"]:
        assert len(model["folds"]["values"]) == 4
        assert abs(model["folds"]["mean"] - model["metrics"]["accuracy"]) < 1e-9  # folds of one size
    said = as_json(*words, "--outer", "5", "--time", "day")
    assert said["rows"] == 500  # the first of six blocks is only learned from
    assert "--outer fits models" in refused(2, "compare", "a.hone", "b.hone", visits, "--outer", "3")
    said = as_json("compare", PENGUINS, "--target", "sex", "--models", "auto,logistic", "--outer", "2")
    assert {model["name"] for model in said["models"]} == {"auto", "logistic", "baseline"}
    assert "over folds" in good(*words, "--outer", "2")


def test_curves_by_the_split(visits):
    words = ["curve", visits, "--target", "y", "--ignore", "id", *FAST, "--rounds", "0", "--fractions", "1"]
    assert as_json(*words, "--cross", "leave_out", "--group", "shop")["learning"]["folds"] == 13
    assert as_json(*words, "--folds", "3", "--repeats", "2")["learning"]["folds"] == 6
    assert as_json(*words, "--time", "day", "--gap", "2")["learning"]["folds"] == 5
    assert "set cross to shuffle" in refused(2, *words, "--cross", "bootstrap")


def test_in_a_recipe(visits, tmp_path):
    recipe = tmp_path / "r.yaml"
    recipe.write_text(json.dumps({
        "data": {"path": str(visits)}, "roles": {"target": "y", "time": "date", "ignore": ["id", "part"]},
        "split": {"test": 0.2, "validation": 0.2, "gap": 2, "cross": "walk_forward", "folds": 3, "window": 20, "embargo": 1}}))
    good("train", "--recipe", recipe, "-o", tmp_path / "m.hone", "--quiet")
    split = as_json("show", tmp_path / "m.hone")["recipe"]["split"]
    assert split["by"] == "time" and (split["gap"], split["folds"], split["window"]) == (2, 3, 20)


def test_early_stopping_by_groups_and_time(tmp_path):
    """What tells a group or a day tells nothing of others: rounds are chosen by rows that are as new ones will be."""
    lines, rounds = ["who,when,y"], {}
    lines += [f"{i % 60},{i // 60},{(i % 60) * 7919 % 101 + (i // 60) * 104729 % 97}" for i in range(1200)]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    for role in (["--ignore", "g"], ["--group", "g"], ["--time", "t"]):
        good("train", "--sql", f"select who, \"when\", who g, \"when\" t, y from '{tmp_path}/t.csv'", "--target", "y", "--model",
             "gbdt", *([] if role[1] == "t" else ["--ignore", "t"]), *([] if role[1] == "g" else ["--ignore", "g"]), *role,
             "--set", "min_samples_leaf=2", "-o", tmp_path / "m.hone")
        rounds[role[0]] = as_json("show", tmp_path / "m.hone")["model"]["fitted"]["iterations"]
    assert rounds["--group"] < rounds["--ignore"] / 2 and rounds["--time"] < rounds["--ignore"]
