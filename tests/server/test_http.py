"""The protocol: paths, methods, sizes, connections, slow and strange clients."""

import json
import socket
import threading
import time

import pytest
from serving import ROW, hone
from openapi_spec_validator import OpenAPIV31SpecValidator

BODY = json.dumps(ROW).encode()


def request(body=BODY, version="1.1", *headers):
    lines = [f"POST /predict HTTP/{version}", "Host: x", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def read_answers(sock, n):
    """(status, body) of n answers on one connection, in order."""
    file = sock.makefile("rb")
    answers = []
    for _ in range(n):
        status = int(file.readline().split(b" ")[1])
        length = 0
        while (line := file.readline().strip()):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        answers.append((status, file.read(length)))
    return answers


def closed(sock):
    """Whether the other side has ended the connection, without a further byte."""
    try:
        return sock.recv(1) == b""
    except ConnectionResetError:
        return True


# ---- routes ------------------------------------------------------------------------------------


def test_starting_says_where(server):
    assert server.started["models"] == 2 and server.started["url"].startswith("http://127.0.0.1:")


def test_get_routes(server):
    health = server.get("/health").json()
    assert health["status"] == "healthy" and health["models"] == ["flowers", "length"]
    assert server.get("/v1/models").json() == {"models": ["flowers", "length"]}
    assert "predict" in server.get("/").json()
    assert server.get("/health?x=1").status == 200


def test_describe(server, models):
    told = server.get("/v1/models/flowers").json()
    shown = json.loads(hone("show", models["flowers"], "--json").stdout)
    assert told["model_hash"] == shown["model_hash"]
    assert told["model"] == shown["model"]


def test_many_models(server):
    one, other = (server.post(f"/v1/models/{m}/predict", ROW) for m in ("flowers", "length"))
    assert one.body == server.post("/predict", ROW).body
    assert other.status == 400 and other.json()["column"] == "kind"  # which it takes as an input


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/predict/", "/v1/models/", "/v1/models//predict", "/v1/models/flowers/predict/x",
     "//", "/%2e%2e/etc/passwd"],
)
def test_not_found(server, path):
    for answer in (server.get(path), server.post(path, ROW)):
        assert answer.status == 404
        assert answer.json()["status"] == "error"


def test_no_such_model(server):
    for answer in (server.get("/v1/models/none"), server.post("/v1/models/none/predict", ROW)):
        assert answer.status == 404 and "/v1/models" in answer.json()["error"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "BREW"])
def test_predict_takes_post(server, method):
    answer = server.ask(method, "/predict")
    assert answer.status == 405
    assert answer.headers["Allow"] == "POST, OPTIONS"


@pytest.mark.parametrize("path", ["/health", "/metrics", "/openapi.json", "/v1/models", "/"])
def test_get_routes_take_get(server, path):
    answer = server.post(path, "{}")
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    head, get = server.ask("HEAD", path), server.get(path)
    assert head.status == 200 and head.body == b""
    assert head.headers["Content-Type"] == get.headers["Content-Type"]
    if path != "/metrics":
        assert head.headers["Content-Length"] == str(len(get.body))


def test_options(server, models, serve):
    answer = server.ask("OPTIONS", "/predict")
    assert answer.status == 204 and answer.headers["Allow"] == "POST, OPTIONS"
    assert answer.headers["Access-Control-Allow-Origin"] is None
    other = serve(models["flowers"], "--cors", "https://a.example", "--token", "t" * 20)
    answer = other.ask("OPTIONS", "/predict")  # browsers ask without a token
    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "https://a.example"
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    refused = other.post("/predict", ROW)
    assert refused.status == 401
    assert refused.headers["Access-Control-Allow-Origin"] == "https://a.example"


def test_openapi(server):
    document = server.get("/openapi.json").json()
    OpenAPIV31SpecValidator(document).validate()
    rows = document["components"]["schemas"]["flowers.row"]["properties"]
    assert list(rows) == list(ROW)
    assert "number" in rows["length"]["type"] and rows["colour"]["examples"] == ["blue", "green", "red"]
    assert {"/predict", "/v1/models/flowers/predict", "/v1/models/length/predict"} <= set(document["paths"])


def test_metrics_count(server):
    before = server.metrics()
    for _ in range(3):
        server.post("/predict", [ROW, ROW])
    server.post("/predict", "{")
    server.get("/nothing")
    after = server.metrics()
    grown = lambda name: after[name] - before[name]
    assert grown('hone_requests_total{route="predict",code="2xx"}') == 3
    assert grown('hone_requests_total{route="predict",code="4xx"}') == 1
    assert grown('hone_requests_total{route="other",code="4xx"}') == 1
    assert grown("hone_rows_predicted_total") == 6
    assert grown("hone_predict_seconds_count") == 4
    buckets = [v for k, v in after.items() if k.startswith("hone_predict_seconds_bucket")]
    assert buckets == sorted(buckets) and buckets[-1] == after["hone_predict_seconds_count"]
    assert after["hone_requests_in_flight"] == 1  # the one that asks


# ---- connections -------------------------------------------------------------------------------


def test_keep_alive(server):
    connection = server.connect()
    connection.connect()
    first = connection.sock
    for path, body, code in [("/predict", BODY, 200), ("/predict", b"{", 400), ("/none", b"", 404)] * 3:
        connection.request("POST", path, body)
        got = connection.getresponse()
        got.read()
        assert got.status == code and connection.sock is first
    connection.close()


