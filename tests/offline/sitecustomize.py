"""Shut the network, except this machine's own loopback, in every Python process of a test run.

The root conftest.py puts this folder on PYTHONPATH: Python imports `sitecustomize` as it starts, so that the
notebooks' kernels and every other child process obey too.
"""

import errno
import importlib.machinery
import importlib.util
import ipaddress
import os
import socket
import sys

MESSAGE = "the tests run without a network: {} may not be reached, only this machine itself"
LOCAL_NAMES = {"", "localhost", "localhost.localdomain", "ip6-localhost", socket.gethostname().lower()}


def is_local(host):
    """Whether an address or a name means this machine."""
    if host is None:
        return True
    name = (host.decode() if isinstance(host, bytes) else str(host)).lower()
    try:
        address = ipaddress.ip_address(name.split("%")[0])
    except ValueError:
        return name.rstrip(".") in LOCAL_NAMES
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified


def check(sock, address):
    if sock.family in (socket.AF_INET, socket.AF_INET6) and not is_local(address[0]):
        raise OSError(errno.ENETUNREACH, MESSAGE.format(address[0]))


def shut():
    """Replace the ways out of `socket`; a second call changes nothing."""
    if getattr(socket, "_only_loopback", False):
        return
    plain = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex", "sendto", "sendmsg")}
    lookups = {name: getattr(socket, name) for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex")}

    def connect(self, address):
        check(self, address)
        return plain["connect"](self, address)

    def connect_ex(self, address):
        check(self, address)
        return plain["connect_ex"](self, address)

    def sendto(self, data, *arguments):
        check(self, arguments[-1])
        return plain["sendto"](self, data, *arguments)

    def sendmsg(self, buffers, ancdata=(), flags=0, address=None):
        if address is None:
            return plain["sendmsg"](self, buffers, ancdata, flags)
        check(self, address)
        return plain["sendmsg"](self, buffers, ancdata, flags, address)

    def guarded(lookup):
        def look_up(host, *arguments, **options):
            if not is_local(host):
                raise socket.gaierror(socket.EAI_AGAIN, MESSAGE.format(host))
            return lookup(host, *arguments, **options)

        return look_up

    for replacement in (connect, connect_ex, sendto, sendmsg):
        setattr(socket.socket, replacement.__name__, replacement)
    for name, lookup in lookups.items():
        setattr(socket, name, guarded(lookup))
    socket._only_loopback = True


def run_shadowed():
    """Run the `sitecustomize` that this one hides, as some systems have one of their own."""
    here = os.path.dirname(os.path.abspath(__file__))
    folders = [folder for folder in sys.path if os.path.abspath(folder or ".") != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", folders)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


shut()
if __name__ == "sitecustomize":
    run_shadowed()
