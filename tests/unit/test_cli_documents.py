"""What `--json` prints, held against the answers of the HTTP API."""

import json
from datetime import date, timedelta
from typing import Any

from adapters.devices.user_agents import UserAgentNames
from core.model import Client, Identity, Session, TallyKind, User, UserCounts
from core.model.events import Actor, Event, EventKind
from core.ports.administration import Day, Report, Summary
from entrypoints.cli import documents
from entrypoints.http.answers import Answer, UserDetails
from entrypoints.http.records import EventItem, SessionItem, UserReport
from entrypoints.http.resources.audit import Figures
from tests.doubles import NOON

NAMES = UserAgentNames()
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
USER = User(
    id=7,
    email="Kim@example.org",
    email_key="kim@example.org",
    username="Kim",
    full_name="Kim Ü",
    created_at=NOON,
    updated_at=NOON + timedelta(milliseconds=1),
)
CLIENT = Client(address="192.0.2.1", label=BROWSER)
SESSION = Session(
    id="9f" * 16,
    user_id=7,
    created_at=NOON,
    last_used_at=NOON,
    expires_at=NOON,
    client=CLIENT,
)


def answered(answer: Answer) -> Any:  # noqa: ANN401 - of any type
    return json.loads(answer.model_dump_json())


def printed(document: documents.Document) -> Any:  # noqa: ANN401
    return json.loads(json.dumps(document))


def test_users_are_told_as_over_http() -> None:
    report = Report(user=USER, locked_until=NOON, live_sessions=3)

    assert answered(UserDetails.of(USER)) == printed(documents.user_document(USER))
    assert answered(UserReport.reporting(report)) == printed(
        documents.report_document(report)
    )


def test_sessions_are_told_as_over_http() -> None:
    mine = Session(
        id="00" * 16,
        user_id=1,
        created_at=NOON,
        last_used_at=NOON,
        expires_at=NOON,
        client=CLIENT,
    )

    expected = answered(SessionItem.of(SESSION, Identity(mine, USER), NAMES))

    assert expected == printed(documents.session_document(SESSION, NAMES))


def test_events_are_told_as_over_http() -> None:
    for actor in ("12", Actor.OPERATOR, None):
        event = Event(
            id="0b" * 16,
            kind=EventKind.ROLE_CHANGED,
            at=NOON,
            user_id=7,
            actor=actor,
            address="192.0.2.1",
            label=BROWSER if actor else None,
            session_id=SESSION.id,
            data={"role": "admin", "token_id": "half"},
        )

        expected = answered(EventItem.of(event, NAMES))

        assert expected == printed(documents.event_document(event, NAMES))
        assert "half" not in str(expected)


def test_figures_are_told_as_over_http() -> None:
    counts = {kind: number for number, kind in enumerate(TallyKind)}
    for oldest in (None, NOON - timedelta(minutes=2)):
        summary = Summary(
            users=UserCounts(total=9, active=7, verified=5, admins=2),
            live_sessions=4,
            mails_waiting=3,
            oldest_mail=oldest,
            days=[Day(date=date(2026, 3, 1), counts=counts)],
            at=NOON,
        )

        expected = answered(Figures.of(summary))

        assert expected == printed(documents.summary_document(summary))
