"""POST /predict: what it answers, and what it says to rows that it does not take."""

import csv
import json
import math

import pytest
from program import SHARED
from serving import ROW, hone, train


def check(server, body, code, *words, path="/predict", **members):
    answer = server.post(path, body)
    assert answer.status == code, answer.body
    assert answer.headers["Content-Type"] == "application/json"
    told = answer.json()
    assert told["status"] == "error"
    for word in words:
        assert word in told["error"], told
    for key, value in members.items():
        assert told[key] == value, told


def test_one_row(server):
    got = server.post("/predict", ROW).json()
    assert list(got) == ["prediction", "probability", "probabilities", "status"]
    assert got["status"] == "success"
    assert got["prediction"] in ("rose", "lily")
    assert got["probability"] == got["probabilities"][got["prediction"]]
    assert sum(got["probabilities"].values()) == pytest.approx(1)


def test_a_number(server):
    row = {"width": 1.25, "colour": "red", "wild": True, "kind": "rose"}
    got = server.post("/v1/models/length/predict", row).json()
    assert list(got) == ["prediction", "status"] and math.isfinite(got["prediction"])


def test_many_rows(server):
    rows = [ROW, {**ROW, "colour": "blue"}, {**ROW, "width": None}]
    each = [server.post("/predict", row).json() for row in rows]
    for one in each:
        del one["status"]
    for body in (rows, {"rows": rows}, {"instances": rows}):
        assert server.post("/predict", body).json() == {"predictions": each, "status": "success"}
    assert server.post("/predict", []).json() == {"predictions": [], "status": "success"}


def test_features(server):
    by_name = server.post("/predict", ROW).body
    values = list(ROW.values())
    assert server.post("/predict", {"features": values}).body == by_name
    assert server.post("/predict", values).body == by_name
    two = server.post("/predict", [{"features": values}, values]).json()["predictions"]
    assert two[0] == two[1]


def test_order_and_known_columns_do_not_matter(server):
    plain = server.post("/predict", ROW).body
    assert server.post("/predict", dict(reversed(ROW.items()))).body == plain
    assert server.post("/predict", {"id": "f9", "kind": "lily", **ROW}).body == plain


def test_missing_values(server):
    """null is missing; a category never seen is unknown; both have answers."""
    for change in ({"width": None}, {"colour": None}, {"colour": "ultraviolet"}):
        assert server.post("/predict", {**ROW, **change}).status == 200


@pytest.mark.parametrize("prefix", ["", "\ufeff", " \r\n\t"])
def test_json_forms(server, prefix):
    text = prefix + '{"le\\u006egth":35e-1,"width":1.25,"colour":"r\\u0065d","wild":true}'
    assert server.post("/predict", text.encode()).body == server.post("/predict", ROW).body


def test_unknown_column_names_the_nearest(server):
    check(server, {**ROW, "colours": "red"}, 400, "'colours'", "did you mean 'colour'", column="colours")
    check(server, {**ROW, "zzzzzzz": 1}, 400, "unknown column 'zzzzzzz'", column="zzzzzzz")


def test_wrong_types(server):
    check(server, {**ROW, "length": "long"}, 400, "'length'", "a number", "'long'", column="length", row=0)
    check(server, {**ROW, "wild": "yes"}, 400, "true or false", column="wild")
    check(server, {**ROW, "colour": ["red"]}, 400, "a text", "a list", column="colour")
    check(server, [ROW, ROW, {**ROW, "length": {}}], 400, "'length'", column="length", row=2)
    check(server, {"features": ["x", 1, "red", True]}, 400, column="length")


def test_missing_column(server):
    check(server, {"length": 1, "width": 1, "wild": True}, 400, "'colour' is missing", column="colour")
    check(server, {}, 400, "missing", column="length")


def test_wrong_number_of_features(server):
    check(server, {"features": [1, 2, 3]}, 400, "3 features", "takes 4")
    check(server, {"features": [1, 2, "red", True, 5]}, 400, "5 features")
    check(server, {"features": []}, 400, "0 features")
    check(server, [list(ROW.values()), [1]], 400, "1 features", row=1)


