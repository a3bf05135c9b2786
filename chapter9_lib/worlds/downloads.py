"""Fetch files over HTTP: politely, resuming what was broken off, from a mirror where one fails, whole or not at all."""

import base64
import errno
import hashlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import requests

__all__ = ["Downloader", "DownloadError", "LoginPage", "Wanted", "require_room"]

_CHUNK = 1 << 16
_LONGEST = 300.0
"""Seconds of quiet that a server may ask for; one that asks for more is left."""
_GONE = (401, 403, 404, 410)
_BUSY = (408, 425, 429, 500, 502, 503, 504)
_LOGIN = 511
_PAGES = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<meta")
_LOG_IN = (
    "this looks like the login page of the network that you are in. Open a browser and log in there, or check the "
    "connection, and start this again"
)


class DownloadError(OSError):
    """A file that can't be had: `.url` is the last address that was tried, `.reason` what it answered."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} can't be fetched: {reason}")
        self.url, self.reason = url, reason


class LoginPage(DownloadError):
    """A file that can't be had as long as the network between here and there answers in the server's place."""


class _Again(Exception):
    """The same address may do better in a moment."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class _Elsewhere(Exception):
    """This address will not do better."""


class _Page(_Elsewhere):
    """Nor will another one, if it is what it looks like."""


@dataclass(frozen=True)
class Wanted:
    """A file to fetch.

    Attributes:
        path: where to.
        urls: where from; the first that works is used.
        sha256: its checksum, where it is known.
    """

    path: Path
    urls: tuple[str, ...]
    sha256: str | None = None


