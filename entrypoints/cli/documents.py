"""What is printed as JSON: what the HTTP API answers, field by field."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from core.model import Session, TallyKind, User
from core.model.events import Event
from core.ports import DeviceNames
from core.ports.administration import Report, Summary

Document: TypeAlias = Mapping[str, Any]

NOT_TOLD = {"token_id"}
"""Of an event's data: what is half of a token that was mailed."""


def timestamp(moment: datetime | None) -> str | None:
    """Return RFC 3339 in UTC, to the second."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else None


def user_document(user: User) -> Document:
    """Return what lists tell of a user."""
    return {
        "id": user.id,
        "email": user.email,
        "username": user.username,
        "full_name": user.full_name,
        "role": user.role,
        "is_active": user.is_active,
        "is_verified": user.is_verified,
        "created_at": timestamp(user.created_at),
    }


def full_document(user: User) -> Document:
    """Return all that is told of a user."""
    return {
        **user_document(user),
        "updated_at": timestamp(user.updated_at),
        "last_login_at": timestamp(user.last_login_at),
        "locale": user.locale,
    }


def report_document(report: Report) -> Document:
    """Return a user, and how they stand."""
    return {
        **full_document(report.user),
        "locked_until": timestamp(report.locked_until),
        "live_sessions": report.live_sessions,
    }


def session_document(session: Session, names: DeviceNames) -> Document:
    """Return what is told of a log-in; none of them is a command's own."""
    return {
        "id": session.id,
        "created_at": timestamp(session.created_at),
        "last_used_at": timestamp(session.last_used_at),
        "expires_at": timestamp(session.expires_at),
        "address": session.client.address,
        "label": names.name(session.client.label),
        "user_agent": session.client.label,
        "current": False,
    }


def event_document(event: Event, names: DeviceNames) -> Document:
    """Return what is told of an event."""
    return {
        "id": event.id,
        "kind": event.kind,
        "at": timestamp(event.at),
        "user_id": event.user_id or None,
        "actor_id": event.actor_id,
        "actor": event.actor if event.actor_id is None else "user",
        "address": event.address,
        "label": None if event.label is None else names.name(event.label),
        "user_agent": event.label,
        "session_id": event.session_id,
        "data": event_data(event),
    }


def event_data(event: Event) -> Mapping[str, str]:
    """Return what else is known, but for secrets."""
    return {it: event.data[it] for it in event.data if it not in NOT_TOLD}


def summary_document(summary: Summary) -> Document:
    """Return the service in figures."""
    users, oldest = summary.users, summary.oldest_mail
    age = (summary.at - oldest).total_seconds() if oldest else 0
    return {
        "users": {
            "total": users.total,
            "active": users.active,
            "inactive": users.total - users.active,
            "verified": users.verified,
            "admins": users.admins,
        },
        "sessions": {"live": summary.live_sessions},
        "mails": {
            "waiting": summary.mails_waiting,
            "oldest_seconds": max(0, int(age)),
        },
        "days": [
            {
                "date": day.date.isoformat(),
                **{kind.value: day.counts[kind] for kind in TallyKind},
            }
            for day in summary.days
        ],
    }
