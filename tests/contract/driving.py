from tests.contract.driving_changes import ChangeLaws
from tests.contract.driving_log_ins import IdentityLaws, LogInLaws
from tests.contract.driving_log_outs import LogOutLaws
from tests.contract.driving_refreshes import RefreshLaws
from tests.contract.driving_registration import RegistrationLaws
from tests.contract.driving_resets import ResetLaws
from tests.contract.driving_verification import RejectionLaws, VerificationLaws


class DrivingContract(
    RegistrationLaws,
    VerificationLaws,
    RejectionLaws,
    LogInLaws,
    IdentityLaws,
    RefreshLaws,
    LogOutLaws,
    ResetLaws,
    ChangeLaws,
):
    """
    The laws of the driving ports: what a client relies on, whoever keeps the accounts.

    The subject is a ``Service`` of ``driving_service``, with nobody in it.
    """
