"""Whether an answer is as `/openapi.json` describes it: nothing more, and nothing less."""

import re
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import httpx
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from config.container import Container
from config.settings import Settings
from entrypoints.http.resources.wellknown import OpenApi
from entrypoints.http.routes import routes

Described: TypeAlias = dict[str, Any]

URI = "urn:openapi"


@cache
def document() -> Described:
    """Return what this checkout serves."""
    with tempfile.TemporaryDirectory() as place:
        settings = Settings(data_dir=Path(place), jwt_secret_key="x" * 32)
        served = routes(Container(settings=settings))["/openapi.json"]
    assert isinstance(served, OpenApi)
    return dict(served.document())


def template_of(path: str) -> str:
    """Return the path in the document that this one is, itself if there is none."""
    for template in document()["paths"]:
        if _pattern(template).fullmatch(path):
            return str(template)
    return path


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """Return what matches paths of a template: what is in them has one spelling."""
    text = re.escape(template).replace(r"\{user_id\}", "[1-9][0-9]{0,14}")
    text = text.replace(r"\{session_id\}", "[0-9a-z_-]{1,128}")
    return re.compile(re.sub(r"\\\{\w+\\\}", r"[\\w.~-]+", text))


def assert_described(answer: httpx.Response) -> None:
    """Check it, if its path and method are described at all."""
    path = answer.request.url.raw_path.partition(b"?")[0].decode()
    methods = document()["paths"].get(template_of(path), {})
    operation = methods.get(answer.request.method.lower())
    if operation is None:
        return
    where = f"{answer.request.method} {answer.request.url.path}: {answer.status_code}"
    described = operation["responses"].get(str(answer.status_code))
    assert described is not None, f"{where} is not described"
    _check_headers(answer, described["headers"], where)
    answer.read()
    _check_body(answer, described.get("content", {}), where)


def _check_headers(answer: httpx.Response, described: Described, where: str) -> None:
    components = document()["components"]["headers"]
    sent = {name for name in components if name in answer.headers}
    assert sent <= described.keys(), where
    for name, reference in described.items():
        header = components.get(name, reference)
        value = answer.headers.get(name)
        if value is None:
            assert not header["required"], f"{where} without {name}"
            continue
        whole = header["schema"].get("type") == "integer"
        _validate(int(value) if whole else value, header["schema"], f"{where} {name}")


def _check_body(answer: httpx.Response, described: Described, where: str) -> None:
    if not described:
        assert "" == answer.text, where
        return
    media = answer.headers["Content-Type"].partition(";")[0]
    assert media in described, f"{where} {media}"
    _validate(answer.json(), described[media]["schema"], where)
    _check_example(answer, described[media], where)


def _check_example(answer: httpx.Response, described: Described, where: str) -> None:
    """Check that each problem is announced by its code."""
    if "examples" in described:
        code = answer.json()["code"]
        assert code in described["examples"], f"{where} {code}"


def _validate(value: object, schema: Described, where: str) -> None:
    whole = (
        {"$ref": schema["$ref"].replace("#", f"{URI}#")} if "$ref" in schema else schema
    )
    problems = [it.message for it in _validator(whole).iter_errors(value)]
    assert [] == problems, where


def _validator(schema: Described) -> Draft202012Validator:
    return Draft202012Validator(schema, registry=_registry())


@cache
def _registry() -> "Registry[Any]":
    resource = DRAFT202012.create_resource(document())
    registry: Registry[Any] = Registry().with_resource(URI, resource)
    return registry
