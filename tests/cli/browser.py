"""A real browser, driven by Chrome's DevTools protocol over a pipe; nothing but Python's own library is needed."""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

PROGRAMS = ("chromium", "chromium-headless-shell", "google-chrome", "chrome")
FLAGS = ("--headless", "--no-sandbox", "--remote-debugging-pipe", "--disable-gpu", "--disable-dev-shm-usage",
         "--no-first-run", "--disable-extensions", "--disable-background-networking", "--hide-scrollbars")


def program():
    """The browser's path, or None."""
    named = os.environ.get("HONE_CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, PROGRAMS)), None)


class Browser:
    """One headless browser; with Browser() as b: page = b.open(path, width)."""

    def __enter__(self):
        self.home = tempfile.mkdtemp(prefix="hone-browser-")
        # The browser reads commands from 3 and answers on 4; ours must not lie there.
        theirs_in, ours_out = (fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in os.pipe())
        ours_in, theirs_out = (fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in os.pipe())
        self.process = subprocess.Popen(
            [program(), *FLAGS, f"--user-data-dir={self.home}", "about:blank"], pass_fds=(3, 4),
            preexec_fn=lambda: (os.dup2(theirs_in, 3), os.dup2(theirs_out, 4)), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "HOME": self.home})
        os.close(theirs_in)
        os.close(theirs_out)
        self.pipe, self.rest, self.number, self.events = (ours_in, ours_out), b"", 0, []
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
            self.process.wait(10)
        except (OSError, AssertionError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        for fd in self.pipe:
            os.close(fd)
        shutil.rmtree(self.home, ignore_errors=True)

    def call(self, method, session=None, **params):
        """The result of one command; events that come in between are kept."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params, **({"sessionId": session} if session else {})}
        os.write(self.pipe[1], json.dumps(message).encode() + b"\0")
        return self.wait(lambda said: said.get("id") == self.number, method)["result"]

    def wait(self, wanted, what, seconds=60):
        end = time.monotonic() + seconds
        while True:
            while b"\0" in self.rest:
                one, _, self.rest = self.rest.partition(b"\0")
                said = json.loads(one)
                assert "error" not in said, (what, said)
                if "method" in said:
                    self.events.append(said)
                if wanted(said):
                    return said
            ready, _, _ = select.select([self.pipe[0]], [], [], max(0, end - time.monotonic()))
            more = os.read(self.pipe[0], 1 << 20) if ready else b""
            assert more, f"the browser does not answer to {what}"
            self.rest += more

    def open(self, path, width, height=900):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return Page(self, session, path, width, height)


class Page:
    """One page in a window of that width. requests: what it asked for, itself left out. faults: what its scripts and
    the browser complain of."""

    def __init__(self, browser, session, path, width, height):
        self.browser, self.session = browser, session
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        del browser.events[:]
        url = path.resolve().as_uri()
        self.call("Page.navigate", url=url)
        self.evaluate("new Promise(done => document.readyState == 'complete' ? done() : addEventListener('load', done))")
        self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        named = lambda *methods: [e["params"] for e in browser.events if e["method"] in methods]
        asked = [e["request"]["url"] for e in named("Network.requestWillBeSent")]
        self.requests = [other for other in asked if other != url]
        self.faults = named("Runtime.exceptionThrown") + [e for e in named("Log.entryAdded")
                                                          if e["entry"]["level"] in ("error", "warning")]

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def evaluate(self, code):
        """The value of a JavaScript expression."""
        said = self.call("Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in said, said["exceptionDetails"]
        return said["result"].get("value")

    def picture(self, path):
        """The whole page as PNG."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))
