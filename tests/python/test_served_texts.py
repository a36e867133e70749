"""Served equals trained for steps that read texts: rows one at a time, unseen spellings among them."""
import random
import numpy as np
import pandas as pd
import pytest

import hone


def dirty(n, seed, unseen):
    rng = random.Random(seed)
    cities = {"Berlin": 3.0, "Hamburg": 1.0, "München": 5.0}
    rows = []
    for _ in range(n):
        city = rng.choice(list(cities))
        price, day, vip = rng.uniform(1, 5000), pd.Timestamp("2020-01-01") + pd.Timedelta(days=rng.randrange(900)), rng.random() < 0.3
        spell = [city, city.upper(), f" {city}", city.lower()] + ([city + city[-1], city[:2] + city[3:], "Köln"] if unseen else [])
        rows.append({"city": rng.choice(spell),
                     "price": rng.choice([f"${price:,.2f}", f"{price:.0f} EUR", f"{price / 1000:.3f}k"] +
                                         (["on request"] if rng.random() < 0.02 or unseen else [])),
                     "day": day.strftime(rng.choice(["%d/%m/%Y", "%Y-%m-%d", "%b %d, %Y", "%d.%m.%Y 14:30"])),
                     "vip": rng.choice(["Yes", "y", "on"] if vip else ["No", "n", "OFF"]),
                     "y": cities[city] + price / 1000 + day.month / 6 + 2 * vip + rng.gauss(0, 0.1)})
    return pd.DataFrame(rows)


STEPS = [{"parse_number": {"columns": ["price"]}}, {"parse_time": {"columns": ["day"]}}, {"parse_bool": {"columns": ["vip"]}},
         {"clean_categories": {"columns": ["city"]}}, {"derive": {"expressions": ["initial = substr(city, 1, 1)"]}},
         {"date_parts": {"columns": ["day"]}}, {"impute": {}}, {"one_hot": {"columns": ["city", "initial"]}}]


@pytest.fixture(scope="module")
def model():
    return hone.train(dirty(600, 1, False), target="y", model="ridge", seed=1, recipe={"steps": STEPS})


def test_trains(model):
    assert model.describe()["metrics"]["test"]["r2"] > 0.97
    steps = {step["kind"]: step["fitted"]["columns"] for step in model.describe()["steps"] if "columns" in step.get("fitted", {})}
    assert steps["parse_time"]["day"]["order"] == "day_first" and steps["clean_categories"]["city"]["after"] == 3


@pytest.mark.parametrize("unseen", [False, True])
def test_served_equals_batch(model, unseen, tmp_path):
    new = dirty(150, 2, unseen).drop(columns="y")
    batch = model.predict(new)["prediction"].to_numpy()
    again = hone.Model.from_bytes(model.to_bytes())
    single = [again.predict(row)["prediction"] for row in new.to_dict("records")]
    np.testing.assert_array_equal(batch, single)
    many = [answer["prediction"] for answer in model.predict(new.to_dict("records"))]
    np.testing.assert_array_equal(batch, many)
    new.to_csv(tmp_path / "new.csv", index=False)
    np.testing.assert_array_equal(model.predict(hone.read(tmp_path / "new.csv")).to_dict()["prediction"], batch)


def test_unseen_spellings_count(model):
    """What training never saw is read: the answer is that of the clean row."""
    clean = {"city": "München", "price": "1250", "day": "2020-02-13", "vip": "Yes"}
    for change in ({"city": "MUNCHEN"}, {"city": " münchen "}, {"price": "1,250.00 EUR"}, {"price": 1250}, {"vip": "TRUE"},
                   {"day": "13/02/2020"}, {"day": "Feb 13, 2020"}):
        assert model.predict({**clean, **change})["prediction"] == model.predict(clean)["prediction"], change
    assert model.predict({**clean, "city": "Berlin"})["prediction"] < model.predict(clean)["prediction"] - 1