def test_pipelining(server):
    alone = server.post("/predict", ROW).body
    with server.socket() as sock:
        sock.sendall(request() * 5 + request(b"{") + request())
        answers = read_answers(sock, 7)
    assert [status for status, _ in answers] == [200] * 5 + [400, 200]
    assert answers[6][1] == answers[0][1] == alone


def test_http_1_0(server):
    with server.socket() as sock:
        sock.sendall(request(BODY, "1.0"))
        assert read_answers(sock, 1)[0][0] == 200
        assert closed(sock)
    with server.socket() as sock:
        sock.sendall(request(BODY, "1.0", "Connection: keep-alive"))
        assert read_answers(sock, 1)[0][0] == 200


def test_a_request_in_pieces(server):
    with server.socket() as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request():
            sock.send(bytes([byte]))
        assert read_answers(sock, 1) == [(200, server.post("/predict", ROW).body)]


def test_chunked(server):
    chunks = (BODY[i : i + 7] for i in range(0, len(BODY), 7))
    connection = server.connect()
    connection.request("POST", "/predict", chunks, encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
    assert connection.getresponse().read() == server.post("/predict", ROW).body
    connection.close()


def test_expect_continue(server):
    with server.socket() as sock:
        head, body = request(BODY, "1.1", "Expect: 100-continue").split(b"\r\n\r\n")
        sock.sendall(head + b"\r\n\r\n")
        assert sock.recv(100).startswith(b"HTTP/1.1 100 ")
        sock.sendall(body)
        assert read_answers(sock, 1)[0][0] == 200


# ---- too much ----------------------------------------------------------------------------------


def test_a_body_at_the_limit(server):
    assert server.post("/predict", BODY + b" " * (100000 - len(BODY))).status == 200
    assert server.post("/predict", BODY + b" " * (100001 - len(BODY))).status == 413


def test_too_large_with_a_length(server):
    for size in (100001, 5000000):
        answer = server.post("/predict", b" " * size)
        assert answer.status == 413 and "--max-body" in answer.json()["error"]


def test_too_large_in_chunks(server):
    connection = server.connect()
    connection.request(
        "POST", "/predict", (b" " * 10000 for _ in range(100)), encode_chunked=True,
        headers={"Transfer-Encoding": "chunked"},
    )
    assert connection.getresponse().status == 413
    connection.close()


def test_too_large_is_told_before_the_body(server):
    with server.socket() as sock:
        sock.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\nExpect: 100-continue\r\n\r\n")
        assert read_answers(sock, 1)[0][0] == 413
    with server.socket() as sock:
        sock.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999\r\n\r\n")
        assert read_answers(sock, 1)[0][0] == 413
        assert closed(sock)


@pytest.mark.parametrize(
    "head",
    [b"nonsense\r\n\r\n", b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
     b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"\0\0\0\0\r\n\r\n",
     b"GET /" + b"a" * 60000 + b" HTTP/1.1\r\n\r\n",
     b"GET /health HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 60000 + b"\r\n\r\n"],
)
def test_strange_clients_do_no_harm(server, head):
    with server.socket() as sock:
        try:
            sock.sendall(head)
            sock.shutdown(socket.SHUT_WR)
            got = sock.recv(1000)
        except OSError:  # it may have hung up already
            got = b""
    assert got == b"" or got.startswith(b"HTTP/1.1 4")
    assert server.post("/predict", ROW).status == 200


def test_clients_that_leave(server):
    whole = request()
    for cut in (1, 40, len(whole) - 5, len(whole)):
        for _ in range(20):
            with server.socket() as sock:
                sock.sendall(whole[:cut])
    assert server.post("/predict", ROW).status == 200
    for _ in range(100):
        if server.metrics()["hone_requests_in_flight"] == 1:
            return
        time.sleep(0.05)
    raise AssertionError("requests of clients that left are still counted")


def test_silence_ends_a_connection(models, serve):
    server = serve(models["flowers"], "--timeout", "1")
    idle, begun = server.socket(), server.socket()
    begun.sendall(request()[:-5])
    assert server.post("/predict", ROW).status == 200
    start = time.monotonic()
    assert closed(idle) and closed(begun)
    assert time.monotonic() - start < 10
    assert server.stop() == 0


def test_slow_clients_do_not_hold_others_up(server):
    slow = [server.socket() for _ in range(50)]
    for sock in slow:
        sock.sendall(request()[:60])
    assert all(server.post("/predict", ROW).status == 200 for _ in range(20))
    for sock in slow:
        sock.sendall(request()[60:])
        assert read_answers(sock, 1)[0][0] == 200
        sock.close()


def test_many_clients_at_once(server):
    expected, wrong = server.post("/predict", ROW).body, []

    def ask():
        connection = server.connect()
        for _ in range(50):
            connection.request("POST", "/predict", BODY)
            got = connection.getresponse().read()
            if got != expected:
                wrong.append(got)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_port_is_taken(server, models):
    done = hone("serve", models["flowers"], "--port", server.port, check=False)
    assert done.returncode == 4
    assert f"port {server.port}" in done.stderr and "in use" in done.stderr


def test_nothing_to_serve(tmp_path):
    for source in (tmp_path / "none.hone", tmp_path):
        done = hone("serve", source, "--port", "0", check=False)
        assert done.returncode in (2, 3, 4) and str(tmp_path) in done.stderr or "no model" in done.stderr


def test_a_single_thread(models, serve):
    server = serve(models["flowers"], "--pool", "1")
    assert server.post("/predict", ROW).status == 200
    assert server.stop() == 0
