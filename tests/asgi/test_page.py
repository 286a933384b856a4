"""The inventory page's files: served to whoever asks where a host wants it, and nothing beside them."""

from html.parser import HTMLParser
from importlib import resources
from urllib.parse import urljoin

import httpx
import pytest
from http_service import SECRET, bearer, serving
from starlette.applications import Starlette
from starlette.routing import Mount

from model_registry import Registry
from model_registry.asgi import JwtAuth, create_app
from model_registry.asgi.app import OPERATIONS
from model_registry.domain.lifecycle import Lifecycle
from model_registry_memory import MemoryStore

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "svg": "image/svg+xml",
}
SHIPPED = sorted(file.name for file in (resources.files("model_registry.asgi") / "ui").iterdir())
FILES = ["" if name == "index.html" else name for name in SHIPPED] + ["lifecycle.json"]


def app(*, ui=True, lifecycle=None, **options):
    rules = {} if lifecycle is None else {"lifecycle": lifecycle}
    registry = Registry(MemoryStore(), **rules)
    return create_app(registry, authenticate=JwtAuth(secret=SECRET), ui=ui, **options)


@pytest.fixture(scope="module")
def stranger():
    with serving(app()) as url, httpx.Client(base_url=url) as client:
        yield client


class Index(HTMLParser):
    """What the page's document refers to, and what it holds that the policy forbids."""

    def __init__(self, text):
        super().__init__()
        self.api, self.files, self.inline = None, [], []
        self._in_script = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if given.get("name") == "api":
            self.api = given["content"]
        for name in ("src", "href"):
            if tag in {"script", "link", "img"} and name in given:
                self.files.append(given[name])
        self.inline += [f"{tag} {name}" for name in given if name == "style" or name[:2] == "on"]
        self._in_script = tag in {"script", "style"}

    def handle_endtag(self, tag):
        self._in_script = False

    def handle_data(self, data):
        if self._in_script and data.strip():
            self.inline.append(data)


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_served_to_anybody_with_its_type_and_guarded(stranger, name):
    answer = stranger.get(f"/ui/{name}")
    assert answer.status_code == 200
    headers = answer.headers
    assert headers["content-type"] == TYPES[(name or "index.html").rpartition(".")[2]]
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-cache"
    again = stranger.get(f"/ui/{name}", headers={"If-None-Match": f'"x", W/{headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == headers["etag"]
    assert stranger.get(f"/ui/{name}", headers={"If-None-Match": '"x"'}).status_code == 200
    head = stranger.head(f"/ui/{name}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(answer.content))


def test_the_document_holds_no_script_or_style_and_only_files_that_are_there(stranger):
    index = Index(stranger.get("/ui/").text)
    assert index.inline == []
    assert index.files
    assert set(index.files) <= set(FILES)


def test_only_get_and_head_are_for_files_and_all_else_stays_behind_the_gate(stranger):
    known = {"/ui", *(f"/ui/{name}" for name in FILES)}
    for path in known:
        for method in set(METHODS) - {"GET", "HEAD"}:
            answer = stranger.request(method, path, content=b"{}")
            assert answer.status_code == 405, (method, path)
            assert answer.headers["allow"] == "GET, HEAD"
    tails = (
        "index.html", "main.js/", "main.js%00", "main.js%2f", "MAIN.JS", "nothing.js", ".", "..",
        "%2e%2e%2fpage.py", "..%5cpage.py", "../page.py", "%2e%2e/page.py", "/", "/main.js",
        "/etc/passwd", "lifecycle.json%2f..", "__init__.py", "#main.js%23",
    )  # fmt: skip
    beside = ("/", "//ui", "//ui/", "/UI/", "/ui%2f", "/x/ui/", "/api/admin/ui/", "/favicon.ico")
    api = {f"/api/admin{o.path.replace('{id}', 'x')}" for o in OPERATIONS}
    for path in {*(f"/ui/{tail}" for tail in tails), *beside, *api, "/api/admin/openapi.json"}:
        for method in METHODS:
            request = stranger.build_request(method, path, content=b"{}")
            if request.url.path in known:
                continue  # the client itself took the dots out
            answer = stranger.send(request)
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"] == "Bearer"


def test_without_ui_there_is_no_page():
    with serving(app(ui=False)) as url:
        for path in ("/ui", "/ui/", "/ui/main.js", "/ui/lifecycle.json"):
            assert httpx.get(url + path).status_code == 401
            answer = httpx.get(url + path, headers=bearer())
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("mount", ["", "/risk", "/a b/ü"])
@pytest.mark.parametrize("prefix", ["/api/admin", "", "/v1/", '/"><b c'])
def test_the_page_finds_the_api_wherever_both_are(mount, prefix):
    with (
        serving(Starlette(routes=[Mount(mount, app(prefix=prefix))])) as url,
        httpx.Client(headers=bearer(), follow_redirects=True) as client,
    ):
        page = client.get(f"{url}{mount}/ui")
        assert [step.headers["location"] for step in page.history] == ["ui/"]
        api = Index(page.text).api
        assert "__API__" not in page.text
        assert urljoin(str(page.url), f"{api}/models").startswith(url)
        assert client.get(urljoin(str(page.url), f"{api}/models")).json()["total"] == 0


def test_behind_a_proxy_that_takes_a_path_away_the_redirect_still_leads_to_the_page():
    with serving(app()) as url:
        answer = httpx.get(f"{url}/ui")  # what the browser asked for was /inventory/ui
        assert urljoin("https://bank.example/inventory/ui", answer.headers["location"]) == (
            "https://bank.example/inventory/ui/"
        )


def test_the_lifecycle_told_is_the_hosts_own():
    own = Lifecycle({"draft": ["validated"], "validated": ["deprecated", "draft"]})
    with serving(app(lifecycle=own)) as url:
        told = httpx.get(f"{url}/ui/lifecycle.json").json()
    assert told == {
        "draft": ["validated"],
        "pending_validation": [],
        "in_validation": [],
        "needs_remediation": [],
        "validated": ["draft", "deprecated"],
        "deprecated": [],
    }
