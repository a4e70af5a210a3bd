from typing import Any

from entrypoints.http.reference import Field, reference_of

ITEM = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer", "minimum": 1, "examples": [7]}},
}
SCHEMAS: dict[str, Any] = {
    "Item": ITEM,
    "New": {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {
                "type": "string",
                "minLength": 3,
                "maxLength": 50,
                "pattern": "^[a-z]*$",
                "examples": ["johndoe"],
                "description": "As typed",
            },
            "kind": {"enum": ["user", "admin"], "type": "string", "default": "user"},
            "mark": {"const": "bearer", "type": "string"},
            "at": {"type": "string", "format": "date-time"},
            "full_name": {
                "anyOf": [{"type": "string", "maxLength": 9}, {"type": "null"}],
                "default": None,
            },
            "items": {"type": "array", "maxItems": 4, "items": {"$ref": "#/$defs/I"}},
            "words": {"type": "array", "items": {"type": "string", "maxLength": 2}},
        },
    },
}


def document(**operation: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    post = {"summary": "Make", "responses": {"201": {"description": "Made"}}}
    return {
        "paths": {"/items": {"parameters": [], "post": post | operation}},
        "components": {"schemas": SCHEMAS, "headers": {"Wait": {"schema": {}}}},
        "$defs": {"I": {"$ref": "#/components/schemas/Item"}},
    }


def body_of(schema: dict[str, Any]) -> dict[str, Field]:
    body = {"content": {"application/json": {"schema": schema}}}
    (entry,) = reference_of(document(requestBody=body)).entries
    return {field.name: field for field in entry.body}


def test_a_field_tells_its_type_its_rules_and_an_example() -> None:
    fields = body_of({"$ref": "#/components/schemas/New"})

    name = fields["name"]
    assert ("string", False, "As typed") == (name.kind, name.optional, name.description)
    assert ("3 to 50 characters", "matches ^[a-z]*$") == name.rules
    assert "johndoe" == name.example
    assert ("user if it is left out", "one of user, admin") == fields["kind"].rules
    assert ("always bearer",) == fields["mark"].rules
    assert "string (date-time)" == fields["at"].kind
    full_name = fields["full_name"]
    assert ("string or null", True) == (full_name.kind, full_name.optional)
    assert ("at most 9 characters",) == full_name.rules
    assert ("array of string", ("each at most 2 characters",)) == (
        fields["words"].kind,
        fields["words"].rules,
    )


def test_what_is_in_a_field_is_told_wherever_it_is_defined() -> None:
    for schema in (
        {"$ref": "#/components/schemas/New"},
        {"allOf": [{"$ref": "#/components/schemas/New"}, {"description": "x"}]},
        {"type": "array", "items": {"$ref": "#/components/schemas/New"}},
    ):
        items = body_of(schema)["items"]

        assert ("array of object", ("at most 4 entries",)) == (items.kind, items.rules)
        (number,) = items.parts
        assert ("id", "integer", False) == (number.name, number.kind, number.optional)
        assert (("at least 1",), "7") == (number.rules, number.example)


def test_parameters_and_headers_are_fields_too() -> None:
    found = document(
        parameters=[
            {
                "name": "id",
                "in": "path",
                "required": True,
                "example": 7,
                "description": "Whose",
                "schema": {"type": "integer", "description": "A number"},
            }
        ],
        responses={
            "429": {
                "headers": {
                    "Wait": {"$ref": "#/components/headers/Wait"},
                    "Own": {"schema": {"type": "string"}},
                },
                "content": {"application/problem+json": {"examples": {"late": {}}}},
            }
        },
        security=[{"bearer": []}],
    )

    (entry,) = reference_of(found).entries

    assert entry.needs_token
    (parameter,) = entry.parameters
    assert ("id", "integer", False, "Whose", "7") == (
        parameter.name,
        parameter.kind,
        parameter.optional,
        parameter.description,
        parameter.example,
    )
    (answer,) = entry.answers
    assert (("late",), ("Wait",)) == (answer.codes, answer.common)
    assert ["Own"] == [header.name for header in answer.headers]
    assert ["Wait"] == [header.name for header in reference_of(found).headers]


def test_a_type_that_holds_itself_comes_to_an_end() -> None:
    found = document(
        responses={
            "200": {
                "content": {"application/json": {"schema": {"$ref": "#/$defs/Tree"}}}
            }
        }
    )
    tree = {"type": "object", "properties": {"left": {"$ref": "#/$defs/Tree"}}}
    found["$defs"]["Tree"] = tree

    (entry,) = reference_of(found).entries

    assert ["left"] == [field.name for field in entry.answers[0].body]


def test_the_security_of_all_holds_for_who_says_nothing_else() -> None:
    everywhere: dict[str, Any] = {"security": [{"bearer": []}]}

    (said,) = reference_of(document(security=[]) | everywhere).entries
    (unsaid,) = reference_of(document() | everywhere).entries

    assert (False, True) == (said.needs_token, unsaid.needs_token)
