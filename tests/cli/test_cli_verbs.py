"""What the verbs do with tables and models, and what they leave behind."""

import csv
import io
import json
import os
import pty
import re
import signal
import subprocess
import time
from xml.etree import ElementTree

import pytest

from program import FAST, HONE, PENGUINS, as_json, good, plain_environment, refused, run

ROW = {"island": "Biscoe", "bill_length_mm": 46.1, "bill_depth_mm": 13.2, "flipper_length_mm": 211,
       "body_mass_g": 4500, "sex": "female", "year": 2007}


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


# ---- train ----------------------------------------------------------------------------------------


def test_train_says_what_an_analyst_wants_to_know(tmp_path):
    text = good("train", PENGUINS, "--target", "species", cwd=tmp_path)
    assert "344 rows, 8 columns, read in" in text
    for label in ("types", "task", "split", "model"):
        assert re.search(rf"^  {label} +\S", text, re.M), label
    assert re.search(r"test +95% interval +baseline +train", text)
    assert re.search(r"^  accuracy +0\.9\d+ +0\.\d+ – [01]\.\d+ +0\.\d+", text, re.M)
    assert "what the model looks at" in text and "█" in text
    assert "wrote penguins.hone (" in text
    assert [p.name for p in tmp_path.iterdir()] == ["penguins.hone"]


def test_train_as_json(tmp_path):
    path = tmp_path / "m.hone"
    done = as_json("train", PENGUINS, "--target", "species", "-o", path, *FAST)
    assert done["task"] == "multiclass" and done["model"] == "logistic" and done["target"] == "species"
    assert done["rows"] == 344 and done["rows"] == done["rows_train"] + done["rows_test"]
    assert done["features"] == 7
    for part in ("train", "test", "baseline"):
        assert 0 <= done["metrics"][part]["accuracy"] <= 1
    interval = done["intervals"]["accuracy"]
    assert interval["low"] <= done["metrics"]["test"]["accuracy"] <= interval["high"]
    assert done["metrics"]["test"]["accuracy"] > done["metrics"]["baseline"]["accuracy"]
    assert set(done["seconds"]) >= {"read", "prepare", "fit", "evaluate"}
    assert done["model_path"] == str(path) and path.exists()
    assert re.fullmatch(r"[0-9a-f]{64}", done["model_hash"])
    assert done["model_hash"] == as_json("show", path)["model_hash"]


def test_same_bytes_for_any_number_of_threads(tmp_path):
    for kind in ("logistic", "gbdt"):
        files = []
        for threads in (1, 2, 3):
            path = tmp_path / f"{kind}-{threads}.hone"
            good("train", PENGUINS, "--target", "species", "--model", kind, "--threads", threads, "-q", "-o", path)
            files.append(path.read_bytes())
        assert files[0] == files[1] == files[2]


def test_train_by_recipe_and_what_flags_do_to_it(tmp_path):
    recipe = tmp_path / "flowers.yaml"
    recipe.write_text(f"data: {{path: {PENGUINS}}}\nroles: {{target: species}}\n"
                      "model: {logistic: {C: 0.25}}\nseed: 5\n")
    done = as_json("train", "--recipe", recipe, cwd=tmp_path)
    assert done["model_path"] == "flowers.hone" and done["params"]["C"] == 0.25
    assert as_json("show", tmp_path / "flowers.hone")["lineage"]["seed"] == 5
    again = as_json("train", "--recipe", recipe, "--model", "logistic", "--set", "max_iter=50", "--seed", "6",
                    "-o", tmp_path / "x.hone", cwd=tmp_path)
    assert again["params"]["C"] == 0.25 and again["params"]["max_iter"] == 50
    assert as_json("show", tmp_path / "x.hone")["lineage"]["seed"] == 6
    other = as_json("train", "--recipe", recipe, "--model", "ridge", "--target", "body_mass_g",
                    "-o", tmp_path / "y.hone", cwd=tmp_path)
    assert other["model"] == "ridge" and other["task"] == "regression"


def test_recipe_errors_name_the_line(tmp_path):
    recipe = tmp_path / "bad.yaml"
    recipe.write_text("roles:\n  target: species\nmodel:\n  logistic:\n    C: -1\n")
    said = refused(3, "train", PENGUINS, "--recipe", recipe, cwd=tmp_path)
    assert "bad.yaml, line 5, column" in said and "'C' must be a real number" in said