def test_not_a_row(server):
    for body in ("3", '"text"', "true", "null"):
        check(server, body, 400, "a row is an object")
    check(server, [ROW, 3], 400, "a row is an object", row=1)


def test_broken_json(server):
    check(server, "", 400, "line 1, column 1", "nothing here", line=1)
    check(server, '{"length": 1,\n "width": }', 400, "line 2, column 11", line=2)
    check(server, '{"length": 1', 400, "line 1, column 13")
    check(server, "length=1&width=2", 400, "line 1")
    check(server, b'{"colour": "\xff"}', 400, "line 1")
    check(server, b'{"length": 1}\0', 400, "line 1")
    check(server, '{"length": 1, "length": 2}', 400, "twice", "'length'")
    check(server, '{"length": NaN}', 400, "line 1")
    check(server, "[" * 100 + "]" * 100, 400, "64 deep")
    check(server, "[" * 50000, 400)


def test_a_column_called_features(tmp_path, serve):
    table = tmp_path / "t.csv"
    table.write_text("features,y\n" + "".join(f"{i % 7},{i % 7 * 2}\n" for i in range(60)))
    server = serve(train(table, "y", tmp_path / "m.hone", "--model", "gbdt"))
    assert server.post("/predict", {"features": 3}).status == 200


def read_csv(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("model", ["gbdt", "logistic"])
def test_same_bits_everywhere(tmp_path, serve, model):
    """File, --row and server give the same text for the same rows of a real table."""
    table = SHARED / "data/tabular/telco_churn/Telco-Customer-Churn.csv"
    if not table.exists():
        pytest.skip(f"no {table}")
    path = train(table, "Churn", tmp_path / "m.hone", "--model", model)
    lines = table.read_text().splitlines()
    some = tmp_path / "some.csv"
    # Every 35th row, and the first that have no TotalCharges.
    chosen = lines[1::35] + [line for line in lines if line.split(",")[19].strip() == ""][:5]
    some.write_text("\n".join([lines[0], *chosen]) + "\n")
    hone("predict", path, some, "-o", tmp_path / "out.csv", "--quiet")
    from_file = read_csv(tmp_path / "out.csv")

    schema = json.loads(hone("show", path, "--json").stdout)["schema"]
    numbers = {c["name"] for c in schema if c["type"] in ("float64", "int64")}
    rows = []
    for cells in read_csv(some):
        row = {key: value for key, value in cells.items() if key not in ("Churn", "customerID")}
        for key in numbers & set(row):
            row[key] = float(row[key]) if row[key].strip() else None
        rows.append(row)

    server = serve(path)
    at_once = server.post("/predict", rows).json()["predictions"]
    assert len(at_once) == len(from_file) == len(rows) > 200
    for i, (row, listed, filed) in enumerate(zip(rows, at_once, from_file)):
        alone = server.post("/predict", row).json()
        assert {**listed, "status": "success"} == alone
        assert listed["prediction"] == filed["prediction"]
        # Both print the shortest text that reads back as the same double.
        assert listed["probability"] == float(filed["probability"])
        for name, p in listed["probabilities"].items():
            assert p == float(filed["probability_" + name])
        if i % 40 == 0:
            said = hone("predict", path, "--row", json.dumps(row)).stdout
            assert json.loads(said) == listed


def test_several_targets(models, serve):
    """By target, in the bits that a table gets, and as the API's description says."""
    server = serve(models["both"])
    row = {"length": 3.5, "width": 1.25, "wild": True}
    rows = [row, {**row, "length": 9.0}, {**row, "width": None}]
    served = server.post("/predict", rows).json()["predictions"]
    batch = json.loads(hone("predict", models["both"], "--row", json.dumps(rows)).stdout)
    assert served == batch == [{k: v for k, v in server.post("/predict", r).json().items() if k != "status"} for r in rows]
    for answer in served:
        assert list(answer) == ["prediction", "probability", "probabilities"]
        for target, label in answer["prediction"].items():
            assert answer["probability"][target] == answer["probabilities"][target][label]
    schema = server.get("/openapi.json").json()["components"]["schemas"]["both.answer"]["properties"]
    for key in ("prediction", "probability", "probabilities"):
        assert list(schema[key]["properties"]) == ["kind", "colour"]
