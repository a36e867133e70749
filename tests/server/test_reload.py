"""Models that change while they are served."""

import os
import shutil
import threading
import time

import pytest
from serving import ROW, hone


def until(condition, seconds=15):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to be")


def put(source, target):
    """As hone writes models: beside, then renamed."""
    shutil.copy(source, str(target) + ".new")
    os.replace(str(target) + ".new", target)


def answer(server, name=None):
    got = server.post(f"/v1/models/{name}/predict" if name else "/predict", ROW)
    assert got.status == 200, got.body
    return got.json()["prediction"]


@pytest.mark.parametrize("way", ["renamed", "overwritten"])
def test_a_new_model_takes_over(models, serve, tmp_path, way):
    path = tmp_path / "m.hone"
    put(models["flowers"], path)
    server = serve(path)
    before = answer(server)
    (put if way == "renamed" else shutil.copyfile)(models["inverse"], path)
    until(lambda: answer(server) != before)
    assert server.metrics()["hone_models_reloaded_total"] == 1
    assert server.stop() == 0


@pytest.mark.parametrize("damage", ["cut", "garbage", "empty", "gone"])
def test_a_damaged_file_keeps_the_old_model(models, serve, tmp_path, damage):
    path = tmp_path / "m.hone"
    put(models["flowers"], path)
    server = serve(path)
    before, whole = answer(server), path.read_bytes()
    if damage == "gone":
        path.unlink()
        time.sleep(1.5)
    else:
        path.write_bytes({"cut": whole[: len(whole) // 2], "garbage": os.urandom(5000), "empty": b""}[damage])
        until(lambda: server.metrics()["hone_model_load_failures_total"] == 1)
    assert answer(server) == before
    assert server.get("/health").json()["models"] == ["m"]
    if damage != "gone":
        time.sleep(1.5)  # and it is said once, not every second
        assert server.metrics()["hone_model_load_failures_total"] == 1
        assert server.log().count("the old model stays") == 1
    put(models["inverse"], path)
    until(lambda: answer(server) != before)


def test_a_folder(models, serve, tmp_path):
    for name in ("b", "a"):
        put(models["flowers"], tmp_path / f"{name}.hone")
    (tmp_path / "notes.txt").write_text("no model")
    (tmp_path / ".hidden.hone").write_text("no model")
    server = serve(tmp_path)
    assert server.started["models"] == 2
    assert server.get("/v1/models").json() == {"models": ["a", "b"]}
    (tmp_path / "broken.hone").write_text("no model yet")
    put(models["inverse"], tmp_path / "c.hone")
    until(lambda: server.get("/v1/models").json() == {"models": ["a", "b", "c"]})
    assert answer(server, "c") != answer(server, "a") == answer(server)
    until(lambda: "broken" in server.log())
    assert server.post("/v1/models/broken/predict", ROW).status == 404
    put(models["inverse"], tmp_path / "broken.hone")
    until(lambda: "broken" in server.get("/v1/models").json()["models"])
    assert server.stop() == 0


def test_no_reload(models, serve, tmp_path):
    path = tmp_path / "m.hone"
    put(models["flowers"], path)
    server = serve(path, "--no-reload")
    before = answer(server)
    put(models["inverse"], path)
    time.sleep(2)
    assert answer(server) == before


def test_two_of_one_name(models, tmp_path):
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        put(models["flowers"], tmp_path / folder / "m.hone")
    done = hone("serve", tmp_path / "x/m.hone", tmp_path / "y", "--port", "0", check=False)
    assert done.returncode == 2 and "one name" in done.stderr


def test_damaged_at_the_start(tmp_path):
    (tmp_path / "m.hone").write_text("no model")
    done = hone("serve", tmp_path / "m.hone", "--port", "0", check=False)
    assert done.returncode == 3 and "m.hone" in done.stderr


def test_every_answer_is_one_models(models, serve, tmp_path):
    """Under load, an answer is the old model's or the new one's, never a mixture or an error."""
    path = tmp_path / "m.hone"
    put(models["flowers"], path)
    server = serve(path)
    seen, wrong, done = set(), [], threading.Event()
    alone = {models[m]: hone("predict", models[m], "--row", '{"features":[3.5,1.25,"red",true]}').stdout.strip()
             for m in ("flowers", "inverse")}
    legal = {text[:-1] + ',"status":"success"}' for text in alone.values()}

    def ask():
        connection = server.connect()
        while not done.is_set():
            connection.request("POST", "/predict", '{"features":[3.5,1.25,"red",true]}')
            got = connection.getresponse()
            body = got.read().decode()
            (seen.add if body in legal else wrong.append)(body)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for i in range(3):
        put(models["inverse" if i % 2 == 0 else "flowers"], path)
        until(lambda: server.metrics()["hone_models_reloaded_total"] == i + 1)
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == [] and seen == legal
    assert server.stop() == 0
