import re
from dataclasses import replace

from tests.http.api import PASSWORD, WRONG_PASSWORD, Api, Person, assert_problem
from tests.http.records import deactivate
from tests.servers.databases import ON_WHAT_LASTS
from tests.servers.service import Service

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def test_a_registration_answers_as_the_guide_shows(api: Api) -> None:
    person = Person.new()

    answer = api.register(person)

    assert 201 == answer.status_code
    assert "application/json" == answer.headers["Content-Type"]
    user = answer.json()
    assert isinstance(user.pop("id"), int)
    assert TIMESTAMP.fullmatch(user.pop("created_at"))
    assert {
        "email": person.email,
        "username": person.username,
        "full_name": "Ada Lovelace",
        "role": "user",
        "is_active": True,
        "is_verified": False,
    } == user


def test_the_full_name_is_optional(api: Api) -> None:
    absent = Person.new().details
    del absent["full_name"]
    null = Person.new().details | {"full_name": None}

    answers = [api.post("/auth/register", body) for body in (absent, null)]

    assert [201, 201] == [answer.status_code for answer in answers]
    assert [None, None] == [answer.json()["full_name"] for answer in answers]


def test_text_of_any_script_survives(api: Api) -> None:
    name = 'Ζωή 🦊 O\'Brien "x" <b>'
    person = Person("Zoë+tag@exämple.com", "zoe-1", full_name=name)

    answer = api.register(person)

    assert 201 == answer.status_code
    assert (person.email, name) == (answer.json()["email"], answer.json()["full_name"])
    assert 200 == api.log_in(person).status_code


def test_an_email_registers_once(api: Api) -> None:
    person = api.newcomer()

    answers = [
        api.register(replace(Person.new(), email=email))
        for email in (person.email, person.email.upper())
    ]

    for answer in answers:
        assert_problem(answer, 400, "Email already registered")


def test_an_address_registers_once_however_its_domain_is_spelled(api: Api) -> None:
    person = replace(Person.new(), email=f"{Person.new().username}@b\u00fccher.example")
    assert 201 == api.register(person).status_code

    spellings = [
        person.email.replace("b\u00fccher", domain)
        for domain in ("xn--bcher-kva", "XN--BCHER-KVA", "B\u00dcCHER", "bu\u0308cher")
    ]
    for email in spellings:
        answer = api.register(replace(Person.new(), email=email))
        assert_problem(answer, 400, "Email already registered")
        assert 200 == api.log_in(replace(person, email=email)).status_code


def test_nobody_takes_the_address_of_another_mailbox(api: Api) -> None:
    name = Person.new().username
    blocked = [f"{name}@strasse.example", f"strasse{name}@example.com"]
    takers = [email.replace("ss", "\u00df") for email in blocked]

    for email in (*takers, *blocked):
        assert 201 == api.register(replace(Person.new(), email=email)).status_code


def test_an_address_that_only_looks_like_another_is_refused_and_unknown(
    api: Api,
) -> None:
    person = api.newcomer()
    posing = replace(Person.new(), email=f"\uff41{person.email[1:]}")

    problem = assert_problem(api.register(posing), 422)
    unknown = api.log_in(replace(person, email=posing.email))

    (field,) = problem["errors"]
    assert ("email", "email") == (field["field"], field["code"])
    assert "only looks like" in field["message"]
    assert_problem(unknown, 401, "Invalid credentials")


def test_a_password_is_the_same_however_the_keyboard_writes_it(api: Api) -> None:
    person = replace(Person.new(), password="P\u00e4ssword1! \u00f6")
    assert 201 == api.register(person).status_code

    answers = [
        api.log_in(person, password)
        for password in ("Pa\u0308ssword1! o\u0308", "P\u00e4ssword1!\u00a0\u00f6")
    ]
    folded = api.log_in(person, "P\u00e4\u017fsword1! \u00f6")

    assert [200, 200] == [answer.status_code for answer in answers]
    assert_problem(folded, 401, "Invalid credentials")


def test_a_name_that_nobody_sees_is_refused(api: Api) -> None:
    for name in ("   ", "\u200b", "Ann\u202emoc.live"):
        problem = assert_problem(
            api.register(replace(Person.new(), full_name=name)), 422
        )

        assert ["full_name"] == [field["field"] for field in problem["errors"]]


