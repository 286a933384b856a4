"""Published keys: rotation, outages, floods of unknown ids, redirects; over a real socket."""

import asyncio
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from http_service import MODELS, serving, token

from model_registry import open_registry
from model_registry.asgi import (
    AuthenticationUnavailable,
    JwtAuth,
    Principal,
    Unauthenticated,
    create_app,
)
from model_registry.asgi.jwks import KeySet

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwk(private, kid, **extra):
    kind = {
        rsa.RSAPrivateKey: jwt.algorithms.RSAAlgorithm,
        ec.EllipticCurvePrivateKey: jwt.algorithms.ECAlgorithm,
        ed25519.Ed25519PrivateKey: jwt.algorithms.OKPAlgorithm,
    }
    algorithm = next(a for base, a in kind.items() if isinstance(private, base))
    public = algorithm.to_jwk(private.public_key(), as_dict=True)
    return {**public, "use": "sig", **({} if kid is None else {"kid": kid}), **extra}


class Issuer:
    """A server of keys that counts its visitors and can fail in several ways."""

    def __init__(self, *keys):
        self.body = json.dumps({"keys": keys}).encode()
        self.status = 200
        self.headers = {}
        self.visits = 0
        self.wait = threading.Event()
        self.wait.set()

    def publish(self, *keys):
        self.body = json.dumps({"keys": keys}).encode()

    @contextmanager
    def running(self):
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.visits += 1
                issuer.wait.wait(10)
                self.send_response(issuer.status)
                for name, value in issuer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(issuer.body)

            def log_message(self, *_):
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            self.url = f"http://127.0.0.1:{server.server_port}/keys"
            try:
                yield self
            finally:
                server.shutdown()


class Clock:
    now = 1_000.0

    def __call__(self):
        return self.now


def with_clock(url):
    auth, clock = JwtAuth(jwks_url=url), Clock()
    auth._keys = KeySet(url, clock=clock)
    return auth, clock


def admitted(auth, credential):
    header = (b"authorization", f"Bearer {credential}".encode())
    return asyncio.run(auth({"headers": [header]}))


def refused(auth, credential):
    with pytest.raises(Unauthenticated):
        admitted(auth, credential)


def signed(key, kid, algorithm="RS256"):
    return token(key, algorithm, {"kid": kid} if kid else None)


def test_each_key_takes_its_own_algorithms_only():
    issuer = Issuer(jwk(RSA, "r"), jwk(EC, "e"), jwk(ED, "o"), jwk(OTHER, "p", alg="PS256"))
    with issuer.running():
        auth = JwtAuth(jwks_url=issuer.url)
        for key, kid, algorithm in (
            (RSA, "r", "RS256"),
            (RSA, "r", "PS512"),
            (EC, "e", "ES256"),
            (ED, "o", "EdDSA"),
            (OTHER, "p", "PS256"),
        ):
            assert admitted(auth, signed(key, kid, algorithm)).tenant_id == "org_abc"
        for key, kid, algorithm in (
            (OTHER, "p", "RS256"),
            (OTHER, "r", "RS256"),
            (EC, "r", "ES256"),
            (RSA, "e", "RS256"),
            (RSA, None, "RS256"),
        ):
            refused(auth, signed(key, kid, algorithm))
        assert issuer.visits == 1


def test_keys_that_are_not_for_us_are_passed_over():
    private = {**jwk(EC, "private"), "d": "AAAA"}
    secret = {"kty": "oct", "k": "c" * 43, "kid": "secret", "use": "sig"}
    small = jwk(rsa.generate_private_key(65537, 1024), "small")
    odd = [
        7,
        "x",
        {},
        {"kty": []},
        {"kty": "RSA"},
        {"kty": "RSA", "n": 5},
        {**jwk(RSA, "l"), "kid": ["l"]},
    ]
    issuer = Issuer(jwk(OTHER, "enc", use="enc"), private, secret, small, *odd, jwk(RSA, None))
    with issuer.running():
        auth = JwtAuth(jwks_url=issuer.url)
        assert admitted(auth, signed(RSA, None))
        for kid in ("enc", "private", "secret", "small", "l"):
            refused(auth, signed(OTHER, kid))


def test_a_rotated_key_is_found_and_a_flood_of_unknown_ones_is_not_a_flood_of_fetches():
    issuer = Issuer(jwk(RSA, "old"))
    with issuer.running():
        auth, clock = with_clock(issuer.url)
        assert admitted(auth, signed(RSA, "old"))
        issuer.publish(jwk(OTHER, "new"))
        clock.now += 11
        assert admitted(auth, signed(OTHER, "new"))
        refused(auth, signed(RSA, "old"))
        assert issuer.visits == 2
        for number in range(200):
            refused(auth, signed(RSA, f"unknown-{number}"))
        assert issuer.visits == 2
        clock.now += 11
        for number in range(20):
            refused(auth, signed(RSA, f"unknown-{number}"))
        assert issuer.visits == 3


