"""What this machine is, in plain facts, and nothing that says whose it is."""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

__all__ = ["cores", "cpu_name", "machine_facts", "memory_gib"]


def machine_facts() -> dict[str, str | int | float | None]:
    """{"cpu": model name, "cores": usable now, "memory_gib": usable, "system": operating system and architecture}."""
    memory = memory_gib()
    return {
        "cpu": cpu_name(),
        "cores": cores(),
        "memory_gib": None if memory is None else round(memory, 1),
        "system": f"{platform.system()} {platform.machine()}",
    }


def cpu_name() -> str:
    """The processor's model name, or its architecture where the system doesn't tell."""
    if sys.platform == "darwin":
        told = subprocess.run(["sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True).stdout
        return told.strip() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        found = re.search(r"^model name\s*:\s*(.+)$", info.read_text(errors="replace"), re.M)
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine() or "unknown CPU"


def cores() -> int:
    """Cores this process may use (fewer than the machine has, in a container or under a batch system)."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _first_numbers("/sys/fs/cgroup/cpu.max")
    return min(allowed, max(1, round(quota[0] / quota[1]))) if len(quota) == 2 else allowed


def memory_gib() -> float | None:
    """Memory this process may use, in GiB, container limits included; None where it can't be told."""
    limit = [
        n
        for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
        for n in _first_numbers(path)
    ]
    total = _physical_memory()
    known = [n for n in (*limit, total) if n]
    return min(known) / 2**30 if known else None


def _physical_memory() -> float | None:
    if sys.platform == "win32":
        import ctypes

        kilobytes = ctypes.c_ulonglong()
        done = ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes))
        return kilobytes.value * 1024 if done else None
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (ValueError, OSError):
        return None


def _first_numbers(path: str) -> list[float]:
    try:
        words = Path(path).read_text().split()
    except OSError:
        return []
    return [float(word) for word in words] if words and all(word.isdigit() for word in words) else []
