"""Files that are there whole, or not at all."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

__all__ = ["write_together", "write_whole"]


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under another name and give it its own once it is complete; an older one stays until then.

    Raises:
        OSError: when it can't be written; nothing half-written stays behind.
    """
    write_together({path: content})


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write files that belong together: none gets its name before all are complete; older ones stay until then.

    Raises:
        OSError: when one of them can't be written; nothing half-written stays behind.
    """
    temporaries: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            place = path.resolve() if path.is_symlink() else path
            place.parent.mkdir(parents=True, exist_ok=True)
            temporaries[place] = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
            with temporaries[place].open("xb") as file:  # unlike tempfile's, as readable for others as the user wishes
                file.write(content)
        for place, temporary in temporaries.items():
            os.replace(temporary, place)
    except BaseException:
        for temporary in temporaries.values():
            temporary.unlink(missing_ok=True)
        raise
