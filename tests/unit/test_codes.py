"""The codes of refusals: one list for the errors, the OpenAPI, the docs and nginx."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from config.container import Container
from config.settings import Settings
from core.errors import AuthError
from entrypoints.http.answers import FieldProblem, Problem
from entrypoints.http.codes import DOOR, MEANINGS, door_code
from entrypoints.http.problems import STATUS
from entrypoints.http.resources.wellknown import OpenApi
from entrypoints.http.routes import routes

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \| (?:(\d{3}) \| )?", re.MULTILINE)
NGINX_CODE = re.compile(r"^ +(?:\d{3}|~\S+|default) \"([a-z_]+)\";$", re.MULTILINE)


def tree(root: type[AuthError]) -> Iterator[type[AuthError]]:
    """Yield the core's classes under this one."""
    for error in root.__subclasses__():
        if error.__module__ == root.__module__:
            yield error
            yield from tree(error)


def table(heading: str) -> Iterator[tuple[str, str]]:
    """Yield code and status, if there is one, from the table in docs/api.md."""
    _, _, rest = (ROOT / "docs" / "api.md").read_text("utf-8").partition(heading)
    rows = rest[rest.index("\n|") :].partition("\n\n")[0]
    for names, status in ROW.findall(rows):
        for name in re.findall(r"\w+", names):
            yield name, status


@pytest.fixture
def schemas(tmp_path: Path) -> dict[str, Any]:
    settings = Settings(data_dir=tmp_path, jwt_secret_key="x" * 32)
    served = routes(Container(settings=settings))["/openapi.json"]
    assert isinstance(served, OpenApi)
    found: dict[str, Any] = served.document()["components"]["schemas"]
    return found


def test_every_error_of_the_core_and_every_refusal_of_the_door_has_a_code_that_is_told(
    schemas: dict[str, Any],
) -> None:
    of_the_core = {error.code for error in tree(AuthError)}
    of_the_door = {refusal.code for refusal in DOOR.values()}

    told = schemas["Problem"]["properties"]["code"]["enum"]

    assert of_the_core | of_the_door == set(told) == set(MEANINGS)
    assert len(set(told)) == len(told)
    assert all(MEANINGS.values())


def test_no_problem_has_a_code_that_is_not_told() -> None:
    with pytest.raises(ValueError, match="made_up"):
        Problem(title="x", status=400, detail="x", code="made_up")
    with pytest.raises(ValueError, match="code"):
        FieldProblem.model_validate({"field": "", "message": "x", "code": "made_up"})


def test_whatever_falcon_refuses_has_one_of_the_codes() -> None:
    for status in HTTPStatus:
        if status >= HTTPStatus.BAD_REQUEST:
            assert door_code(status) in MEANINGS


def test_the_table_in_the_docs_has_every_code_with_its_status() -> None:
    statuses = {error.code: STATUS[error] for error in tree(AuthError)}
    statuses |= {refusal.code: status for status, refusal in DOOR.items()}

    told = dict(table("### Codes"))

    assert {code: str(int(status)) for code, status in statuses.items()} == told


def test_the_table_in_the_docs_has_every_code_of_a_field(
    schemas: dict[str, Any],
) -> None:
    codes = schemas["FieldProblem"]["properties"]["code"]["enum"]

    told = [code for code, _ in table("has a `code` of its own:")]

    assert sorted(codes) == sorted(told)


def test_what_nginx_answers_by_itself_has_one_of_the_codes() -> None:
    conf = (ROOT / "deploy" / "nginx" / "nginx.conf").read_text("utf-8")
    _, _, codes = conf.partition("$problem_code {")

    found = NGINX_CODE.findall(codes.partition("}")[0])

    assert len(found) > 5
    assert set(found) <= set(MEANINGS)
