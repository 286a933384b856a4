"""A page of another origin in the browser of somebody who is signed in by a cookie."""

import pytest
from test_gate import app_with, call

from model_registry.asgi import Principal

SENT = b'{"model_id": "m", "provider": "p", "risk_tier": "tier_4"}'
MODELS = "/api/admin/models"
HOST = (b"host", b"risk.bank.example")
FROM_ELSEWHERE = [
    [(b"sec-fetch-site", b"cross-site"), (b"origin", b"https://evil.example")],
    [(b"sec-fetch-site", b"same-site"), (b"origin", b"https://blog.bank.example")],
    [(b"sec-fetch-site", b"cross-site")],
    [(b"origin", b"https://evil.example")],
    [(b"origin", b"https://risk.bank.example.evil.example")],
    [(b"origin", b"https://evil.example/risk.bank.example")],
    [(b"origin", b"null")],
]
OWN = [
    [],
    [(b"sec-fetch-site", b"same-origin"), (b"origin", b"https://risk.bank.example")],
    [(b"sec-fetch-site", b"none")],
    [(b"origin", b"https://risk.bank.example")],
]


async def by_cookie(scope):
    return Principal("org_abc", "ana", "admin")


def registering(app, headers, body=SENT):
    given = [HOST, (b"content-type", b"text/plain"), *headers]
    return call(app, MODELS, "POST", headers=given, body=body)


@pytest.mark.parametrize("headers", FROM_ELSEWHERE)
def test_it_changes_nothing(headers):
    app = app_with(by_cookie)
    status, _, body = registering(app, headers)
    assert status == 403
    assert b'"forbidden"' in body
    for method, path in (("POST", f"{MODELS}/discover"), ("DELETE", f"{MODELS}/x")):
        assert call(app, path, method, headers=[HOST, *headers])[0] == 403
    status, _, body = call(app, MODELS, headers=[HOST, *headers])
    assert status == 200
    assert b'"total":0' in body


@pytest.mark.parametrize("headers", OWN)
def test_ones_own_pages_and_programs_do(headers):
    assert registering(app_with(by_cookie), headers)[0] == 201


@pytest.mark.parametrize("headers", FROM_ELSEWHERE[:2])
def test_pages_that_the_host_trusts_do(headers):
    trusted = ["https://evil.example", "https://blog.bank.example"]
    assert registering(app_with(by_cookie, trusted_origins=trusted), headers)[0] == 201
    assert registering(app_with(by_cookie, trusted_origins=["null"]), headers)[0] == 403


@pytest.mark.parametrize("headers", FROM_ELSEWHERE)
def test_a_token_is_added_by_no_browser(headers):
    given = [*headers, (b"authorization", b"Bearer of somebody who has it")]
    assert registering(app_with(by_cookie), given)[0] == 201


def test_strangers_learn_nothing_of_it():
    def refused(_scope):
        from model_registry.asgi import Unauthenticated

        raise Unauthenticated("Sign in first")

    assert registering(app_with(refused), FROM_ELSEWHERE[0])[0] == 401