@pytest.mark.parametrize("failing", ["status", "nonsense", "empty", "long", "deep", "gone"])
def test_a_server_that_fails_leaves_the_known_keys_good(failing):
    issuer = Issuer(jwk(RSA, "r"))
    with issuer.running():
        auth, clock = with_clock(issuer.url)
        assert admitted(auth, signed(RSA, "r"))
        match failing:
            case "status":
                issuer.status = 500
            case "nonsense":
                issuer.body = b"\xff"
            case "empty":
                issuer.publish()
            case "long":
                issuer.body += b" " * 2_000_000
            case "deep":
                issuer.body = b"[" * 100_000
    if failing != "gone":
        with issuer.running():
            auth._keys._url = issuer.url
            clock.now += 10_000
            assert admitted(auth, signed(RSA, "r"))
            refused(auth, signed(OTHER, "other"))
    clock.now += 10_000
    assert admitted(auth, signed(RSA, "r"))


def test_old_keys_are_fetched_again_in_the_background():
    issuer = Issuer(jwk(RSA, "r"))
    with issuer.running():
        auth, clock = with_clock(issuer.url)
        assert admitted(auth, signed(RSA, "r"))
        clock.now += 301
        issuer.publish(jwk(OTHER, "r"))
        issuer.wait.clear()
        assert admitted(auth, signed(RSA, "r"))  # not kept waiting by the fetch
        issuer.wait.set()
        auth._keys._fetch.result(10)
        refused(auth, signed(RSA, "r"))
        assert admitted(auth, signed(OTHER, "r"))


def test_a_token_that_was_good_is_not_when_its_key_is_withdrawn_or_replaced():
    issuer = Issuer(jwk(RSA, "r"), jwk(EC, "e"))
    with issuer.running():
        auth, clock = with_clock(issuer.url)
        shown = {"r": signed(RSA, "r"), "e": signed(EC, "e", "ES256")}
        for _ in range(2):
            assert {admitted(auth, one).subject for one in shown.values()} == {"alice@example.com"}
        issuer.publish(jwk(RSA, "e"), jwk(OTHER, "r"))
        clock.now += 301
        admitted(auth, shown["r"])  # good while the keys are fetched again
        auth._keys._fetch.result(10)
        for one in (*shown.values(), *shown.values()):
            refused(auth, one)
        issuer.publish(jwk(EC, "e"))
        clock.now += 301
        refused(auth, shown["e"])
        auth._keys._fetch.result(10)
        assert admitted(auth, shown["e"])
        refused(auth, shown["r"])
        assert issuer.visits == 3


def test_keys_that_are_fetched_again_and_are_the_same_keep_their_tokens():
    issuer = Issuer(jwk(RSA, "r"), jwk(EC, None))
    with issuer.running():
        auth, clock = with_clock(issuer.url)
        shown = [signed(RSA, "r"), signed(EC, None, "ES256")]
        for _ in range(3):
            assert all(admitted(auth, one) for one in shown)
            clock.now += 301
            admitted(auth, shown[0])
            auth._keys._fetch.result(10)
        assert issuer.visits == 4


def test_redirects_are_not_followed():
    target = Issuer(jwk(RSA, "r"))
    with target.running():
        issuer = Issuer()
        for status in (301, 302, 303, 307, 308):
            issuer.status, issuer.headers = status, {"Location": target.url}
            with issuer.running(), pytest.raises(AuthenticationUnavailable):
                admitted(JwtAuth(jwks_url=issuer.url), signed(RSA, "r"))
        assert target.visits == 0


def test_while_no_keys_could_be_fetched_it_is_nobodys_fault_but_503():
    issuer = Issuer(jwk(RSA, "r"))
    with issuer.running():
        issuer.status = 500
        auth, clock = with_clock(issuer.url)
        app = create_app(open_registry("memory://"), authenticate=auth)
        with serving(app) as url:
            headers = {"Authorization": f"Bearer {signed(RSA, 'r')}"}
            answer = httpx.get(url + MODELS, headers=headers)
            assert answer.status_code == 503
            assert answer.json()["error"]["code"] == "authentication_unavailable"
            issuer.status = 200
            clock.now += 11
            assert httpx.get(url + MODELS, headers=headers).status_code == 200


def test_many_at_once_wait_for_one_fetch_and_keep_no_loop_waiting():
    issuer = Issuer(jwk(RSA, "r"))
    issuer.wait.clear()
    with issuer.running():
        auth = JwtAuth(jwks_url=issuer.url)
        header = (b"authorization", f"Bearer {signed(RSA, 'r')}".encode())

        async def all_of_them():
            calls = [asyncio.create_task(auth({"headers": [header]})) for _ in range(50)]
            await asyncio.sleep(0.1)  # the loop goes on
            calls[0].cancel()  # and one that gives up takes nobody with it
            issuer.wait.set()
            return await asyncio.gather(*calls, return_exceptions=True)

        first, *others = asyncio.run(all_of_them())
        assert isinstance(first, asyncio.CancelledError)
        assert all(isinstance(principal, Principal) for principal in others)
        assert issuer.visits == 1
