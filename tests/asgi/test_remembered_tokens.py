"""A token that is remembered is as good as one that was just verified, and never better."""

import pytest
from http_service import SECRET, token
from tokens import ALICE, admitted, b64, claims, forged, refused, scope

from model_registry.asgi import JwtAuth, Principal
from model_registry.asgi.verified_tokens import VerifiedTokens

NOW = 1_800_000_000


class Counting(JwtAuth):
    """Counts how many signatures it verifies."""

    verified = 0

    def _claims(self, *given):
        self.verified += 1
        return super()._claims(*given)


@pytest.fixture
def clock(monkeypatch):
    """Give what the time is, to be set."""

    class Clock:
        now = NOW

    monkeypatch.setattr("model_registry.asgi.jwt_auth.time", lambda: Clock.now)
    return Clock


def test_a_signature_is_verified_once():
    auth, good = Counting(secret=SECRET), token()
    assert {admitted(auth, good) for _ in range(5)} == {ALICE}
    assert auth.verified == 1
    shouted = b"bearer  " + good.encode()
    assert admitted(auth, shouted) == ALICE
    assert auth.verified == 1


@pytest.mark.parametrize("leeway", [0, 30])
@pytest.mark.parametrize("known", [False, True], ids=["new", "remembered"])
def test_times_hold_to_the_second(clock, leeway, known):
    shown = token(exp=NOW + 600, nbf=NOW, iat=NOW - 5)

    def at(moment):
        auth = Counting(secret=SECRET, leeway=leeway)
        if known:
            clock.now = NOW + 60
            assert admitted(auth, shown) == ALICE
        clock.now = moment
        return auth

    for moment in (NOW - leeway, NOW, NOW + 600 + leeway - 0.001):
        assert admitted(at(moment), shown) == ALICE
    refused(at(NOW + 600 + leeway), shown, "has expired")
    refused(at(NOW + 10**9), shown, "has expired")
    refused(at(NOW - leeway - 0.001), shown, "not valid yet")  # a clock that was put back
    clock.now = NOW - leeway - 6
    refused(JwtAuth(secret=SECRET, leeway=leeway), token(exp=NOW, iat=NOW - 5), "not valid yet")


@pytest.mark.parametrize("exp", [NOW + 0.5, 10**400])
def test_any_number_is_a_time(clock, exp):
    auth, shown = JwtAuth(secret=SECRET), forged({"alg": "HS256"}, claims(exp=exp))
    assert [admitted(auth, shown) for _ in range(2)] == [ALICE] * 2
    clock.now = NOW + 1
    if exp < 10**10:
        refused(auth, shown, "has expired")


def test_what_is_refused_is_verified_each_time():
    auth = Counting(secret=SECRET)
    for bad in (
        token(key="another secret that is long enough"),
        token(exp=1),
        token(nbf=4_000_000_000),
        token(aud="another"),
        token(tenant_id=None),
        forged({"alg": "HS256", "crit": ["x"], "x": 1}),
    ):
        auth.verified = 0
        for _ in range(3):
            refused(auth, bad)
        assert auth.verified == 3
    assert not auth._found._tokens


def test_only_the_very_same_text_is_known():
    auth, good = JwtAuth(secret=SECRET), token()
    assert admitted(auth, good) == ALICE
    head, payload, signature = good.split(".")
    promoted = b64(claims(tenant_id="org_other"))
    last = signature[-1]
    for other in (
        f"{head}.{promoted}.{signature}",
        f"{head}.{payload}.",
        f"{head}.{payload}",
        f"{good}=",
        f"{good} x",
        good.swapcase(),
        good[:-1],
        good[:-1] + ("A" if last != "A" else "B"),
        b64({"alg": "none"}) + f".{payload}.",
    ):
        refused(auth, other)
    headers = scope(*[f"Bearer {good}".encode()] * 2)
    with pytest.raises(Exception, match="one Authorization header"):
        auth(headers).send(None)
    refused(auth, b"Basic " + good.encode())
    refused(auth, b"Bearer " + good.encode() + b" " * 8192)


def test_another_role_or_tenant_needs_another_token():
    auth = JwtAuth(secret=SECRET)
    for _ in range(2):
        assert admitted(auth, token(role="viewer")).roles == {"viewer"}
        assert admitted(auth, token(role=["viewer", "admin"])).roles == {"viewer", "admin"}
        assert admitted(auth, token(tenant_id="org_other")).tenant_id == "org_other"
        assert admitted(auth, token(sub="bob")) == Principal("org_abc", "bob", "admin")


def test_authenticators_do_not_share_what_they_know():
    good = token(aud="us", iss="them")
    assert admitted(JwtAuth(secret=SECRET, audience="us", issuer="them"), good) == ALICE
    refused(JwtAuth(secret=SECRET, audience="others"), good)
    refused(JwtAuth(secret=SECRET, audience="us", issuer="others"), good)
    refused(JwtAuth(secret="another secret that is long enough", audience="us"), good)


def test_the_oldest_makes_room():
    auth = Counting(secret=SECRET)
    auth._found = VerifiedTokens(most=3)
    shown = [token(sub=str(number)) for number in range(5)]
    for number, one in enumerate(shown):
        assert admitted(auth, one).subject == str(number)
        assert len(auth._found._tokens) <= 3
    assert auth.verified == 5
    for one in shown[2:]:
        admitted(auth, one)
    assert auth.verified == 5
    admitted(auth, shown[0])
    assert auth.verified == 6
