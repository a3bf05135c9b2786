"""What the hub's client does on a machine without a network."""

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlparse

__all__ = ["is_local", "quick_when_offline"]

_LOCAL = (errno.ENOSPC, errno.EACCES, errno.EPERM, errno.EROFS, getattr(errno, "EDQUOT", errno.ENOSPC))


def is_local(error: OSError) -> bool:
    """Whether this machine is to blame, a full disk say, and not the network."""
    return error.errno in _LOCAL


@contextmanager
def quick_when_offline() -> Iterator[None]:
    """Without a network, look into the download cache only: the hub's client would retry for most of a minute."""
    from huggingface_hub import constants

    host = urlparse(constants.ENDPOINT)
    before = constants.HF_HUB_OFFLINE
    if not any(os.environ.get(key) for key in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")):
        try:
            socket.create_connection((host.hostname, host.port or 443), timeout=5).close()
        except OSError:
            constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before