def test_a_username_registers_once(api: Api) -> None:
    person = api.newcomer()

    answers = [
        api.register(replace(Person.new(), username=username))
        for username in (person.username, person.username.upper())
    ]

    for answer in answers:
        assert_problem(answer, 400, "Username already taken")


def test_nobody_registers_as_an_administrator(api: Api) -> None:
    wish = {"role": "admin", "is_verified": True, "is_active": False, "id": 2**40}

    answer = api.post("/auth/register", Person.new().details | wish)

    assert 201 == answer.status_code
    user = answer.json()
    assert ("user", False, True) == (
        user["role"],
        user["is_verified"],
        user["is_active"],
    )
    assert wish["id"] != user["id"]


def test_a_password_breaks_every_rule_at_once(api: Api) -> None:
    answer = api.register(replace(Person.new(), password="_"))

    problem = assert_problem(answer, 422)
    (field,) = problem["errors"]
    assert "password" == field["field"]
    for rule in ("8 characters", "uppercase", "lowercase", "number", "special"):
        assert rule in field["message"]
        assert rule in problem["detail"]


def test_me_answers_as_registration_did(api: Api) -> None:
    person = Person.new()
    registered = api.register(person).json()

    answer = api.me(api.session(person)["access_token"])

    assert 200 == answer.status_code
    assert registered == answer.json()


def test_a_mailed_token_verifies_the_address_once(service: Service, api: Api) -> None:
    person = api.newcomer()
    token = service.mailed_token(person.email, "confirm")

    first = api.post("/auth/verify-email", {"token": token})
    second = api.post("/auth/verify-email", {"token": token})

    assert 200 == first.status_code
    assert ["message"] == list(first.json())
    assert_problem(second, 400, "Invalid or expired token")
    assert api.me(api.session(person)["access_token"]).json()["is_verified"]


def test_a_token_that_nobody_mailed_verifies_nothing(api: Api) -> None:
    for token in ("x", f"{'0' * 32}.{'A' * 43}", "é.\u0000", "." * 100):
        answer = api.post("/auth/verify-email", {"token": token})

        assert_problem(answer, 400, "Invalid or expired token")


def test_a_new_verification_mail_voids_the_older_one(
    service: Service, api: Api
) -> None:
    person = api.newcomer()
    older = service.mailed_token(person.email, "confirm")

    answer = api.post("/auth/resend-verification", {"email": person.email})
    newer = service.mailed_token(person.email, "confirm", but=[older])

    assert 200 == answer.status_code
    void = api.post("/auth/verify-email", {"token": older})
    assert_problem(void, 400, "Invalid or expired token")
    assert 200 == api.post("/auth/verify-email", {"token": newer}).status_code


def test_resending_says_the_same_for_every_address(service: Service, api: Api) -> None:
    verified = api.newcomer()
    token = service.mailed_token(verified.email, "confirm")
    api.post("/auth/verify-email", {"token": token})
    waiting = api.newcomer()

    answers = [
        api.post("/auth/resend-verification", {"email": email})
        for email in (verified.email, waiting.email, "nobody@example.com", "nonsense")
    ]

    assert {200} == {answer.status_code for answer in answers}
    assert 1 == len({answer.text for answer in answers})


def test_the_guides_quick_command_is_a_wrong_password_and_no_bad_body(api: Api) -> None:
    answer = api.post(
        "/auth/login", {"email": "test@example.com", "password": "test123"}
    )

    assert_problem(answer, 401, "Invalid credentials")


@ON_WHAT_LASTS
async def test_an_inactive_account_is_told_only_to_who_knows_its_password(
    service: Service, api: Api
) -> None:
    person = api.newcomer()
    tokens = api.session(person)
    await deactivate(service, person)

    right, wrong = api.log_in(person, PASSWORD), api.log_in(person, WRONG_PASSWORD)

    assert_problem(right, 403, "Account is inactive")
    assert_problem(wrong, 401, "Invalid credentials")
    assert_problem(api.me(tokens["access_token"]), 401)
    refresh = api.refresh(tokens["refresh_token"])
    assert_problem(refresh, 401, "Invalid or expired refresh token")
