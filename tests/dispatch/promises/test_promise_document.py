"""A file of promises is taken whole or refused with the entry that is wrong."""

from __future__ import annotations

import copy
import json

import pytest

from dispatch.promise_document import (
    DEFAULTS,
    PromisesFileError,
    default_promise_rules,
    promise_rules,
    read_promise_rules,
)


@pytest.fixture
def document():
    return copy.deepcopy(dict(default_promise_rules().document))


def test_the_defaults_are_a_file_like_any_other(tmp_path):
    copied = tmp_path / "promises.toml"
    copied.write_text(DEFAULTS.read_text(encoding="utf-8"), encoding="utf-8")
    assert read_promise_rules(copied) == default_promise_rules()


def test_json_says_the_same_as_toml(tmp_path, document):
    path = tmp_path / "promises.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert read_promise_rules(path).version == default_promise_rules().version


def test_another_figure_is_another_version_even_under_the_same_name(document):
    document["promises"][0]["minutes"]["urban"] = 40
    assert promise_rules(document).version != default_promise_rules().version


def _drop(*path):
    def change(document):
        inner = document
        for step in path[:-1]:
            inner = inner[step]
        del inner[path[-1]]

    return change


def _set(value, *path):
    def change(document):
        inner = document
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_drop("version"), "version: is missing"),
        (_drop("promises"), "promises: is missing"),
        (_set([], "promises"), "promises: must be a list with at least one entry"),
        (
            _set("fast", "promises", 0, "minutes", "urban"),
            r"promises\[0\].minutes.urban: 'fast' is no number",
        ),
        (_set(-5, "promises", 0, "minutes", "urban"), r"promises\[0\].minutes.urban: -5 is no number from 1"),
        (_set(float("nan"), "promises", 0, "minutes", "urban"), "is no number"),
        (_set(True, "promises", 0, "minutes", "urban"), "True is no number"),
        (_set(10, "promises", 0, "minutes", "suburban"), r"suburban: is not known here"),
        (_set(45, "promises", 0, "warn_minutes", "urban"), "must be shorter than the promise itself"),
        (_set(["lunch"], "promises", 0, "pauses"), "'lunch' is none of access_refused"),
        (_set([], "promises", 0, "report_kinds"), "must name at least one kind of report"),
        (_set("arrival", "promises", 0, "starts"), "cannot be promised from the arrival on"),
        (_set("Arrival!", "promises", 0, "id"), "is no name of small letters"),
        (_set("arrival", "promises", 1, "id"), "the id 'arrival' stands there twice"),
        (_set("guess", "proof", "arrival_counts"), "'guess' is none of hand, position, later"),
        (_set(600, "areas", "rural_from_customers_per_km2"), "urban_from_customers_per_km2: 500"),
        (_set("soon", "colour"), "colour: is not known here"),
        (_set("soon", "proof"), "proof: must be a table"),
    ],
)
def test_what_is_wrong_is_named(document, change, said):
    change(document)
    with pytest.raises(PromisesFileError, match=said):
        promise_rules(document)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.toml", "version = ", "is no TOML"),
        ("a.json", "{", "is no JSON"),
        ("a.json", "[]", "must be a table"),
        ("a.toml", "", "version: is missing"),
    ],
)
def test_what_is_no_file_of_promises_is_refused_by_its_name(tmp_path, name, text, said):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PromisesFileError, match=said) as caught:
        read_promise_rules(path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(PromisesFileError, match=r"none\.toml: cannot be read"):
        read_promise_rules(tmp_path / "none.toml")
