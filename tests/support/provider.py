"""A login provider for tests: real keys, real tokens, and its JWKS on a real address."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm


class Provider:
    """Signs with `keys`, shows those that are in `shown`."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {}
        self.shown: list[dict[str, Any]] = []
        self.instead: tuple[int, bytes, dict[str, str]] | None = None
        """What is answered in place of the keys: status, body, headers."""
        self.asked = 0
        self.address = ""

    @property
    def issuer(self) -> str:
        return "https://login.example.nl/realms/zorg"

    def add(self, name: str, key: Any = None, **more: str) -> "Provider":
        """Make a key (RSA unless given) and show its public half."""
        self.keys[name] = key or rsa.generate_private_key(65537, 2048)
        self.shown.append({**public(self.keys[name]), "kid": name, "use": "sig", **more})
        return self

    def revoke(self, name: str) -> None:
        self.shown = [one for one in self.shown if one["kid"] != name]

    def token(self, claims: dict[str, Any], *, key: str, algorithm: str = "RS256", **headers: Any) -> str:
        return jwt.encode(claims, self.keys[key], algorithm=algorithm, headers={"kid": key, **headers})

    def answer(self) -> tuple[int, bytes, dict[str, str]]:
        self.asked += 1
        return self.instead or (200, self.jwks(), {"content-type": "application/json"})

    def jwks(self) -> bytes:
        return json.dumps({"keys": self.shown}).encode()


def public(key: Any) -> dict[str, Any]:
    """A key's public half as JWK."""
    match key:
        case rsa.RSAPrivateKey():
            return RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        case ec.EllipticCurvePrivateKey():
            return ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        case ed25519.Ed25519PrivateKey():
            return OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
        case _:
            raise TypeError(key)


def _answering(one: Provider) -> type[BaseHTTPRequestHandler]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, headers = one.answer()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the library's signature)
            """Keep quiet."""

    return Answer


@contextmanager
def provider() -> Generator[Provider]:
    """It answers on 127.0.0.1 while the block lasts."""
    one = Provider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(one))
    one.address = f"http://127.0.0.1:{server.server_port}/certs"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield one
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
