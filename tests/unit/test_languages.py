import time

import pytest

from core.model import Locale
from entrypoints.http.languages import LONGEST, preferred


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de", Locale.DE),
        ("en", Locale.EN),
        ("DE", Locale.DE),
        ("de-AT", Locale.DE),
        ("de-Latn-CH-1996", Locale.DE),
        ("en-US,en;q=0.9,de;q=0.8", Locale.EN),
        ("de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", Locale.DE),
        ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", Locale.EN),
        ("da, en-gb;q=0.8, en;q=0.7", Locale.EN),
        ("en;q=0.5,de;q=0.501", Locale.DE),
        ("de ;\tq=1.000 , en;Q=0.999", Locale.DE),
        ("en;q=0.3,de;q=0.4,en-GB;q=0.5", Locale.EN),
        ("de;q=0,de-AT;q=0.1", Locale.DE),
    ],
)
def test_the_language_of_the_greatest_weight_is_taken(
    header: str, language: Locale
) -> None:
    assert language == preferred(header)


def test_of_equal_weights_the_first_is_taken() -> None:
    assert (Locale.DE, Locale.EN) == (preferred("de, en"), preferred("en, de"))
    assert Locale.DE == preferred("fr, de;q=0.5, en;q=0.5")


@pytest.mark.parametrize(
    "header", [None, "", " ", ",", "fr", "fr, it;q=0.5", "*", "fr, *;q=0.1", "dex"]
)
def test_none_is_taken_where_none_of_ours_is_asked_for(header: str | None) -> None:
    assert preferred(header) is None


@pytest.mark.parametrize("header", ["de;q=0", "de;q=0.000, en;q=0", "de;q=0, fr"])
def test_a_language_that_is_refused_is_not_taken(header: str) -> None:
    assert preferred(header) is None


@pytest.mark.parametrize("header", ["en;q=0, *", "*, en;q=0.5", "en;q=0.1, *;q=0.2"])
def test_all_others_are_those_that_are_not_named(header: str) -> None:
    assert Locale.DE == preferred(header)


def test_what_is_named_comes_before_all_others_of_its_weight() -> None:
    assert Locale.DE == preferred("*, de")
    assert Locale.EN == preferred("*;q=0.5, en;q=0.5")


@pytest.mark.parametrize(
    "garbage",
    [
        *(
            "de;q=2",
            "de;q=1.5",
            "de;q=-1",
            "de;q=",
            "de;q=0.1234",
            "de;q=nan",
            "de;q=1e0",
        ),
        *(
            "de;level=1",
            "de_AT",
            "de-",
            "-de",
            "d e",
            "de\n",
            "de\0",
            "*-de",
            "de-*",
            "\xf0e",
        ),
        *(
            "deutschland",
            "\ud800",
            "de;q=\u0661",
            "\u217ee",
            "de\u00a0",
            "<b>de</b>",
            "de;;q=1",
        ),
    ],
)
def test_what_can_not_be_read_is_as_if_it_were_not_there(garbage: str) -> None:
    assert preferred(garbage) is None
    assert Locale.EN == preferred(f"{garbage},en;q=0.1")


@pytest.mark.parametrize(
    "part",
    ["de,", "de-", "a" * 9, "de;q=0.", " ", "\t;", "-1", "*,", "de;q=1" + " " * 9],
)
def test_no_header_takes_long(part: str) -> None:
    began = time.perf_counter()
    for length in (LONGEST, 100_000):
        preferred((part * length)[:length])

    assert time.perf_counter() - began < 0.05


def test_a_header_longer_than_any_browser_sends_is_none() -> None:
    assert Locale.DE == preferred("de".ljust(LONGEST))
    assert preferred("de".ljust(LONGEST + 1)) is None