class Downloader:
    """Fetches files, several at a time.

    Whatever a server says of a file is held against what came: its length, and its MD5 where it tells it, as Google's
    and Microsoft's stores do. What was broken off stays beside the file as NAME.part, and is gone on with. A server
    that is busy (429, 503) is left alone by all workers for as long as it asks for. A web page in a file's place, such
    as networks with a login send, is never kept, and not asked for again.

    Args:
        workers: files at a time.
        tries: how often an address is tried.
        pause: seconds before the second try; twice as many before each further one, a minute at most.
        timeout: seconds in which a server must answer, or send something more.
        slowest: bytes a second, over `patience` seconds, below which another address is tried.
        patience: see `slowest`.
    """

    def __init__(
        self, *, workers: int = 4, tries: int = 5, pause: float = 1.0, timeout: float = 30.0, slowest: float = 1024,
        patience: float = 60.0,
    ) -> None:  # fmt: skip
        self.workers, self.tries, self.pause, self.timeout = workers, tries, pause, timeout
        self.slowest, self.patience = slowest, patience
        self._own = threading.local()
        self._quiet: dict[str, float] = {}

    def fetch(self, wanted: Wanted) -> str:
        """Fetch one file, unless it is there.

        Returns:
            Its SHA-256.

        Raises:
            DownloadError: when no address gives it, naming the last and what it answered.
            LoginPage: such an error, when one gave a web page and none the file.
            OSError: when it can't be written; a full disk is named.
        """
        if wanted.path.is_file():
            found = _sha256(wanted.path)
            if wanted.sha256 in (None, found):
                return found
        failure = DownloadError("nowhere", "it has no address")
        wanted.path.parent.mkdir(parents=True, exist_ok=True)
        for url in wanted.urls:
            shut_in = isinstance(failure, LoginPage)
            try:
                return self._from(url, wanted, 1 if shut_in else self.tries)
            except _Elsewhere as error:
                kind = LoginPage if isinstance(error, _Page) else DownloadError
                failure = failure if shut_in else kind(url, str(error))
        raise failure

    def fetch_all(
        self, wanted: Sequence[Wanted], then: Callable[[Wanted, str], None] = lambda one, sha256: None
    ) -> dict[Path, DownloadError]:
        """Fetch many files; one that can't be had doesn't keep the others from coming.

        Args:
            wanted: the files.
            then: called with each file that has come and its SHA-256, one call at a time.

        Returns:
            {path: why it could not be had}.

        Raises:
            DownloadError: when the first files all fail: the place is gone, or there is no network; or, later on, when
                as many one after the other are web pages.
            OSError: when files can't be written.
        """
        from tqdm.auto import tqdm

        failed: dict[Path, DownloadError] = {}
        pages = 0
        with ThreadPoolExecutor(self.workers) as pool:
            running = {pool.submit(self.fetch, one): one for one in wanted}
            try:
                for done, job in enumerate(tqdm(as_completed(running), "Fetching", len(running), delay=2), start=1):
                    try:
                        then(running[job], job.result())
                        pages = 0
                    except DownloadError as error:
                        failed[running[job].path] = error
                        pages = pages + 1 if isinstance(error, LoginPage) else 0
                        if len(failed) == done >= 3 * self.workers or pages >= 3 * self.workers:
                            raise
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return failed

    def _from(self, url: str, wanted: Wanted, tries: int) -> str:
        """From one address, in a few tries."""
        host = urlsplit(url).netloc
        for number in range(tries):
            self._wait_until(self._quiet.get(host, 0.0))
            try:
                return self._once(url, wanted)
            except _Again as error:
                if error.wait is not None and error.wait > _LONGEST:
                    raise _Elsewhere(f"{error}, for {error.wait:.0f} seconds") from error
                if error.wait is not None:
                    self._quiet[host] = max(self._quiet.get(host, 0.0), time.monotonic() + error.wait)
                elif number + 1 < tries:
                    time.sleep(min(60.0, self.pause * 2**number))
                reason = f"{error} ({tries} tries)"
        raise _Elsewhere(reason)

    def _once(self, url: str, wanted: Wanted) -> str:
        import requests
        from urllib3.exceptions import HTTPError

        part, tag = (wanted.path.with_name(f"{wanted.path.name}.part{end}") for end in ("", ".etag"))
        have = part.stat().st_size if part.is_file() and tag.is_file() else 0
        headers = {"Range": f"bytes={have}-", "If-Range": tag.read_text(encoding="utf-8")} if have else {}
        try:
            with self._session().get(url, headers=headers, stream=True, timeout=self.timeout) as answer:
                resumed, chunks = _look_at(answer, have, part), _chunks(answer)
                first = next(chunks, b"")
                if not resumed:
                    _refuse_page(answer, first)
                    _note_version(answer, tag)
                self._write(chain([first], chunks), part, "ab" if resumed else "wb")
                _require_whole(answer, part)
        except (requests.RequestException, HTTPError) as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise _Page(f"its certificate can't be verified; {_LOG_IN}") from error
            raise _Again(_short(error)) from error
        found = _sha256(part)
        tag.unlink(missing_ok=True)
        if wanted.sha256 not in (None, found):
            part.unlink()
            raise _Elsewhere(f"it sent other bytes: their checksum is {found[:12]}…, not {wanted.sha256[:12]}…")
        os.replace(part, wanted.path)
        return found

    def _write(self, chunks: Iterable[bytes], part: Path, mode: str) -> None:
        began, got = time.monotonic(), 0
        try:
            with part.open(mode) as file:
                for chunk in chunks:
                    file.write(chunk)
                    got += len(chunk)
                    passed = time.monotonic() - began
                    if passed > self.patience and got < self.slowest * passed:
                        raise _Elsewhere(f"it sends {got / passed:.0f} bytes a second")
        except OSError as error:
            if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
                raise OSError(errno.ENOSPC, f"The disk is full: {part.parent} has no room left") from error
            raise

    def _session(self) -> "requests.Session":
        """One for each worker."""
        if not hasattr(self._own, "session"):
            import requests

            from chapter9_lib import __version__

            self._own.session = requests.Session()
            self._own.session.headers["User-Agent"] = f"chapter9-lib/{__version__}"
        return self._own.session

    @staticmethod
    def _wait_until(moment: float) -> None:
        if (left := moment - time.monotonic()) > 0:
            time.sleep(left)


