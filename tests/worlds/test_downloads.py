"""Downloads from a server that misbehaves in every way."""

import base64
import errno
import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chapter9_lib.worlds.downloads import Downloader, DownloadError, LoginPage, Wanted, require_room

CONTENT = bytes(range(256)) * 2000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Answers each path as the test says: `answers[path]` is a list of functions of the handler, the last one stays."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.asked = {}, []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers), time.monotonic()))
        answers = self.server.answers.get(self.path, [gone])
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    def log_message(self, *_):
        pass


def send(handler, body, status=200, announced=None, **headers):
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body) if announced is None else announced))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def whole(handler):
    start = int(handler.headers.get("Range", "bytes=0-")[6:-1])
    if start and handler.headers.get("If-Range") == '"v1"':
        told = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
        return send(handler, CONTENT[start:], 206, Content_Range=told, ETag='"v1"')
    return send(handler, CONTENT, ETag='"v1"')


def gone(handler):
    send(handler, b"nothing here", 404)


def cut_off(handler, at=100_000):
    send(handler, CONTENT[:at], announced=len(CONTENT), ETag='"v1"')
    handler.close_connection = True


def busy(handler):
    send(handler, b"", 429, Retry_After="1")


def broken(handler):
    send(handler, b"oops", 500)


def wrong_bytes(handler):
    md5 = base64.b64encode(hashlib.md5(CONTENT).digest()).decode()
    send(handler, CONTENT[::-1], x_goog_hash=f"crc32c=AAAAAA==, md5={md5}")


def dripping(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(CONTENT)))
    handler.end_headers()
    try:
        for number in range(100):
            handler.wfile.write(CONTENT[number : number + 1])
            time.sleep(0.05)
    except OSError:
        pass


PAGE = b"<!DOCTYPE html>\n<title>Hotel WLAN</title><form action=/login>" + 5000 * b" "


def login_page(handler):
    send(handler, PAGE, Content_Type="text/html; charset=utf-8", ETag='"login"')


def page_without_a_type(handler):
    send(handler, b"\xef\xbb\xbf\r\n  <HTML><BODY>Welcome</BODY></HTML>")


def page_without_a_tag(handler):
    send(handler, b"Please log in at the reception.", Content_Type="text/html")


def sent_to_the_login(handler):
    send(handler, b"", 302, Location="/login")


def asked_to_log_in(handler):
    send(handler, PAGE, 511)


@pytest.fixture
def server():
    made = Server()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def quick():
    return Downloader(pause=0.01, timeout=5, patience=0.3, slowest=10_000)


def wanted(server, tmp_path, *paths, sha256=None):
    return Wanted(tmp_path / "files" / "photo.jpg", tuple(map(server.url, paths)), sha256)


def left_behind(tmp_path):
    return sorted(path.name for path in (tmp_path / "files").iterdir())


def test_a_file_comes_once(server, quick, tmp_path):
    server.answers["/a"] = [whole]
    one = wanted(server, tmp_path, "/a", sha256=SHA256)
    assert quick.fetch(one) == SHA256 == quick.fetch(one)
    assert one.path.read_bytes() == CONTENT and len(server.asked) == 1 and left_behind(tmp_path) == ["photo.jpg"]
    assert server.asked[0][1]["User-Agent"].startswith("chapter9-lib/")


def test_what_was_cut_off_is_gone_on_with(server, quick, tmp_path):
    server.answers["/a"] = [cut_off, whole]
    one = wanted(server, tmp_path, "/a")
    assert quick.fetch(one) == SHA256
    assert [asked.get("Range") for _, asked, _ in server.asked] == [None, "bytes=100000-"]
    assert left_behind(tmp_path) == ["photo.jpg"]


def test_it_is_gone_on_with_in_another_run(server, tmp_path):
    server.answers["/a"] = [cut_off]
    one = wanted(server, tmp_path, "/a")
    with pytest.raises(DownloadError, match="1 tries"):
        Downloader(tries=1).fetch(one)
    assert not one.path.exists() and one.path.with_name("photo.jpg.part").stat().st_size == 100_000
    server.answers["/a"] = [whole]
    assert Downloader().fetch(one) == SHA256 and server.asked[-1][1]["Range"] == "bytes=100000-"


