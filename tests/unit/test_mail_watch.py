from datetime import timedelta

import pytest

from core.errors import MailRefused, MailUnavailable
from core.model.events import EventKind
from core.operations.mail_watch import LATE
from core.operations.outbox import FIRST_RETRY
from tests.unit.office import Office
from tests.unit.world import EMAIL


@pytest.fixture
async def office() -> Office:
    return await Office.with_a_user()


async def tell(office: Office) -> None:
    await office.tell(EventKind.PASSWORD_CHANGED)


def break_mail(office: Office, error: Exception) -> None:
    office.postman.failures = {EMAIL: error}


async def look(office: Office) -> tuple[bool, int, timedelta]:
    assert 0 == await office.mails.look()
    return office.mails.is_delayed, office.mails.backlog.waiting, office.mails.age


async def test_nothing_waits_where_all_was_sent(office: Office) -> None:
    assert (False, 0, timedelta()) == await look(office)
    assert 0 == office.deliveries.failures


async def test_a_mail_that_is_new_is_not_delayed(office: Office) -> None:
    await tell(office)

    assert (False, 1, timedelta()) == await look(office)


async def test_a_try_in_vain_is_seen_at_once_and_until_the_mail_is_out(
    office: Office,
) -> None:
    break_mail(office, MailUnavailable("away"))
    await tell(office)
    await office.outbox.deliver_due()

    assert (True, 1, timedelta()) == await look(office)

    office.clock.advance(FIRST_RETRY)
    assert (True, 1, FIRST_RETRY) == await look(office)

    office.postman.failures.clear()
    await office.outbox.deliver_due()
    assert (False, 0, timedelta()) == await look(office)
    assert 1 == office.deliveries.failures


async def test_another_replica_sees_a_mail_that_was_tried_again_in_vain(
    office: Office,
) -> None:
    break_mail(office, MailUnavailable("away"))
    await tell(office)
    await office.outbox.deliver_due()
    office.clock.advance(FIRST_RETRY)
    await office.outbox.deliver_due()

    office.deliveries.is_failing = False  # as where nothing was tried

    assert (True, 1, FIRST_RETRY) == await look(office)


async def test_a_mail_that_nobody_tries_to_send_is_late(office: Office) -> None:
    await tell(office)
    office.clock.advance(LATE)
    assert (False, 1, LATE) == await look(office)

    office.clock.advance(timedelta(seconds=1))

    assert office.mails.is_delayed


async def test_a_mail_given_up_is_a_failure_and_waits_no_more(office: Office) -> None:
    break_mail(office, MailRefused("no such user"))
    await tell(office)
    await office.outbox.deliver_due()

    assert (False, 0, timedelta()) == await look(office)
    assert 1 == office.deliveries.failures


@pytest.mark.parametrize("outcome", ["delayed", "given up"])
def test_the_first_failure_is_an_increase_of_a_figure(
    office: Office, outcome: str
) -> None:
    page = office.metrics.page().decode()

    assert f'\nscribes_mail_failures_total{{outcome="{outcome}"}} 0.0\n' in page


async def test_the_figures_tell_all_of_it(office: Office) -> None:
    break_mail(office, MailUnavailable("away"))
    await tell(office)
    await office.outbox.deliver_due()
    office.clock.advance(FIRST_RETRY)
    await office.outbox.deliver_due()
    await office.mails.look()

    page = office.metrics.page().decode()

    for line in (
        "scribes_mails_sent_total 1.0",
        'scribes_mail_failures_total{outcome="delayed"} 2.0',
        "scribes_mails_waiting 1.0",
        "scribes_mails_retried 1.0",
        "scribes_mails_oldest_seconds 5.0",
    ):
        assert f"\n{line}\n" in page
