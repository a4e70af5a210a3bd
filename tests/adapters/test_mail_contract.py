from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.adapters.broken_mail import BROKEN, Postbox
from tests.contract.base import broken_laws
from tests.contract.mailer import MailerContract, Post


async def laws_broken_by(kind: type[Postbox]) -> set[str]:
    @asynccontextmanager
    async def make() -> AsyncIterator[Post]:
        postbox = kind()
        yield Post(postbox, lambda: postbox.arrivals)

    return await broken_laws(MailerContract, make)


async def test_a_right_mailer_breaks_no_law() -> None:
    assert set() == await laws_broken_by(Postbox)


@pytest.mark.parametrize(("kind", "laws"), BROKEN.items())
async def test_a_wrong_mailer_is_caught_by_the_laws_it_breaks(
    kind: type[Postbox], laws: set[str]
) -> None:
    assert laws == await laws_broken_by(kind)


def test_every_law_can_fail() -> None:
    assert set(MailerContract.laws()) == set().union(*BROKEN.values())
