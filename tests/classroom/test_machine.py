import builtins
import importlib

import pytest

from chapter9_lib.classroom import check_machine, machine, show_source
from chapter9_lib.classroom.hardware import machine_facts
from chapter9_lib.classroom.report import Line, Report


def lines(report, level):
    return [line for line in report.lines if line.level == level]


def test_this_machine(capsys, monkeypatch):
    few = {name: floor for name, floor in machine.floors().items() if name not in ("timm", "torchvision")}
    monkeypatch.setattr(machine, "floors", lambda: few)  # those two take seconds to import, and other tests do
    report = check_machine()
    out = capsys.readouterr().out
    assert out.startswith("[OK]   Python 3.") and "torch" in out
    assert int(report) == len(lines(report, "FAIL"))
    assert "<table>" in report._repr_html_()


def test_floors_are_those_of_the_package():
    floors = machine.floors()
    assert floors["torch"] == "2.5" and {"numpy", "matplotlib", "pillow"} <= set(floors)
    assert not {"pytest", "ipywidgets", "jupyterlab"} & set(floors), "extras are no requirement"


def test_floors_are_the_same_where_the_package_is_not_installed(monkeypatch):
    declared = machine.floors()

    def missing(name):
        raise machine.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(machine.metadata, "requires", missing)
    told = machine.floors()
    assert told == {name: declared[name] for name in told} and {"torch", "torchvision"} <= set(told)


def test_versions_too_old_and_missing_are_told_with_their_cure(monkeypatch):
    monkeypatch.setattr(machine, "floors", lambda: {"numpy": "99.0", "no-such-package": "1.0"})
    old, missing = machine._packages()
    assert old.level == missing.level == "FAIL"
    assert "older than 99.0" in old.what and "--upgrade 'numpy>=99.0'" in old.cure
    assert "not installed" in missing.what and missing.cure == "pip install 'no-such-package>=1.0'"


def test_the_torchvision_trap_is_named_with_cause_and_cure(monkeypatch):
    def broken(name):
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(importlib, "import_module", broken)
    line = machine._import_line("torchvision", "0.28.0")
    assert line.level == "FAIL" and "nms" in line.what
    assert "different places" in line.cure and "pip install torch torchvision" in line.cure


def test_home_not_writable(monkeypatch, tmp_path):
    file = tmp_path / "a file"
    file.write_text("in the way")
    monkeypatch.setenv("CHAPTER9_HOME", str(file / "home"))
    (line,) = machine._home()
    assert line.level == "FAIL" and "CHAPTER9_HOME" in line.cure


def test_little_memory_and_disk(monkeypatch):
    monkeypatch.setattr(machine, "memory_gib", lambda: 0.9)
    assert next(machine._memory()).level == "FAIL"
    monkeypatch.setattr(machine, "memory_gib", lambda: None)
    assert next(machine._memory()).level == "NOTE"
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 2**20})())
    assert list(machine._home())[1].level == "FAIL"


def test_missing_assets(bundle, tmp_path):
    (tmp_path / "assets" / "records" / "x.json").write_text("{}")
    assert [line.level for line in machine._assets()] == ["FAIL", "FAIL", "OK"]


def test_without_ipywidgets_it_is_a_note(monkeypatch):
    def absent(name):
        raise machine.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(machine.metadata, "version", absent)
    (line,) = machine._widgets()
    assert line.level == "NOTE" and "ipywidgets" in line.cure


@pytest.mark.parametrize("there", [set(), {"notebook"}, {"jupyterlab", "notebook"}])
def test_without_jupyterlab_it_is_a_note(monkeypatch, there):
    def version(name):
        if name in there:
            return "4.2"
        raise machine.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(machine.metadata, "version", version)
    (line,) = machine._notebooks()
    assert (line.level == "OK") == bool(there)
    assert there or (line.level == "NOTE" and "pip install jupyterlab" in line.cure)
    monkeypatch.setattr(machine, "in_notebook", lambda: True)
    assert [found.level for found in machine._notebooks()] == (["OK"] if there else []), "something has opened this one"


def test_a_note_is_in_the_report(monkeypatch, capsys):
    monkeypatch.setattr(machine, "floors", dict)
    monkeypatch.setattr(machine, "_notebooks", lambda: iter([Line("NOTE", "JupyterLab is not installed")]))
    assert "[NOTE] JupyterLab is not installed" in str(check_machine())


def test_report_counts_and_escapes():
    report = Report((Line("OK", "fine"), Line("FAIL", "<b>", "do & do")))
    assert int(report) == 1 and "1 to cure first" in str(report)
    assert "&lt;b&gt;" in report._repr_html_() and "do &amp; do" in report._repr_html_()
    assert "every notebook will run" in str(Report((Line("OK", "fine"), Line("NOTE", "no GPU"))))
    assert "every notebook" not in str(Report((Line("NOTE", "nothing opens them", "do"),)))


def test_machine_facts_hold_no_name_of_a_person_or_host():
    import getpass
    import platform

    facts = machine_facts()
    assert set(facts) == {"cpu", "cores", "memory_gib", "system"} and facts["cores"] >= 1
    assert platform.node() not in str(facts) or not platform.node()
    assert f"/{getpass.getuser()}/" not in str(facts)


def test_show_source(capsys):
    show_source(show_source)
    out = capsys.readouterr().out
    assert "# chapter9_lib.classroom.source.show_source" in out and "inspect.getsource" in out
    with pytest.raises(TypeError, match="no Python source"):
        show_source(builtins.len)


def test_source_in_a_notebook_is_folded_and_escaped():
    from chapter9_lib.classroom.source import Source

    html = Source("a.b", "if a < b:\n    pass")._repr_html_()
    assert html.startswith("<details>") and "(2 lines)" in html and "a < b" not in html
