"""A small OpenID Connect issuer on localhost: discovery, keys, tokens. It asks nobody who they are: tests say so."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET, KEY = "taskforce", "the client's secret", "key-1"


@dataclass
class Conversation:
    """One authorization: what the browser brought, and what the ID token will say."""

    asked: dict[str, str]
    claims: dict[str, Any]
    signing: dict[str, Any] = field(default_factory=dict)


class OidcIssuer:
    """Codes open once, for the client with its secret and the PKCE verifier, as a real one does it."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.asked: list[str] = []
        self.codes: dict[str, Conversation] = {}
        self.discovery: dict[str, Any] = {}  # what a test makes it say of itself
        self.person = ""  # who signs in there, where a browser comes by itself
        self.moved = ""  # what a test makes it send elsewhere
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def sign_in(
        self, location: str, sub: str, *, signing: dict[str, Any] | None = None, **claims: Any
    ) -> str:
        """Somebody signs in at the issuer where the browser was sent: the address at which it comes back.

        A claim of None is left out.
        """
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        now = int(time.time())
        said = {
            "iss": self.url, "sub": sub, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"], **claims,
        }  # fmt: skip
        code = secrets.token_urlsafe(16)
        told = {name: value for name, value in said.items() if value is not None}
        self.codes[code] = Conversation(asked, told, signing or {})
        return f"{asked['redirect_uri']}?code={code}&state={asked['state']}"

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            return 200, self.configuration() | self.discovery
        if path == self.moved:
            return 302, {"to": f"{self.url}/elsewhere"}
        if path.startswith("/authorize?"):
            return 302, {"to": self.sign_in(path, self.person, auth_time=int(time.time()))}
        if path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            return 200, {"keys": [{**public, "kid": KEY, "use": "sig", "alg": "RS256"}]}
        return self.token(form)

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize", "jwks_uri": f"{self.url}/keys",
            "token_endpoint": f"{self.url}/token", "end_session_endpoint": f"{self.url}/end",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }  # fmt: skip

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        held = self.codes.pop(form.get("code", ""), None)
        if held is None or (form["client_id"], form["client_secret"]) != (CLIENT, SECRET):
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if _plain(digest).decode() != held.asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        signing = {"key": self.key, "algorithm": "RS256", "headers": {"kid": KEY}, **held.signing}
        made = (
            _with_public_key(held.claims, signing)
            if "hmac" in signing
            else jwt.encode(held.claims, **signing)
        )
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": made}


def _with_public_key(claims: dict[str, Any], signing: dict[str, Any]) -> str:
    """A token whose “shared secret” is a key that everybody knows; the library refuses to make one."""
    head = {"alg": "HS256", "typ": "JWT", "kid": KEY}
    said = b".".join(_plain(json.dumps(part).encode()) for part in (head, claims))
    return b".".join([said, _plain(hmac.digest(signing["hmac"], said, "sha256"))]).decode()


def _plain(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def _handler(issuer: OidcIssuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
            status, said = issuer.answer(self.path, form)
            body = json.dumps(said).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", said["to"])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            """Not on the terminal of the tests."""

    return Handler
