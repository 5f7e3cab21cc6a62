"""A network file is somebody else's program: it harms neither disk nor process, and its errors are told."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import pytest

from gis.network_tables import NetworkTables
from gis.opendss import read_opendss
from gis.opendss.language import parameters
from gis.opendss.process import OpenDssError

START = "clear\nnew circuit.town basekv=12.47\nnew line.l bus1=sourcebus bus2=b\nnew load.h bus1=b\n"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def picture(folder: Path) -> dict[str, bytes]:
    """All files below a folder with their contents."""
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def is_read(tables: NetworkTables) -> bool:
    return list(tables.service_point["id"]) == ["Load.h"]


# Everything of OpenDSS that writes files, runs programs or loads code, as far as its manual tells.
WRITING = r"""
solve
show voltages
show powers kva elem
export voltages out.csv
export summary (abs{folder}/summary.csv)
save circuit dir=saved
save
dump
plot profile phases=all
visualize what=powers element=line.l
export monitors m
set datapath="abs{folder}/made"
set recorder=yes
set demandinterval=true diverbose=yes
set casename=other
set editor=/bin/sh
set log=yes querylog=yes
cd /
doscmd touch abs{folder}/touched
fileedit abs{folder}/master.dss
top what=loadshape
distribute kw=10 file=dist.dss
di_plot
uuids file=abs{folder}/uuids.dat
export cim100 file=abs{folder}/x.xml
obfuscate
new loadshape.s npts=3 mult=(1 2 3) action=dblsave
loadshape.s.action=sngsave
new energymeter.m element=line.l action=save
energymeter.m.action=dump
new generator.g bus1=b usermodel=abs{folder}/evil.so
~ userdata=(run)
generator.g.usermodel=abs{folder}/evil.so
new pvsystem.p bus1=b dynadll=abs{folder}/evil.so
new monitor.m element=line.l
monitor.m.action=save
new load.h2 bus1=b enabled=no
"""


def test_a_script_writes_nothing_and_runs_nothing(tmp_path: Path):
    folder = tmp_path / "network"
    script = WRITING.replace("abs{folder}", str(folder))
    master = write(folder / "master.dss", START + script)
    before, here = picture(tmp_path), Path.cwd()
    tables, findings = read_opendss(master)
    assert is_read(tables)
    assert picture(tmp_path) == before
    assert Path.cwd() == here
    not_run = next(one for one in findings if one.rule == "command_not_run")
    assert [one.rpartition(" ")[2] for one in not_run.ids] == ["doscmd", "fileedit", "obfuscate"]


def test_the_process_that_reads_may_not_write_even_what_the_engine_would(tmp_path: Path):
    """Energy meters are built whole, since they name feeders; when one is told to save, nothing lands."""
    folder = tmp_path / "network"
    meter = f"new energymeter.m line.l 1 action=save\n~ action=dump\ncd {folder}\nenergymeter.m.action=save\n"
    tables, _ = read_opendss(write(folder / "master.dss", START + meter))
    assert is_read(tables)
    assert tables.line_section["feeder"].tolist() == ["m"]
    assert sorted(picture(tmp_path)) == ["network/master.dss"]


def test_the_engine_stays_out_of_this_process(tmp_path: Path):
    before = {name for name in sys.modules if name.split(".")[0] in {"dss", "dss_python_backend"}}
    read_opendss(write(tmp_path / "master.dss", START))
    gc.collect()
    assert {name for name in sys.modules if name.split(".")[0] in {"dss", "dss_python_backend"}} == before


def test_without_the_package_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "dss", None)
    with pytest.raises(OpenDssError, match=r"pip install relight\[opendss\]"):
        read_opendss(write(tmp_path / "master.dss", START))


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            "new line.bad bus1=b linecode=none_such",
            r'master\.dss, line 5: OpenDSS says: .*"none_such" not found',
        ),
        ("\n\nnonsense 1 2", r"master\.dss, line 7: OpenDSS says: .*nonsense"),
        ("redirect Lost.DSS", r"master\.dss, line 5: The file 'Lost\.DSS' is not there"),
        ("redirect", r"line 5: The command 'redirect' names no file"),
        ("new load.x bus1=b kw=much", r"line 5: OpenDSS says: "),
    ],
)
def test_a_line_that_cannot_be_run_is_named(tmp_path: Path, script: str, said: str):
    with pytest.raises(OpenDssError, match=said):
        read_opendss(write(tmp_path / "master.dss", START + script + "\n"))


def test_files_that_redirect_to_each_other_come_to_an_end(tmp_path: Path):
    write(tmp_path / "a.dss", "redirect b.dss\n")
    write(tmp_path / "b.dss", "redirect a.dss\n")
    with pytest.raises(OpenDssError, match="More than 50 files redirect to each other"):
        read_opendss(tmp_path / "a.dss")


def test_a_warning_of_the_engine_is_a_finding(tmp_path: Path):
    twice = "new line.l bus1=sourcebus.2 bus2=b.2 phases=1\n"
    tables, findings = read_opendss(write(tmp_path / "master.dss", START + twice))
    assert [one.rule for one in findings] == ["script_warning"]
    assert findings[0].ids[0].startswith("master.dss:5 (Warning: Duplicate")
    assert tables.line_section["phases"].tolist() == ["B"]


def test_an_error_in_a_file_behind_names_that_file(tmp_path: Path):
    write(tmp_path / "Parts" / "Lines.dss", "! lines\nnew line.x bus1=b bus2=c\nnew lime.y\n")
    with pytest.raises(OpenDssError, match=r"Lines\.dss, line 3: OpenDSS says: "):
        read_opendss(write(tmp_path / "master.dss", START + r"redirect parts\LINES.dss"))


@pytest.mark.parametrize("content", [b"", b"new line.l bus1=a bus2=b", b"\x00\xff\xfe\x01" * 500, b"<xml/>"])
def test_what_is_no_circuit_is_told(tmp_path: Path, content: bytes):
    path = tmp_path / "x.dss"
    path.write_bytes(content)
    with pytest.raises(OpenDssError, match=r"x\.dss"):
        read_opendss(path)


def test_a_path_that_leads_nowhere_is_told(tmp_path: Path):
    with pytest.raises(OpenDssError, match="There is no file"):
        read_opendss(tmp_path / "none.dss")
    with pytest.raises(OpenDssError, match="is a folder"):
        read_opendss(tmp_path)


def test_files_behind_are_found_as_on_windows_and_compile_moves_the_folder(tmp_path: Path):
    write(tmp_path / "Sub" / "Circuit.dss", "clear\nnew circuit.c basekv=12.47\nredirect more/LINES.dss\n")
    write(
        tmp_path / "Sub" / "More" / "lines.dss",
        "/* all\nof it */\nnew line.l bus1=sourcebus bus2=b // to b\n",
    )
    write(tmp_path / "Sub" / "Loads.dss", 'New "Load.h" bus1=b kW=(3 2 *)  ! RPN\nMore phases=1\n')
    master = write(
        tmp_path / "master.dss", 'Compile "SUB\\circuit.DSS"\nRedirect (loads.dss)\nquit\nnonsense\n'
    )
    tables, findings = read_opendss(master)
    assert findings == ()
    assert is_read(tables)
    assert tables.service_point["peak_kw"].tolist() == [6]
    assert tables.service_point["phases"].tolist() == ["A"]


def test_a_missing_file_of_coordinates_costs_places_only(tmp_path: Path):
    tables, findings = read_opendss(write(tmp_path / "master.dss", START + "buscoords lost.csv\n"))
    assert is_read(tables)
    assert [(one.rule, one.ids) for one in findings] == [
        ("unreadable_coordinates", ("master.dss:5 lost.csv",))
    ]


def test_names_in_any_encoding_survive(tmp_path: Path):
    for encoding in ("utf-8", "gb18030"):
        (tmp_path / "master.dss").write_bytes((START + "new load.桃园 bus1=b\n").encode(encoding))
        tables, _ = read_opendss(tmp_path / "master.dss")
        assert sorted(tables.service_point["id"]) == ["Load.h", "Load.桃园"]


def test_parameters_are_told_apart_as_the_engine_does():
    assert parameters('New Line.L1 bus1 = a.1.2, kvs=(7.2, .12) "my name" x=[1 | 2]! rest') == [
        (None, "New"), (None, "Line.L1"), ("bus1", "a.1.2"), ("kvs", "7.2, .12"),
        (None, "my name"), ("x", "1 | 2"),
    ]  # fmt: skip
    assert parameters("// only a comment") == []
    assert parameters("Line.L.enabled=") == [("Line.L.enabled", "")]