def test_a_file_that_has_changed_meanwhile_is_begun_anew(server, tmp_path):
    def newer(handler):
        send(handler, CONTENT[:77], ETag='"v2"')

    server.answers["/a"] = [cut_off, newer]
    one = wanted(server, tmp_path, "/a")
    Downloader(pause=0.01).fetch(one)
    assert one.path.read_bytes() == CONTENT[:77]


def test_without_a_version_nothing_is_spliced(server, quick, tmp_path):
    def cut_without(handler):
        send(handler, CONTENT[:1000], announced=len(CONTENT))
        handler.close_connection = True

    server.answers["/a"] = [cut_without, whole]
    assert quick.fetch(wanted(server, tmp_path, "/a")) == SHA256
    assert all("Range" not in asked for _, asked, _ in server.asked)


@pytest.mark.parametrize("refusal", [gone, broken, wrong_bytes, dripping, cut_off])
def test_where_one_place_fails_its_mirror_is_asked(server, quick, tmp_path, refusal):
    server.answers |= {"/a": [refusal], "/b": [whole]}
    one = wanted(server, tmp_path, "/a", "/b", sha256=SHA256)
    assert quick.fetch(one) == SHA256 and left_behind(tmp_path) == ["photo.jpg"]


def test_other_bytes_than_known_are_not_taken(server, quick, tmp_path):
    server.answers["/a"] = [whole]
    with pytest.raises(DownloadError, match="other bytes"):
        quick.fetch(wanted(server, tmp_path, "/a", sha256="0" * 64))
    assert left_behind(tmp_path) == []


def test_a_busy_server_is_left_alone_for_as_long_as_it_asks(server, quick, tmp_path):
    server.answers["/a"] = [busy, whole]
    assert quick.fetch(wanted(server, tmp_path, "/a")) == SHA256
    assert server.asked[1][2] - server.asked[0][2] > 0.9


def test_all_workers_leave_it_alone_and_its_mirror_is_not_meant(server, tmp_path):
    loader, first = Downloader(workers=4, pause=0.01), server.url("/0")
    server.answers |= {f"/{number}": [whole] for number in range(12)} | {"/0": [busy, whole]}
    with pytest.raises(DownloadError, match="1 tries"):
        Downloader(tries=1).fetch(Wanted(tmp_path / "x.jpg", (first,)))
    server.answers["/0"] = [busy, whole]
    loader.fetch(Wanted(tmp_path / "0.jpg", (first,)))
    began = time.monotonic()
    loader._quiet[first.split("/")[2]] = began + 0.6
    many = [Wanted(tmp_path / f"{number}.jpg", (server.url(f"/{number}"),)) for number in range(1, 12)]
    asked = len(server.asked)
    assert loader.fetch_all(many) == {}
    assert min(moment for _, _, moment in server.asked[asked:]) >= began + 0.6
    loader._quiet = {"another.place": time.monotonic() + 60}
    loader.fetch(Wanted(tmp_path / "y.jpg", (server.url("/1"),)))


def test_a_server_that_asks_for_hours_is_left(server, quick, tmp_path):
    server.answers |= {"/a": [lambda handler: send(handler, b"", 503, Retry_After="86400")], "/b": [whole]}
    assert quick.fetch(wanted(server, tmp_path, "/a", "/b")) == SHA256
    with pytest.raises(DownloadError, match="for 86400 seconds"):
        quick.fetch(Wanted(tmp_path / "z.jpg", (server.url("/a"),)))


def test_one_that_is_gone_does_not_keep_the_others(server, quick, tmp_path):
    server.answers |= {f"/{number}": [whole] for number in range(20) if number != 7}
    many = [Wanted(tmp_path / f"{number}.jpg", (server.url(f"/{number}"),)) for number in range(20)]
    failed = quick.fetch_all(many)
    assert list(failed) == [tmp_path / "7.jpg"] and "404" in str(failed[tmp_path / "7.jpg"])
    assert sum(one.path.is_file() for one in many) == 19


def test_where_everything_fails_it_ends_early(server, quick, tmp_path):
    many = [Wanted(tmp_path / f"{number}.jpg", (server.url(f"/{number}"),)) for number in range(200)]
    with pytest.raises(DownloadError, match="404"):
        quick.fetch_all(many)
    assert len(server.asked) < 60


def test_without_a_network_it_says_so(quick, tmp_path):
    one = Wanted(tmp_path / "a.jpg", ("http://127.0.0.1:9/a",))
    with pytest.raises(DownloadError, match=r"127.0.0.1:9/a can't be fetched.*ConnectionError.*5 tries"):
        quick.fetch(one)


