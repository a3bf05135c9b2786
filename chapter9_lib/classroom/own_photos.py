"""A folder of the learner's own, named by its path or uploaded as a zip file."""

import hashlib
import os
from html import escape
from pathlib import Path
from typing import Any

from chapter9_lib.classroom.desk import desk, fresh
from chapter9_lib.classroom.frontend import front_end
from chapter9_lib.files import write_whole
from chapter9_lib.worlds.archive import ArchiveError, unpack
from chapter9_lib.worlds.folder import hidden

__all__ = ["OwnPhotos", "own_photos"]


class OwnPhotos:
    """What a learner has chosen.

    Attributes:
        folder: with a subfolder a class; None as long as nothing is chosen.
    """

    folder: Path | None = None

    def choose(self, path: str | Path) -> str:
        """Take a folder, a CSV table, or a zip file that is unpacked on the desk; say what was done.

        Raises:
            FileNotFoundError: when there is no such thing.
            ArchiveError: for a zip file that is damaged, or would write outside its folder.
            ValueError: for anything else.
        """
        said = str(path).strip().strip("'\"")
        chosen = Path(os.path.expanduser(said))
        if not said or not chosen.exists():
            raise FileNotFoundError(f"There is no {said or 'folder without a name'}, seen from {Path.cwd()}")
        if chosen.suffix.lower() == ".zip":
            chosen = _down_to_the_classes(_unpacked(chosen))
        elif not chosen.is_dir() and chosen.suffix.lower() not in (".csv", ".tsv"):
            raise ValueError(f"{chosen.name} is no folder, no CSV table and no zip file")
        self.folder = chosen
        return f"{chosen} is chosen. Go on with the next cell."

    def upload(self, name: str, content: bytes) -> str:
        """Keep an uploaded zip file on the desk, and take it."""
        if not name.lower().endswith(".zip"):
            raise ArchiveError(f"{name} is no zip file: put the folder with its class folders into one")
        place = fresh(desk() / "uploads" / Path(name).name)
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, content)
        return self.choose(place)


def own_photos() -> OwnPhotos:
    """Ask for a folder of photos: a line for its path, and a button to upload it as a zip file.

    Returns:
        What was chosen; unattended, nothing.
    """
    own = OwnPhotos()
    if front_end():
        _ask(own)
    else:
        print("Run by hand, this cell asks for a folder of yours.")
    return own


def _unpacked(archive: Path) -> Path:
    try:
        return unpack(archive, hashlib.sha256(archive.read_bytes()).hexdigest(), desk() / "uploads")
    except ArchiveError as error:
        what = str(error).partition(". ")[0]
        raise ArchiveError(f"{what}. Make the zip file again from the folder, and upload that") from error


def _down_to_the_classes(folder: Path) -> Path:
    """Zip files mostly hold one folder that holds the rest."""
    inside = [entry for entry in folder.iterdir() if not hidden(entry.name)]
    return _down_to_the_classes(inside[0]) if len(inside) == 1 and inside[0].is_dir() else folder


def _ask(own: OwnPhotos) -> None:
    import ipywidgets as widgets
    from IPython.display import display

    line = widgets.Text(placeholder="path of a folder or a CSV table", layout=widgets.Layout(width="28em"))
    button = widgets.Button(description="take this folder")
    file = widgets.FileUpload(accept=".zip", description="or upload a zip file", layout=widgets.Layout(width="14em"))
    told = widgets.HTML()

    def take(choice: Any) -> None:  # noqa: ANN401 - a button's click, or an upload
        try:
            if choice is button:
                told.value = escape(own.choose(line.value))
            elif file.value:
                one = file.value[0]
                told.value = escape(own.upload(one["name"], bytes(one["content"])))
        except (OSError, ValueError, ArchiveError) as error:
            told.value = escape(str(error))

    button.on_click(take)
    file.observe(take, names="value")
    display(widgets.VBox([widgets.HBox([line, button]), file, told]))
