"""A server as a process of its own, and a client that sends bytes as they are."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess

from program import HONE


def hone(*words, check=True, **more):
    done = subprocess.run([HONE, *map(str, words)], capture_output=True, text=True, **more)
    if check:
        assert done.returncode == 0, done.stderr
    return done


def write_flowers(path, rows=300, flip=False):
    """Numbers, a category, a truth value; some missing; the answer depends on all of them."""
    lines = ["id,length,width,colour,wild,kind"]
    for i in range(rows):
        length, width = (i * 37 % 101) / 10, (i * 53 % 89) / 7
        colour, wild = ("red", "green", "blue")[i * 7 % 3], ("true", "false")[i * 11 % 2]
        score = length - width + 3 * (colour == "red") + 2 * (wild == "true")
        kind = "rose" if (score > 1) != flip else "lily"
        shown = "" if i % 17 == 0 else f"{width:.3f}"
        lines.append(f"f{i},{length},{shown},{colour},{wild},{kind}")
    path.write_text("\n".join(lines) + "\n")
    return path


ROW = {"length": 3.5, "width": 1.25, "colour": "red", "wild": True}


def train(table, target, out, *more):
    hone("train", table, "--target", target, "-o", out, "--quiet", *more)
    return out


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


class Server:
    """A running `hone serve`."""

    def __init__(self, *words, env=None, folder):
        self.errors = open(folder / "serve.err", "w+")
        self.process = subprocess.Popen(
            [HONE, "serve", *map(str, words), "--port", "0", "--json"],
            stdout=subprocess.PIPE, stderr=self.errors, text=True, env={**os.environ, **(env or {})},
        )
        first = self.process.stdout.readline()
        assert first, self.log()
        self.started = json.loads(first)
        self.host, self.port = re.fullmatch(r"http://(.+):(\d+)", self.started["url"]).groups()
        self.port = int(self.port)

    def log(self):
        self.errors.seek(0)
        return self.errors.read()

    def connect(self):
        return http.client.HTTPConnection(self.host, self.port, timeout=20)

    def ask(self, method, path, body=None, headers=None):
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        connection = self.connect()
        try:
            connection.request(method, path, body, headers or {})
            got = connection.getresponse()
            return Answer(got.status, got.headers, got.read())
        finally:
            connection.close()

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def post(self, path, body, **more):
        return self.ask("POST", path, body, **more)

    def socket(self):
        return socket.create_connection((self.host, self.port), timeout=20)

    def metrics(self):
        """{name{labels}: number}, every line checked."""
        lines = self.get("/metrics").body.decode().splitlines()
        found, types = {}, {}
        for line in lines:
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                types[name] = kind
            elif not line.startswith("# HELP "):
                match = re.fullmatch(
                    r'([a-z_:][a-z0-9_:]*)(\{(?:[a-z]+="[^"\\]*",?)+\})? (-?[0-9.e+]+)', line
                )
                assert match, line
                base = re.sub(r"_(bucket|sum|count)$", "", match[1])
                assert types.get(match[1], types.get(base)), line
                assert match[1] + (match[2] or "") not in found, line
                found[match[1] + (match[2] or "")] = float(match[3])
        return found

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        try:
            return self.process.wait(timeout=30)
        finally:
            self.process.stdout.close()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.errors.close()