def test_room_is_looked_for_first(tmp_path):
    require_room(tmp_path / "new" / "folder", 1000)
    with pytest.raises(OSError, match="make room") as error:
        require_room(tmp_path / "new", 1 << 60)
    assert error.value.errno == errno.ENOSPC and not (tmp_path / "new").exists()


def test_a_full_disk_is_named(server, quick, tmp_path, monkeypatch):
    server.answers["/a"] = [whole]

    class Full:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

    one = wanted(server, tmp_path, "/a")
    one.path.parent.mkdir()
    own = type(one.path).open
    monkeypatch.setattr(type(one.path), "open", lambda path, mode="r", *args, **options: Full()
                        if mode in ("ab", "wb") else own(path, mode, *args, **options))  # fmt: skip
    with pytest.raises(OSError, match="The disk is full"):
        quick.fetch(one)


@pytest.mark.parametrize(
    "portal", [login_page, page_without_a_type, page_without_a_tag, sent_to_the_login, asked_to_log_in]
)
def test_a_login_page_is_told_never_kept_and_not_asked_for_again(server, tmp_path, portal):
    server.answers |= {"/a": [portal], "/login": [login_page]}
    with pytest.raises(LoginPage, match="login page of the network that you are in. Open a browser") as error:
        Downloader().fetch(wanted(server, tmp_path, "/a"))
    assert left_behind(tmp_path) == [] and error.value.url == server.url("/a") and "\n" not in str(error.value)
    assert [path for path, *_ in server.asked].count("/a") == 1


def test_a_login_page_does_not_cost_what_was_broken_off(server, tmp_path):
    server.answers["/a"] = [cut_off]
    one = wanted(server, tmp_path, "/a")
    with pytest.raises(DownloadError, match="1 tries"):
        Downloader(tries=1).fetch(one)
    before = left_behind(tmp_path)
    server.answers["/a"] = [login_page]
    with pytest.raises(LoginPage):
        Downloader().fetch(one)
    assert left_behind(tmp_path) == before and one.path.with_name("photo.jpg.part").read_bytes() == CONTENT[:100_000]
    server.answers["/a"] = [whole]
    assert Downloader().fetch(one) == SHA256 and server.asked[-1][1]["Range"] == "bytes=100000-"


def test_behind_a_login_a_mirror_is_asked_once(server, tmp_path):
    server.answers |= {"/a": [login_page], "/b": [broken], "/c": [whole]}
    with pytest.raises(LoginPage) as error:
        Downloader().fetch(wanted(server, tmp_path, "/a", "/b"))
    assert error.value.url == server.url("/a") and [path for path, *_ in server.asked] == ["/a", "/b"]
    assert Downloader().fetch(wanted(server, tmp_path, "/a", "/c")) == SHA256


@pytest.mark.parametrize("content", [CONTENT, b' {"splits": {}}'])
def test_what_is_only_called_a_page_is_taken(server, quick, tmp_path, content):
    server.answers["/a"] = [lambda handler: send(handler, content, Content_Type="text/html")]
    one = wanted(server, tmp_path, "/a")
    quick.fetch(one)
    assert one.path.read_bytes() == content


def test_where_a_login_runs_out_on_the_way_it_ends_and_what_came_stays(server, tmp_path):
    server.answers |= {f"/{number}": [whole if number < 10 else login_page] for number in range(200)}
    many = [Wanted(tmp_path / f"{number}.jpg", (server.url(f"/{number}"),)) for number in range(200)]
    with pytest.raises(LoginPage):
        Downloader(workers=2).fetch_all(many)
    assert {path.name for path in tmp_path.iterdir()} == {f"{number}.jpg" for number in range(10)}
    assert len(server.asked) < 100


def test_a_certificate_of_another_is_not_asked_for_again(tmp_path, monkeypatch):
    import requests

    asked = []

    def get(session, url, **_):
        asked.append(url)
        raise requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed")

    monkeypatch.setattr(requests.Session, "get", get)
    with pytest.raises(LoginPage, match="certificate can't be verified; this looks like the login page"):
        Downloader().fetch(Wanted(tmp_path / "a.jpg", ("https://storage.example/a",)))
    assert len(asked) == 1