def require_room(folder: Path, needed: int) -> None:
    """See that a disk has room before anything is fetched.

    Args:
        folder: where the files will go; it need not exist yet.
        needed: bytes.

    Raises:
        OSError: `errno.ENOSPC`, saying how much is needed and how much is there.
    """
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(there).free
    if needed > free:
        raise OSError(
            errno.ENOSPC,
            f"{needed / 2**20:,.0f} MB are needed in {folder}, and {free / 2**20:,.0f} MB are free: make room, or name "
            "another folder by CHAPTER9_FIELD",
        )


def _look_at(answer: "requests.Response", have: int, part: Path) -> bool:
    """Whether the answer goes on where the part ends."""
    status = answer.status_code
    if status == _LOGIN:
        raise _Page(f"{status} {answer.reason}; {_LOG_IN}")
    if status in _GONE:
        raise _Elsewhere(f"{status} {answer.reason}")
    if status in _BUSY:
        raise _Again(f"{status} {answer.reason}", _asked_for(answer))
    if status == 416 or (status == 206 and not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")):
        part.unlink(missing_ok=True)
        raise _Again("it does not go on where it was broken off")
    if status not in (200, 206):
        raise _Elsewhere(f"{status} {answer.reason}")
    return status == 206


def _chunks(answer: "requests.Response") -> Iterator[bytes]:
    """What is there, as it comes, so that a drip is seen as one."""
    read = getattr(answer.raw, "read1", answer.raw.read)
    while chunk := read(_CHUNK, decode_content=True):
        yield chunk


def _refuse_page(answer: "requests.Response", start: bytes) -> None:
    """See that what begins so is no web page; one that a server calls so may still be a picture or a table."""
    text = start[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    called = answer.headers.get("Content-Type", "").lower().startswith(("text/html", "application/xhtml"))
    if text.startswith(_PAGES) or (called and b"\0" not in text and not text.startswith((b"{", b"["))):
        raise _Page(f"a web page of {urlsplit(answer.url).netloc} came in its place; {_LOG_IN}")


def _note_version(answer: "requests.Response", tag: Path) -> None:
    """Keep the file's version: what was broken off is gone on with only while the server still has the same."""
    version = answer.headers.get("ETag", "")
    if version and not version.startswith("W/"):
        tag.write_text(version, encoding="utf-8")
    else:
        tag.unlink(missing_ok=True)


def _require_whole(answer: "requests.Response", part: Path) -> None:
    """Hold what came against what was announced."""
    ranged = answer.headers.get("Content-Range", "").rpartition("/")[2]
    told = ranged if ranged.isdigit() else answer.headers.get("Content-Length", "")
    encoded = answer.headers.get("Content-Encoding", "identity") != "identity"
    size = part.stat().st_size
    if told.isdigit() and not encoded and size != int(told):
        if size > int(told):
            part.unlink()
        raise _Again(f"{size} bytes came of {told}")
    md5 = _announced_md5(answer)
    if md5 and hashlib.md5(part.read_bytes(), usedforsecurity=False).digest() != md5:
        part.unlink()
        raise _Again("the bytes that came are not those that it announced")


def _announced_md5(answer: "requests.Response") -> bytes | None:
    stores = (part.strip() for part in answer.headers.get("x-goog-hash", "").split(","))
    told = next((part[4:] for part in stores if part.startswith("md5=")), answer.headers.get("Content-MD5"))
    try:
        return base64.b64decode(told, validate=True) if told else None
    except ValueError:
        return None


def _asked_for(answer: "requests.Response") -> float | None:
    """Seconds of quiet that a busy server asks for."""
    told = answer.headers.get("Retry-After", "")
    if told.isdigit():
        return float(told)
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    except ValueError:
        return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
