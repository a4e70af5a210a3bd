"""
The names of keys.

All have one hash tag, so that on a Redis Cluster all are in one slot. A call counts for
several subjects (an address, an account) all or nothing, and a subject is counted with
this one now and with that one then: tags of the subjects' own would put what a script has
to touch at once into different slots. One node is far more than log-ins need.

Subjects are hashed: nothing personal is to be read, and names can't run together.
"""

import hashlib
from dataclasses import dataclass

from core.model import Attempt, Limit, Trial


@dataclass(frozen=True, slots=True)
class KeyNames:
    """Names that begin with a prefix."""

    prefix: str

    @property
    def probe(self) -> str:
        """Return what can be written to, to see if that can be done."""
        return f"{{{self.prefix}}}:probe"

    def attempts(self, attempt: Attempt) -> str:
        """Return where attempts are counted."""
        limit = attempt.limit
        facts = (limit.name, str(limit.quota), str(limit.window), attempt.subject)
        return self._key("attempts", *facts)

    def attempts_index(self, limit: Limit) -> str:
        """Return where the keys of a limit's attempts are listed."""
        return self._key("index", limit.name, str(limit.quota), str(limit.window))

    @property
    def trial_indexes(self) -> tuple[str, str]:
        """Return where the keys of known addresses are listed, and of failures."""
        return self._key("index", "known"), self._key("index", "failures")

    def trial(self, trial: Trial) -> tuple[str, str, str]:
        """Return where a known address is kept, its failures, and all others' failures."""
        return (
            self._key("known", trial.account, trial.address),
            self._key("failures", trial.account, trial.address),
            self.failures(trial.account),
        )

    def failures(self, account: str) -> str:
        """Return where an account's failures from all addresses not known are kept."""
        return self._key("failures", account)

    def account_index(self, account: str) -> str:
        """Return where the keys of its failures from known addresses are listed."""
        return self._key("account", account)

    def _key(self, kind: str, *facts: str) -> str:
        digest = hashlib.sha256()
        for fact in facts:
            text = fact.encode("utf-8", "surrogatepass")
            digest.update(b"%d:%b" % (len(text), text))
        return f"{{{self.prefix}}}:{kind}:{digest.hexdigest()[:32]}"
