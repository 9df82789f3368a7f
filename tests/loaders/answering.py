"""A server on the loopback interface that answers every question as a test says."""

import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl


class Question(NamedTuple):
    """What a client asked; `form` is that of a POST."""

    path: str
    form: Mapping[str, str]
    headers: Mapping[str, str]


class Reply(NamedTuple):
    """What it is told. A `Content-Length` beyond `body` cuts the answer short.

    A `Date` stands in for the server's clock.
    """

    status: int = 200
    body: str | bytes = ""
    headers: Mapping[str, str] = {}


@contextmanager
def answering(
    reply: Callable[[Question], Reply], certificate: Path | None = None
) -> Iterator[str]:
    """Serve; gives the URL. `certificate` is a PEM file with its key, for TLS."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            form = dict(parse_qsl(self.rfile.read(length).decode()))
            answer = reply(Question(self.path, form, dict(self.headers)))
            body = answer.body
            body = body.encode() if isinstance(body, str) else body
            headers = {"Content-Length": str(len(body)), **answer.headers}
            if "Date" in headers:
                self.send_response_only(answer.status)
            else:
                self.send_response(answer.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        scheme = "http"
        if certificate is not None:
            scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"{scheme}://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def self_signed(folder: Path) -> Path:
    """A certificate of 127.0.0.1 that nobody vouches for, with its key."""
    pem, key = folder / "server.pem", folder / "server.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(key), "-out", str(pem)]
    subprocess.run(command, check=True, capture_output=True)
    pem.write_text(pem.read_text() + key.read_text())
    return pem


def all_regular(reply: Callable[[Question], Reply]) -> Callable[[Question], Reply]:
    """`reply`, but a Prometheus asked for irregular half-hours knows of none.

    It does not say how long it keeps its samples, either.
    """
    none = '{"status": "success", "data": {"result": []}}'

    def answer(question: Question) -> Reply:
        if question.path.endswith("/runtimeinfo"):
            return Reply(body='{"status": "success", "data": {}}')
        if "resets(" in question.form.get("query", ""):
            return Reply(body=none)
        return reply(question)

    return answer
