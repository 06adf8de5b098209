"""The real server in a thread of the test process, and a client that says what it means."""

import http.client
import json
import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode, urlsplit

import uvicorn

from dealflow.core.time import Instant
from dealflow.server.app import App
from dealflow.server.config import Config
from dealflow.server.serve import address, listen, uvicorn_config
from tests.support.declared import undeclared

PATIENCE_S: Final = 30
# Every token that a client of this test run signed in with.
used_tokens: Final[set[str]] = set()
Json = Any


class _Server(uvicorn.Server):
    """Leaves the signals to the test run."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Response(NamedTuple):
    """`body` is the JSON document, or the bytes where it is none. Header names are lower case."""

    status: int
    body: Json
    headers: Mapping[str, str]
    raw: bytes

    @property
    def data(self) -> Json:
        return self.body["data"]


class Served:
    """A server on a loopback port; `stop` ends it."""

    def __init__(self, database: str, clock: Callable[[], Instant], **settings: Any) -> None:
        """`settings` are those of `Config`."""
        self._socket = listen("127.0.0.1", 0)
        self.url = address(self._socket)
        self._server = _Server(uvicorn_config(App(Config(database=database, **settings), clock)))
        self._connections: list[http.client.HTTPConnection] = []
        self._local = threading.local()
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, name="server")
        self._thread.start()
        deadline = time.monotonic() + PATIENCE_S
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("the server did not start")
            time.sleep(0.005)

    def stop(self) -> None:
        for connection in self._connections:
            connection.close()
        self._server.should_exit = True
        self._thread.join(PATIENCE_S)
        self._socket.close()

    def send(self, method: str, target: str, body: bytes | None, headers: Mapping[str, str]) -> Response:
        """One request over this thread's connection, which is opened again when the server closed it."""
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            parts = urlsplit(self.url)
            connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_S)
            self._local.connection = connection
            self._connections.append(connection)
        if connection.sock is not None and select.select([connection.sock], [], [], 0)[0]:
            connection.close()
        connection.request(method, target, body, dict(headers))
        answer = connection.getresponse()
        raw = answer.read()
        found = {name.lower(): value for name, value in answer.getheaders()}
        is_json = found.get("content-type", "").startswith("application/json") and "content-encoding" not in found
        if not (is_json and raw):
            return Response(answer.status, raw, found, raw)
        document = json.loads(raw)
        problem = undeclared(method, target, answer.status, document)
        assert not problem, f"{method} {target}: {problem}"
        return Response(answer.status, document, found, raw)


class Client:
    """A user of one company. `token` signs in through the `x-api-token` header; None sends none."""

    def __init__(self, served: Served, token: str | None, user_id: int = 0) -> None:
        self.served = served
        self.token = token
        self.user_id = user_id
        if token is not None:
            used_tokens.add(token)

    def call(
        self,
        method: str,
        path: str,
        json_body: Json = None,
        *,
        form: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Response:
        """One request. `json_body`, `form` and `raw` are three ways to say the body."""
        sent = {} if self.token is None else {"x-api-token": self.token}
        body = raw
        if json_body is not None:
            body = json.dumps(json_body, ensure_ascii=False).encode()
            sent["Content-Type"] = "application/json"
        elif form is not None:
            body = urlencode(form, doseq=True).encode()
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        target = f"{path}?{urlencode(query, doseq=True)}" if query else path
        return self.served.send(method, target, body, sent | dict(headers or {}))

    def get(self, path: str, **query: object) -> Response:
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Json = None) -> Response:
        return self.call("POST", path, {} if body is None else body)

    def put(self, path: str, body: Json = None) -> Response:
        return self.call("PUT", path, {} if body is None else body)

    def patch(self, path: str, body: Json = None) -> Response:
        return self.call("PATCH", path, {} if body is None else body)

    def delete(self, path: str, **query: object) -> Response:
        return self.call("DELETE", path, query=query)
