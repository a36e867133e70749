"""Stopping: whoever got in gets an answer."""

import http.client
import json
import signal
import threading
import time

import pytest
from serving import ROW
from test_http import request, read_answers, closed

BODY = json.dumps(ROW)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_exit_code(models, serve, number):
    server = serve(models["flowers"])
    assert server.post("/predict", ROW).status == 200
    assert server.stop(number) == 0


class Client(threading.Thread):
    """Sends requests until the server takes no more. A request that was sent and not answered is
    lost; a connection that is refused, or closed where the last answer said so, is not."""

    def __init__(self, server, keep):
        super().__init__()
        self.server, self.keep = server, keep
        self.sent = self.answered = 0
        self.lost = []

    def run(self):
        connection = None
        while True:
            if connection is None:
                connection = self.server.connect()
                try:
                    connection.connect()
                except OSError:
                    return  # refused: nobody is let in any more
            try:
                self.sent += 1
                connection.request("POST", "/predict", BODY)
                got = connection.getresponse()
                assert got.status == 200 and json.loads(got.read())["status"] == "success"
                self.answered += 1
            except (OSError, http.client.HTTPException) as problem:
                self.lost.append(repr(problem))
                return
            if not self.keep or got.will_close:
                connection.close()
                connection = None


@pytest.mark.parametrize("keep", [True, False], ids=["connections", "connection per request"])
def test_nothing_is_lost_under_load(models, serve, keep):
    for _ in range(3):
        server = serve(models["flowers"])
        clients = [Client(server, keep) for _ in range(24)]
        for client in clients:
            client.start()
        while sum(client.answered for client in clients) < 200:
            time.sleep(0.01)
        assert server.stop() == 0
        for client in clients:
            client.join()
        assert [client.lost for client in clients if client.lost] == []
        assert sum(c.sent for c in clients) == sum(c.answered for c in clients) >= 200
        assert server.log() == ""


def test_a_request_half_sent_is_waited_for(models, serve):
    server = serve(models["flowers"])
    sock = server.socket()
    sock.sendall(request()[:-5])
    time.sleep(0.3)  # it must have begun
    ended = []
    stopping = threading.Thread(target=lambda: ended.append(server.stop()))
    stopping.start()
    time.sleep(1)
    assert ended == []
    with pytest.raises(OSError):
        server.socket()
    sock.sendall(request()[-5:])
    assert read_answers(sock, 1)[0][0] == 200
    assert closed(sock)
    stopping.join()
    assert ended == [0]


def test_but_not_for_ever(models, serve):
    server = serve(models["flowers"], "--drain", "0.5")
    sock = server.socket()
    sock.sendall(request()[:-5])
    time.sleep(0.3)
    start = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - start < 5
    assert closed(sock)


def test_idle_connections_hold_nothing_up(models, serve):
    server = serve(models["flowers"])
    idle = [server.socket() for _ in range(50)]
    idle[0].sendall(request())
    assert read_answers(idle[0], 1)[0][0] == 200
    start = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - start < 5
    assert all(closed(sock) for sock in idle)
