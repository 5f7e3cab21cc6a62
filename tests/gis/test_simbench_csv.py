"""The cut of a SimBench grid is the one the package `simbench` makes."""

from __future__ import annotations

import warnings

import pandas as pd
import pytest

from gis.errors import SimbenchError
from gis.simbench.csv_files import parse_simbench_code, read_simbench_tables, simbench_folder

TABLES = (
    "Coordinates", "ExternalNet", "Line", "LineType", "Load", "Node", "PowerPlant",
    "Substation", "Switch", "Transformer", "TransformerType",
)  # fmt: skip
CODES = (
    "1-MVLV-urban-all-0-sw",
    "1-LV-urban6--0-sw",
    "1-HVMV-mixed-2.102-0-sw",
    "1-EHVHVMVLV-mixed-all-0-sw",
)


@pytest.fixture(scope="module")
def packaged():
    """The package's own way to a cut, on the tables an outage needs; the profiles are 95 MB more."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandapower's, at import
        import simbench
        from simbench.networks import extract_simbench_grids_from_csv as extract
    folder = extract.complete_data_path(0)
    raw = {name: simbench.read_csv_data(folder, sep=";", tablename=name) for name in TABLES}

    def cut(code: str) -> dict[str, pd.DataFrame]:
        subnets = extract.get_relevant_subnets(code, folder)
        return extract._get_extracted_csv_data_from_dict(raw, subnets)

    return cut


@pytest.mark.parametrize("code", CODES)
def test_the_cut_is_the_one_of_the_package(packaged, code: str) -> None:
    ours = read_simbench_tables(parse_simbench_code(code), folder=simbench_folder("0"))
    theirs = packaged(code)
    assert set(ours) == set(TABLES)
    for name in TABLES:
        pd.testing.assert_frame_equal(
            ours[name], theirs[name].reset_index(drop=True), check_dtype=False, obj=f"{code} {name}"
        )


def test_the_table_cut_alone_is_the_one_of_the_data_function() -> None:
    """`get_extracted_csv_data` cuts table by table with this function; it too must give the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from simbench.networks import extract_simbench_grids_from_csv as extract
    code, folder = CODES[0], extract.complete_data_path(0)
    subnets = extract.get_relevant_subnets(code, folder)
    ours = read_simbench_tables(parse_simbench_code(code), folder=simbench_folder("0"))
    for name in ("Switch", "Load"):
        theirs = extract._get_extracted_csv_table(subnets, name, folder)
        pd.testing.assert_frame_equal(ours[name], theirs.reset_index(drop=True), check_dtype=False)


def test_the_whole_data_set_is_not_cut() -> None:
    tables = read_simbench_tables(
        parse_simbench_code("1-complete_data-mixed-all-0-sw"), folder=simbench_folder("0")
    )
    assert (len(tables["Load"]), len(tables["Transformer"]), len(tables["Switch"])) == (36_063, 686, 73_511)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("urban", "is not a SimBench code"),
        ("1-MVLV-urban-all-7-sw", "is not a SimBench code"),
        ("2-MVLV-urban-all-0-sw", "is not a SimBench code"),
        ("1-MVLV-urban-all-0-no_sw", "Use '1-MVLV-urban-all-0-sw'"),
        ("1-MVLV-desert-all-0-sw", "no MV grid of type 'desert'.*rural, semiurb, urban, comm"),
    ],
)
def test_a_code_that_names_no_grid_is_refused_with_the_way_out(code: str, text: str) -> None:
    with pytest.raises(SimbenchError, match=text):
        parse_simbench_code(code)


def test_a_part_that_does_not_exist_is_refused_with_those_that_do() -> None:
    code = parse_simbench_code("1-MVLV-urban-9.999-0-sw")
    with pytest.raises(SimbenchError, match=r"no grid '9\.999'.*5\.303"):
        read_simbench_tables(code, folder=simbench_folder("0"))


def test_without_the_package_it_is_said_what_to_install(monkeypatch) -> None:
    monkeypatch.setattr("gis.simbench.csv_files.importlib.util.find_spec", lambda _: None)
    with pytest.raises(SimbenchError, match=r"pip install relight\[simbench\]"):
        simbench_folder("0")
