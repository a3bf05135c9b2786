"""From rendered photos to the package's assets: one zip a set, and `world.json` with the hash of their content.

The world's hash covers names, photos and manifests as they are inside the archives: another zlib may compress a
manifest to other bytes, but it makes no other world. Each archive's own checksum is for unpacking.
"""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chapter9_lib.paths import assets
from chapter9_lib.worlds.trailcam.sets import SETS, VERSION
from chapter9_lib.worlds.trailcam.species import SPECIES
from data_scripts.render_photos import rows_of

__all__ = ["LARGEST", "MOST", "content", "pack", "pack_world", "world_hash"]

LARGEST, MOST = 15 * 2**20, 27 * 2**20
"""Bytes: of one archive, of all together."""

Rows = Sequence[Mapping[str, str]]
_OURS = ("folder", "renderer")


def pack_world() -> None:
    """Pack every bundled set and write `world.json`: version, hash, checksums.

    Raises:
        FileNotFoundError: when a set is not rendered.
        ValueError: when the sets are not of one world, share a burst, or grow too large.
    """
    target = assets() / "photos"
    target.mkdir(parents=True, exist_ok=True)
    rows = {name: rows_of(name) for name, plan in SETS.items() if plan.bundled}
    check(rows)
    entries = {name: pack(name, rows[name], target) for name in rows}
    _check_sizes({name: (target / entry["file"]).stat().st_size for name, entry in entries.items()})
    card = {
        "version": VERSION,
        "hash": world_hash(entries),
        "what": "trail-camera photos rendered by chapter9_lib.worlds.trailcam; every scene is in the manifests",
        "made_by": "python -m data_scripts.render_photos --all --pack",
        "licence": "CC-BY-4.0",
        "species": [animal.name for animal in SPECIES],
        "sets": entries,
    }
    (target / "world.json").write_text(json.dumps(card, indent=1) + "\n")
    print(f"World {VERSION}, hash {card['hash']}:", ", ".join(f"{n} {e['photos']}" for n, e in entries.items()))


def pack(set_name: str, rows: Rows, target: Path) -> dict[str, Any]:
    """Zip one rendered set; returns its entry in `world.json`."""
    manifest = io.StringIO()
    columns = [name for name in rows[0] if name not in _OURS]
    writer = csv.DictWriter(manifest, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    file = target / f"{set_name}.zip"
    with zipfile.ZipFile(file, "w") as archive:
        _store(archive, "manifest.csv", manifest.getvalue().encode(), zipfile.ZIP_DEFLATED)
        for row in rows:
            _store(archive, row["file"], (Path(row["folder"]) / row["file"]).read_bytes(), zipfile.ZIP_STORED)
    return {
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "content": content(file),
        "photos": len(rows),
        "size": list(SETS[set_name].size),
    }


def content(archive: Path) -> str:
    """The checksum of what is inside: names and bytes of all files, in alphabetical order; 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with zipfile.ZipFile(archive) as bundle:
        for name in sorted(bundle.namelist()):
            data = bundle.read(name)
            digest.update(f"{name} {len(data)}\n".encode())
            digest.update(data)
    return digest.hexdigest()


def world_hash(entries: Mapping[str, Mapping[str, Any]]) -> str:
    """The world's hash from its sets' content, 16 hexadecimal digits."""
    lines = [f"{name} {entry['content']}\n" for name, entry in sorted(entries.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


def check(rows: Mapping[str, Rows]) -> None:
    """That all sets come from one renderer, that no burst is in two of them, and no two bursts share a moment.

    Raises:
        ValueError: saying which sets, and the cure.
    """
    makers = {row["renderer"] for own in rows.values() for row in own}
    if len(makers) > 1:
        raise ValueError(
            f"The sets were rendered by {len(makers)} states of the renderer: render what is older again with "
            "python -m data_scripts.render_photos --all"
        )
    bursts: dict[tuple[str, str], str] = {}
    moments: dict[tuple[str, str], tuple[str, str]] = {}
    for name, own in rows.items():
        for row in own:
            where, when = (row["camera"], row["burst"]), (row["camera"], row["time"])
            other, burst = bursts.setdefault(where, name), moments.setdefault(when, (row["burst"], name))
            if other != name or burst[0] != row["burst"]:
                raise ValueError(
                    f"Camera {row['camera']} took burst {row['burst']} of {name} when it took one of "
                    f"{burst[1] if other == name else other}: give one of the sets another seed in SETS, render again."
                )


def _check_sizes(sizes: Mapping[str, int]) -> None:
    largest, total = max(sizes, key=sizes.__getitem__), sum(sizes.values())
    if sizes[largest] > LARGEST or total > MOST:
        raise ValueError(
            f"Too large: {largest}.zip {sizes[largest] / 2**20:.1f} MB of {LARGEST / 2**20:.0f}, all together "
            f"{total / 2**20:.1f} of {MOST / 2**20:.0f}. Lower the quality of the largest sets in SETS."
        )


def _store(archive: zipfile.ZipFile, name: str, data: bytes, method: int) -> None:
    info = zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0))
    info.compress_type = method
    info.external_attr = 0o644 << 16
    archive.writestr(info, data)