def test_the_recipe_of_a_model_makes_it_again(model, tmp_path):
    recipe = tmp_path / "again.json"
    recipe.write_text(good("show", model, "--recipe"))
    good("train", "--recipe", recipe, "-o", tmp_path / "again.hone", "-q", cwd=tmp_path)
    assert good("predict", tmp_path / "again.hone", PENGUINS) == good("predict", model, PENGUINS)


def test_a_tree_in_words_and_as_a_picture(tmp_path, model):
    path, svg = tmp_path / "tree.hone", tmp_path / "tree.svg"
    good("train", PENGUINS, "--target", "species", "--model", "decision_tree", "--set", "max_depth=2", "-q", "-o", path)
    rules = good("show", path, "--rules")
    assert re.search(r"^if flipper_length_mm <= \d+", rules, re.M) and re.search(r"^ +Gentoo \d+%.*rows\)$", rules, re.M)
    assert as_json("show", path, "--rules")["rules"] == rules
    good("show", path, "--drawing", svg)
    assert svg.read_text() == good("show", path, "--drawing", "-")
    texts = [t.text for t in ElementTree.parse(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert "Gentoo" in texts and any(t.startswith("flipper_length_mm ≤ ") for t in texts)
    assert "there is no tree 1" in refused(2, "show", path, "--rules", "--part", 1)
    assert "logistic has no drawing" in refused(4, "show", model, "--drawing", tmp_path / "no.svg")


def test_anomalies(tmp_path):
    """Without marks, and judged by them: train, predict, show, evaluate."""
    table, marked = tmp_path / "t.csv", tmp_path / "marked.csv"
    rows = [(i % 7 / 7, i % 11 / 11, i % 13 / 13) for i in range(600)] + [(4 + i / 10, -3, 5) for i in range(12)]
    table.write_text("a,b,c\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows))
    marked.write_text("a,b,c,odd\n" + "".join(f"{a},{b},{c},{'yes' if a > 3 else 'no'}\n" for a, b, c in rows))
    model = tmp_path / "plain.hone"
    done = as_json("train", table, "--model", "isolation_forest", "-o", model)
    assert done["task"] == "anomaly" and done["rows_train"] == 612
    answers = rows_of(good("predict", model, table))
    assert all((r["prediction"] == "true") == (float(r["score"]) < 0) for r in answers)
    assert all(r["prediction"] == "true" for r in answers[600:])
    one = json.loads(good("predict", model, "--row", '{"a": 9, "b": 0, "c": 0}'))
    assert one["prediction"] is True and one["score"] < 0
    assert "anomaly" in good("show", model)
    assert "marks anomalies" in refused(2, "evaluate", model, marked, "--allow-extra")
    assert as_json("train", table, "--task", "anomaly", "-o", tmp_path / "x.hone")["model"] == "isolation_forest"
    judged = tmp_path / "judged.hone"
    done = as_json("train", marked, "--model", "isolation_forest", "--target", "odd", "-o", judged)
    assert done["primary"] == "roc_auc" and done["metrics"]["test"]["roc_auc"] == 1
    assert done["metrics"]["baseline"]["roc_auc"] == 0.5 and any("yes in it marks" in n for n in done["notes"])
    assert as_json("show", judged)["recipe"]["roles"]["positive"] == "yes"
    again = as_json("evaluate", judged, marked, "--metrics", "roc_auc,recall,matthews")
    assert again["metrics"]["test"]["roc_auc"] == 1 and again["metrics"]["test"]["recall"] == 1
    assert "needs probabilities" in refused(2, "evaluate", judged, marked, "--metrics", "log_loss")


def test_ranking(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("search,a,b,grade\n" + "".join(
        f"s{i // 8},{(i * 37 % 101) / 101},{(i * 53 % 89) / 89},{(i * 37 % 101) // 34}\n" for i in range(1600)))
    model = tmp_path / "m.hone"
    done = as_json("train", table, "--target", "grade", "--task", "rank", "--group", "search", "-o", model)
    assert done["task"] == "rank" and done["model"] == "gbdt" and done["primary"] == "ndcg@10"
    assert 0.9 < done["metrics"]["test"]["ndcg@10"] <= 1
    assert done["metrics"]["baseline"]["ndcg@10"] < done["metrics"]["test"]["ndcg@10"]
    assert done["intervals"]["ndcg@10"]["low"] <= done["metrics"]["test"]["ndcg@10"]
    assert any("by group" in note for note in done["notes"])
    again = as_json("evaluate", model, table, "--metrics", "ndcg@3,map,mrr@5")
    assert set(again["metrics"]["test"]) == {"ndcg@3", "map", "mrr@5"}
    assert len(rows_of(good("predict", model, table))) == 1600
    assert "roles.group" in refused(2, "train", table, "--target", "grade", "--task", "rank", "-o", model)


def test_init_writes_a_recipe_that_trains(tmp_path):
    text = good("init", PENGUINS, "--target", "species", cwd=tmp_path)
    assert "wrote penguins.yaml" in text
    assert "#" in (tmp_path / "penguins.yaml").read_text()
    assert "is there already" in refused(2, "init", PENGUINS, "--target", "species", cwd=tmp_path)
    good("init", PENGUINS, "--target", "species", "--force", cwd=tmp_path)
    assert good("init", PENGUINS, "--target", "species", "-o", "-", cwd=tmp_path) == \
        (tmp_path / "penguins.yaml").read_text()
    assert as_json("train", "--recipe", "penguins.yaml", cwd=tmp_path)["task"] == "multiclass"


def test_output_that_cannot_be_written_is_said_before_the_work(tmp_path):
    start = time.monotonic()
    assert "No such file or directory" in refused(
        4, "train", PENGUINS, "--target", "species", "-o", tmp_path / "no" / "m.hone")
    assert "is a folder" in refused(4, "train", PENGUINS, "--target", "species", "-o", tmp_path)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("text, message", [
    ("", "empty"),
    ("a,b,y\n1,2,x\n1,2,3,4\n3,4,z\n", "line"),
    ("a,b\n1,2\n3,4\n", "there is no column 'y'"),
    ("a,b,y\n" + "1,2,x\n" * 30, "y"),
    ("a,y\n", "rows"),
])
def test_tables_at_fault(text, message, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text(text)
    said = refused(3, "train", "t.csv", "--target", "y", cwd=tmp_path)
    assert message in said, said
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]


def test_missing_file_and_missing_target(tmp_path):
    assert "nothing.csv" in refused(3, "train", "nothing.csv", "--target", "y", cwd=tmp_path)
    assert "did you mean 'species'?" in refused(3, "train", PENGUINS, "--target", "speces", cwd=tmp_path)
    assert "no table is named" in refused(2, "train", cwd=tmp_path)
    assert list(tmp_path.iterdir()) == []


# ---- predict --------------------------------------------------------------------------------------


def test_predict_a_table(model, tmp_path):
    text = good("predict", model, PENGUINS)
    answers = rows_of(text)
    assert len(answers) == 344
    assert list(answers[0]) == ["prediction", "probability", "probability_Adelie", "probability_Chinstrap",
                                "probability_Gentoo"]
    for answer in answers:
        shares = [float(answer[f"probability_{c}"]) for c in ("Adelie", "Chinstrap", "Gentoo")]
        assert abs(sum(shares) - 1) < 1e-12 and max(shares) == float(answer["probability"])
    out = tmp_path / "out.csv"
    assert "344 rows" in good("predict", model, PENGUINS, "-o", out)
    assert out.read_text() == text
    assert good("predict", model, PENGUINS, "-o", "-") == text
    assert good("predict", model, "-", input=PENGUINS.read_text()) == text
    assert good("predict", model, "--sql", f"select * from '{PENGUINS}'") == text


def test_predict_keeps_columns(model):
    answers = rows_of(good("predict", model, PENGUINS, "--keep", "species,year"))
    truth = rows_of(PENGUINS.read_text())
    assert list(answers[0])[:3] == ["species", "year", "prediction"]
    assert [a["species"] for a in answers] == [t["species"] for t in truth]
    assert "there is no column 'specis'" in refused(3, "predict", model, PENGUINS, "--keep", "specis")


def test_predict_as_json(model, tmp_path):
    done = as_json("predict", model, PENGUINS)
    assert done["rows"] == 344 == len(done["predictions"])
    done = as_json("predict", model, PENGUINS, "-o", tmp_path / "p.ndjson")
    assert done["rows"] == 344 and done["output"] == str(tmp_path / "p.ndjson")
    assert len((tmp_path / "p.ndjson").read_text().splitlines()) == 344


def test_one_row_equals_the_table(model, tmp_path):
    """To the last bit, by object, by list, from standard input, and from a table."""
    answer = json.loads(good("predict", model, "--row", json.dumps(ROW)))
    assert answer["prediction"] == "Gentoo"
    many = json.loads(good("predict", model, "--row", json.dumps([ROW, ROW])))
    assert many == [answer, answer]
    assert json.loads(good("predict", model, "--row", "-", input=json.dumps(ROW))) == answer
    table = tmp_path / "row.csv"
    table.write_text(",".join(ROW) + "\n" + ",".join(map(str, ROW.values())) + "\n")
    from_table = rows_of(good("predict", model, table))[0]
    for kind, share in answer["probabilities"].items():
        assert float(from_table[f"probability_{kind}"]) == share
    assert as_json("predict", model, "--row", json.dumps(ROW))["prediction"] == "Gentoo"


@pytest.mark.parametrize("row, message", [
    ({"iland": "Biscoe"}, "iland"),
    ({**ROW, "body_mass_g": "heavy"}, "body_mass_g"),
    (7, "row"),
])
def test_rows_at_fault(model, row, message):
    assert message in refused(3, "predict", model, "--row", json.dumps(row))


def test_row_that_is_no_json(model):
    assert "column" in refused(3, "predict", model, "--row", "{tenure: 3")


def test_columns_at_fault(model, tmp_path):
    truth = rows_of(PENGUINS.read_text())
    table = tmp_path / "t.csv"

    def write(change):
        with open(table, "w", newline="") as file:
            changed = [change(dict(row)) for row in truth]
            writer = csv.DictWriter(file, list(changed[0]))
            writer.writeheader()
            writer.writerows(changed)

    write(lambda row: {**row, "extra": 1})
    assert "extra" in refused(3, "predict", model, table)
    assert len(rows_of(good("predict", model, table, "--allow-extra"))) == 344
    write(lambda row: {k: v for k, v in row.items() if k != "island"})
    assert "island" in refused(3, "predict", model, table)
    write(lambda row: {**row, "body_mass_g": "heavy"})
    assert "body_mass_g" in refused(3, "predict", model, table)
    write(lambda row: {k: row[k] for k in reversed(row)})
    assert good("predict", model, table) == good("predict", model, PENGUINS)


def test_contradictions(model, tmp_path):
    assert "give one of them" in refused(2, "predict", model, PENGUINS, "--row", "{}")
    assert "take --output away" in refused(2, "predict", model, "--row", "{}", "-o", tmp_path / "x")
    assert "no table is named" in refused(2, "predict", model)
    assert "MODEL is required" in refused(2, "predict")


def test_an_existing_file_survives_a_failure(model, tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("mine")
    (tmp_path / "t.csv").write_text("iland\n1\n")
    refused(3, "predict", model, tmp_path / "t.csv", "-o", out)
    assert out.read_text() == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.csv", "t.csv"]


# ---- evaluate, show -------------------------------------------------------------------------------


def test_evaluate(model):
    text = good("evaluate", model, PENGUINS)
    assert "344 rows scored with logistic (multiclass)" in text
    assert re.search(r"^  accuracy +0\.9\d+ +0\.\d+ – [01]\.\d+ +0\.\d+$", text, re.M)
    assert "truth \\ predicted" in text
    done = as_json("evaluate", model, PENGUINS, "--metrics", "accuracy,log_loss")
    assert list(done["metrics"]["test"]) == ["accuracy", "log_loss"]
    assert done["rows"] == 344
    predicted = [row["prediction"] for row in rows_of(good("predict", model, PENGUINS))]
    truth = [row["species"] for row in rows_of(PENGUINS.read_text())]
    share = sum(p == t for p, t in zip(predicted, truth)) / len(truth)
    assert abs(done["metrics"]["test"]["accuracy"] - share) < 1e-12


def test_evaluate_needs_the_target(model, tmp_path):
    table = tmp_path / "t.csv"
    lines = PENGUINS.read_text().splitlines()
    table.write_text("\n".join(line.split(",", 1)[1] for line in lines))
    assert "species" in refused(3, "evaluate", model, table)
    assert "acuracy" in refused(2, "evaluate", model, PENGUINS, "--metrics", "acuracy")


def test_show(model):
    text = good("show", model)
    for part in ("task", "trained on", "columns", "steps and model", "accuracy", "what the model looks at"):
        assert part in text
    shown = as_json("show", model)
    assert shown["task"] == "multiclass" and shown["classes"] == ["Adelie", "Chinstrap", "Gentoo"]
    assert [column["name"] for column in shown["schema"]] == list(ROW)
    assert shown["model"]["kind"] == "logistic" and shown["metrics"]["test"]["accuracy"] > 0.9
    assert re.fullmatch(r"[0-9a-f]{64}", shown["model_hash"])


def test_files_that_are_no_models(model, tmp_path):
    bad = tmp_path / "bad.hone"
    whole = model.read_bytes()
    for bytes_ in (b"", b"hone", PENGUINS.read_bytes(), whole[:-1], whole[: len(whole) // 2],
                   whole[:200] + bytes([whole[200] ^ 1]) + whole[201:]):
        bad.write_bytes(bytes_)
        assert "bad.hone" in refused(3, "show", bad)
        refused(3, "predict", bad, "--row", "{}")
        refused(3, "evaluate", bad, PENGUINS)


# ---- signals and the terminal ---------------------------------------------------------------------


def long_training(tmp_path):
    """Words of a training that takes a while, and the folder that it runs in."""
    table = tmp_path / "long.csv"
    lines = ["a,b,c,d,e,f,y"]
    for i in range(60000):
        lines.append(",".join(str((i * k) % 9973) for k in (7919, 104729, 1299709, 31, 17, 13)) + f",{i * i % 2003}")
    table.write_text("\n".join(lines) + "\n")
    return ["train", "long.csv", "--target", "y", "--model", "gbdt", "--set", "n_estimators=100000",
            "--set", "early_stopping=off", "--threads", "2"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_leaves_nothing_behind(tmp_path, number):
    words = long_training(tmp_path)
    process = subprocess.Popen([HONE, *words, "--json"], cwd=tmp_path, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=plain_environment())
    time.sleep(2.5)
    assert process.poll() is None
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 4
    assert json.loads(out)["error"]["code"] == "cancelled"
    assert "nothing was written" in err
    assert [p.name for p in tmp_path.iterdir()] == ["long.csv"]


def test_progress_on_a_terminal(tmp_path):
    words = long_training(tmp_path)
    ours, theirs = pty.openpty()
    process = subprocess.Popen([HONE, *words], cwd=tmp_path, stdout=subprocess.PIPE, stderr=theirs,
                               env=plain_environment())
    os.close(theirs)
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    said = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        said += piece
    os.close(ours)
    text = said.decode()
    assert "/100,000 " in text and "/s" in text and "left" in text
    assert text.count("\r") < 10 * 6 + 10
    assert text.rstrip().endswith("nothing was written")


def test_no_progress_without_a_terminal(tmp_path):
    done = run("train", PENGUINS, "--target", "species", "-o", tmp_path / "m.hone")
    assert done.stderr == ""


# ---- sample ---------------------------------------------------------------------------------------

def test_sample(tmp_path):
    """Rows in the columns that the model takes and the component of each; a seed says which."""
    good("train", PENGUINS, "--task", "cluster", "--model", "gaussian_mixture", "--set", "n_components=3",
         "--ignore", "species,island,sex,year", "-o", tmp_path / "m.hone")
    drawn = good("sample", tmp_path / "m.hone", "-n", "500", "--seed", "3")
    head, *rows = drawn.splitlines()
    assert head.startswith("bill_length_mm,") and head.endswith(",component") and len(rows) == 500
    assert {"0", "2"} <= {row.rsplit(",", 1)[1] for row in rows} <= {"0", "1", "2"}
    good("sample", tmp_path / "m.hone", "-n", "500", "--seed", "3", "--threads", "1", "-o", tmp_path / "drawn.csv")
    assert (tmp_path / "drawn.csv").read_text() == drawn
    assert good("sample", tmp_path / "m.hone", "-n", "500", "--seed", "4") != drawn
    good("train", PENGUINS, "--target", "species", *FAST, "-o", tmp_path / "l.hone")
    assert "gaussian_mixture" in refused(4, "sample", tmp_path / "l.hone")
