"""The tests and the kernels of the notebooks under test reach this machine only."""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from jupyter_client.manager import start_new_kernel

OUTSIDE = "192.0.2.1"  # an address kept for documentation: nobody is there
TRY = f"""
import socket
try:
    socket.create_connection(("{OUTSIDE}", 80), timeout=5)
except OSError as error:
    print(error)
"""


def test_an_outside_address_is_refused_at_once():
    with pytest.raises(OSError, match="without a network: 192.0.2.1"):
        socket.create_connection((OUTSIDE, 80), timeout=5)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        with pytest.raises(OSError, match="without a network"):
            sock.sendto(b"hello", (OUTSIDE, 53))


def test_an_outside_name_is_refused():
    with pytest.raises(urllib.error.URLError, match="without a network: example.org"):
        urllib.request.urlopen("http://example.org", timeout=5)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_reached(host):
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection((host, server.getsockname()[1]), timeout=5) as client:
            client.sendall(b"hello")
            with server.accept()[0] as other:
                assert other.recv(5) == b"hello"


def test_a_child_process_obeys():
    done = subprocess.run([sys.executable, "-c", TRY], capture_output=True, text=True, check=True)
    assert "without a network: 192.0.2.1" in done.stdout


def test_a_kernel_obeys():
    manager, client = start_new_kernel(kernel_name="python3")
    printed = []
    try:
        client.execute_interactive(TRY, timeout=60, output_hook=lambda m: printed.append(m["content"].get("text", "")))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert "without a network: 192.0.2.1" in "".join(printed)


def test_the_home_is_temporary():
    from chapter9_lib import paths

    assert "chapter9-tests-" in str(paths.home())
    assert "CHAPTER9_WORLD" not in os.environ
