from collections.abc import Callable

from tests.http.api import Api, assert_problem
from tests.http.conftest import Serve
from tests.servers.databases import ON_SQLITE
from tests.servers.service import Service


@ON_SQLITE  # where a value that no storage would take can be smuggled in
def test_a_bug_answers_without_a_word_of_what_it_was(
    serve: Serve, connect: Callable[[Service], Api]
) -> None:
    service = serve()  # of its own: the mail to such a user can't be sent
    api = connect(service)
    tokens = api.session()
    user_id = tokens["user"]["id"]
    service.sql("UPDATE users SET role = 'UNKNOWN-ROLE' WHERE id = ?", user_id)

    answer = api.me(tokens["access_token"])

    assert_problem(answer, 500, "Internal server error")
    assert "UNKNOWN-ROLE" not in answer.text
    assert "Traceback" not in answer.text
    assert "UNKNOWN-ROLE" in service.output
    assert tokens["access_token"] not in service.output
