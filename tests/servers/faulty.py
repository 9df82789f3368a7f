"""Good servers behind something that goes wrong on the way."""

import json
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

Talk = Callable[[socket.socket, bytes], None]

LONGEST = 60
OP_MSG = 2013
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"


def answer(status: str, body: str = "", *headers: str) -> Talk:
    """A whole answer of another kind."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    sent = "\r\n".join([*lines, "Connection: close", "", body]).encode()
    return lambda connection, good: connection.sendall(sent)


def json_of(value: object) -> Talk:
    """Some JSON."""
    return answer("200 OK", json.dumps(value), "Content-Type: application/json")


html = answer("200 OK", "<html>", "Content-Type: text/html")


def hang(connection: socket.socket, good: bytes) -> None:
    """Say nothing until the client goes."""
    connection.settimeout(LONGEST)
    connection.recv(1)


def drip(connection: socket.socket, good: bytes) -> None:
    """Byte by byte, as long as the client takes it."""
    connection.sendall(HEAD + b"Content-Length: 100000\r\n\r\n")
    for _ in range(LONGEST * 20):
        time.sleep(0.05)
        connection.sendall(b" ")


def reset(connection: socket.socket, good: bytes) -> None:
    """Hang up in the middle of the body, rudely."""
    length = f"Content-Length: {len(good)}\r\n\r\n".encode()
    connection.sendall(HEAD + length + good[: len(good) // 2])
    time.sleep(0.05)
    hang_up(connection, good)


def truncated(connection: socket.socket, good: bytes) -> None:
    """A body that ends before its length."""
    length = f"Content-Length: {len(good)}\r\n\r\n".encode()
    connection.sendall(HEAD + length + good[: len(good) // 2])


def cut(connection: socket.socket, good: bytes) -> None:
    """JSON that lacks its second half."""
    half = good[: len(good) // 2]
    connection.sendall(HEAD + f"Content-Length: {len(half)}\r\n\r\n".encode() + half)


def huge(connection: socket.socket, good: bytes) -> None:
    """A body of half a gigabyte."""
    connection.sendall(HEAD + b"Content-Length: 536870912\r\n\r\n")
    for _ in range(512):
        connection.sendall(b" " * 2**20)


def hang_up(connection: socket.socket, said: bytes) -> None:
    """Reset the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def drip_reply(connection: socket.socket, question: bytes) -> None:
    """The head of a reply to a command of Mongo's, then its body byte by byte."""
    asked = int.from_bytes(question[4:8], "little")
    connection.sendall(struct.pack("<iiii", 100_000, 1, asked, OP_MSG))
    for _ in range(LONGEST * 20):
        time.sleep(0.05)
        connection.sendall(b"\0")


def half_a_reply(connection: socket.socket, question: bytes) -> None:
    """The head of a reply to a command of Mongo's, some of its body, and an end."""
    asked = int.from_bytes(question[4:8], "little")
    head = struct.pack("<iiii", 100_000, 1, asked, OP_MSG)
    connection.sendall(head + b"\0" * 50)
    time.sleep(0.05)
    hang_up(connection, question)


def nonsense(connection: socket.socket, question: bytes) -> None:
    """A whole reply to a command of Mongo's that holds no BSON."""
    asked = int.from_bytes(question[4:8], "little")
    body = b"\0\0\0\0\0" + b"\x07nonsense" * 9
    connection.sendall(struct.pack("<iiii", 16 + len(body), 1, asked, OP_MSG) + body)


@contextmanager
def faulty(
    backend: str, talk: Talk, *, after: int = 0, certificate: Path | None = None
) -> Iterator[str]:
    """An HTTP server that passes so many questions on, then does as `talk`; its URL."""
    place = urlsplit(backend).netloc
    asked = threading.Semaphore(after)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.close_connection = True
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with closing(HTTPConnection(place, timeout=LONGEST)) as behind:
                behind.request(self.command, self.path, body, dict(self.headers))
                good = behind.getresponse().read()
            with suppress(OSError):
                if asked.acquire(blocking=False):
                    length = f"Content-Length: {len(good)}\r\n\r\n".encode()
                    self.connection.sendall(HEAD + length + good)
                else:
                    talk(self.connection, good)

        do_GET = do_POST

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass

        def finish_request(self, request: object, client_address: object) -> None:
            assert isinstance(request, socket.socket)
            if certificate is not None:
                # by the thread of the connection: one that fails stops no other
                request = _tls(certificate).wrap_socket(request, server_side=True)
            self.RequestHandlerClass(request, client_address, self)  # type: ignore[arg-type]

    with Quiet(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            scheme = "http" if certificate is None else "https"
            yield f"{scheme}://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def as_it_is(reply: bytes) -> bytes:
    """A reply unchanged."""
    return reply


@contextmanager
def passing_on(
    port: int,
    spoil: Callable[[bytes], bytes] = as_it_is,
    *,
    is_wrong: Callable[[bytes], bool] = lambda question: False,
    talk: Talk = hang,
    for_good: bool = False,
    certificate: Path | None = None,
) -> Iterator[int]:
    """A port that passes all on to `port`, but does as `talk` with what `is_wrong`.

    `for_good` it then takes no connection any more, as a server that was killed.
    Replies come as `spoil` makes them.
    """
    listening = socket.create_server(("127.0.0.1", 0))

    def serve(near: socket.socket) -> None:
        with suppress(OSError), closing(near):
            if certificate is not None:
                near = _tls(certificate).wrap_socket(near, server_side=True)
            with socket.create_connection(("127.0.0.1", port)) as far:
                back = threading.Thread(
                    target=_pump, args=(far, near, spoil), daemon=True
                )
                back.start()
                while question := near.recv(2**16):
                    if is_wrong(question):
                        if for_good:
                            listening.close()
                        talk(near, question)
                        return
                    far.sendall(question)

    def accept() -> None:
        with suppress(OSError):
            while True:
                near, _ = listening.accept()
                threading.Thread(target=serve, args=(near,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def certified(folder: Path, days: int) -> Path:
    """A certificate of 127.0.0.1, its own CA, with its key; expired for days < 0."""
    pem, key, asked = (folder / name for name in ("own.pem", "own.key", "own.csr"))
    names = folder / "names"
    names.write_text("subjectAltName=IP:127.0.0.1\n")
    for command in (
        f"req -new -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 -keyout {key}"
        f" -out {asked}",
        f"x509 -req -in {asked} -signkey {key} -days {days} -extfile {names}"
        f" -out {pem}",
    ):
        subprocess.run(["openssl", *command.split()], check=True, capture_output=True)
    pem.write_text(pem.read_text() + key.read_text())
    return pem


def _pump(
    far: socket.socket, near: socket.socket, spoil: Callable[[bytes], bytes]
) -> None:
    with suppress(OSError):
        while said := far.recv(2**16):
            near.sendall(spoil(said))


def _tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
