import zipfile

import pytest

from tests.deploy.installation import TEMPLATES
from tests.deploy.templates import QUICK_OR_WHOLE, checked
from tools.deploy import terraform

POOL = TEMPLATES / "cognito"

pytestmark = pytest.mark.timeout(900)  # Terraform takes its time where others do, too


@QUICK_OR_WHOLE
def test_the_templates_of_the_pool_are_what_the_provider_takes_and_keep_their_rules(
    *, quick: bool
) -> None:
    with checked():
        assert [] == [*terraform.form(POOL), *terraform.meaning(POOL, quick=quick)]


def test_the_archive_holds_the_functions_beside_it() -> None:
    with zipfile.ZipFile(POOL / "functions.zip") as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}

    functions = POOL.glob("functions/*.py")
    assert {file.name: file.read_bytes() for file in functions} == packed
