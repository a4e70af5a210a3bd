"""Which language somebody reads, by what their client says (RFC 9110, section 12.5.4)."""

import re

from core.model import Locale

LONGEST = 1000
"""Characters of a header that is read; those of browsers have a tenth of it."""

RANGE = re.compile(
    r"[ \t]*(?P<tag>\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)"
    r"(?:[ \t]*;[ \t]*q=(?P<weight>0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?[ \t]*",
    re.IGNORECASE | re.ASCII,
)


def preferred(accept_language: str | None) -> Locale | None:
    """
    Return the language that suits best, None if none of ours is asked for.

    A range stands for its language in whatever country: "de-AT" is German. Of equal
    weights the first counts; ``*`` is all that are not named, and chooses none by itself.
    What can't be read of a header is as if it were not there; one of more than
    ``LONGEST`` characters is none.
    """
    if not accept_language or len(accept_language) > LONGEST:
        return None
    weights = _weights(accept_language)
    others = weights.pop("*", 0.0)
    named = {each: weights[each] for each in weights if each in list(Locale)}
    if not named:
        return None
    every = named | {each: others for each in Locale if each not in named}
    best = max(every, key=lambda language: every[language])
    return Locale(best) if every[best] > 0 else None


def _weights(accept_language: str) -> dict[str, float]:
    """Return the greatest weight of each language, in the order in which they are named."""
    weights: dict[str, float] = {}
    for part in accept_language.split(","):
        if found := RANGE.fullmatch(part):
            language = found["tag"].partition("-")[0].lower()
            weight = float(found["weight"] or 1)
            weights[language] = max(weight, weights.get(language, 0.0))
    return weights
