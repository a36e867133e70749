"""Who may ask, and that the token stays where it is."""

import os

import pytest
from serving import ROW, hone

TOKEN = "a-token-of-some-length-0123456789"


def bearer(token):
    return {"headers": {"Authorization": f"Bearer {token}"}}


@pytest.mark.parametrize("way", ["environment", "file", "option"])
def test_token(models, serve, tmp_path, way):
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    words = {"environment": [], "file": ["--token-file", file], "option": ["--token", TOKEN]}[way]
    env = {"HONE_TOKEN": TOKEN} if way == "environment" else {}
    server = serve(models["flowers"], *words, "--access-log", env=env)
    assert server.post("/predict", ROW, **bearer(TOKEN)).status == 200
    assert server.post("/predict", ROW, headers={"Authorization": f"bearer {TOKEN}"}).status == 200
    given = [None, "", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "x" * 1000, TOKEN + " ", "\x01"]
    for token in given:
        answer = server.post("/predict", ROW, **({} if token is None else bearer(token)))
        assert answer.status == 401, token
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert server.post("/predict", ROW, headers={"Authorization": f"Basic {TOKEN}"}).status == 401
    answers = [server.get(p, **bearer(TOKEN)) for p in ("/metrics", "/openapi.json", "/v1/models", "/", "/v1/models/flowers")]
    assert all(a.status == 200 for a in answers)
    assert all(server.get(p).status == 401 for p in ("/metrics", "/openapi.json", "/v1/models", "/nothing"))
    assert server.get("/health").status == 200
    assert not any(TOKEN.encode() in a.body for a in answers)
    assert server.stop() == 0
    assert "/predict" in server.log() and TOKEN not in server.log()


def test_a_large_body_without_a_token(models, serve):
    server = serve(models["flowers"], env={"HONE_TOKEN": TOKEN})
    assert server.post("/predict", b" " * 3000000).status == 401


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_beyond_this_machine_only_with_a_token(models, serve, host):
    plain = {k: v for k, v in os.environ.items() if k != "HONE_TOKEN"}
    for env in (plain, {**plain, "HONE_TOKEN": ""}):
        done = hone("serve", models["flowers"], "--host", host, "--port", "0", check=False, env=env)
        assert done.returncode == 2
        assert "token" in done.stderr and "127.0.0.1" in done.stderr
    if host == "0.0.0.0":
        server = serve(models["flowers"], "--host", host, env={"HONE_TOKEN": TOKEN})
        server.host = "127.0.0.1"
        assert server.post("/predict", ROW).status == 401
        assert server.post("/predict", ROW, **bearer(TOKEN)).status == 200


def test_poor_tokens(models, tmp_path):
    for token in ("short", "x" * 300):
        done = hone("serve", models["flowers"], "--port", "0", check=False, env={**os.environ, "HONE_TOKEN": token})
        assert done.returncode == 2
        assert "16 to" in done.stderr and token not in done.stderr
    done = hone("serve", models["flowers"], "--token-file", tmp_path / "none", "--port", "0", check=False)
    assert done.returncode == 4 and "none" in done.stderr


def test_no_line_is_forged(models, serve):
    server = serve(models["flowers"], "--access-log")
    server.get("/x%0ahone:%20forged%1b[31m")
    assert server.stop() == 0
    assert "\nhone: forged" not in server.log() and "\x1b" not in server.log()
