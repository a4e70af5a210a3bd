"""Who may do what, declared where it is done: nobody, unless a use case says so."""

from collections.abc import Callable, Coroutine
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

from core import errors
from core.model import Caller, Operator, Role
from core.refusals import tell_refusal

UseCase = TypeVar("UseCase", bound=Callable[..., Coroutine[Any, Any, Any]])


class Guarded:
    """
    A class whose every public coroutine declares who may call it.

    Raises TypeError where a class is made that has one which does not.
    """

    __slots__ = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:  # noqa: ANN401 - the class's own
        super().__init_subclass__(**kwargs)
        for name, method in vars(cls).items():
            is_use_case = iscoroutinefunction(method) and not name.startswith("_")
            if is_use_case and not hasattr(method, "declared"):
                raise TypeError(f"{cls.__name__}.{name} does not declare who may do it")


def allowed(*roles: Role) -> Callable[[UseCase], UseCase]:
    """
    Let operators and users with these roles do it; raises Forbidden for all others.

    The first argument is a ``Caller``, whose role is that at the beginning of the request.
    """

    def declare(use_case: UseCase) -> UseCase:
        @wraps(use_case)
        async def guarded(self: object, by: Caller, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the use case's
            _demand(by, roles)
            return await use_case(self, by, *args, **kwargs)

        return _declared(cast("UseCase", guarded))

    return declare


def for_anybody(use_case: UseCase) -> UseCase:
    """Declare that no caller need be known: a mailed token tells, say."""
    return _declared(use_case)


def _declared(use_case: UseCase) -> UseCase:
    vars(use_case)["declared"] = True
    return use_case


def _demand(by: Caller, roles: tuple[Role, ...]) -> None:
    if isinstance(by, Operator):
        return
    user = by.identity.user
    if user.role not in roles:
        wanted = " or ".join(sorted(roles)) or "an operator"
        tell_refusal("Role refused", f"is {user.role}, and not {wanted}", user.id)
        raise errors.Forbidden
