from core.ports import EmailNormalizer
from tests.contract.base import Contract

SAME = (
    ("Jane@Example.COM", "jane@example.com"),
    ("jane@b\u00fccher.example", "jane@xn--bcher-kva.example"),
    ("jane@B\u00dcCHER.example", "jane@XN--BCHER-KVA.example"),
    ("jane@bu\u0308cher.example", "jane@b\u00fccher.example"),
    ("jane@stra\u00dfe.example", "jane@xn--strae-oqa.example"),
    ("jane@stra\u1e9ee.example", "jane@stra\u00dfe.example"),
    ("\u00c4nne@example.com", "a\u0308nne@example.com"),
    ("STRA\u1e9eE@example.com", "stra\u00dfe@example.com"),
    ("\u039f\u0394\u039f\u03a3@example.com", "\u03bf\u03b4\u03bf\u03c2@example.com"),
    ("jane@\u03a3\u03a3.example", "jane@\u03c3\u03c3.example"),
    ("jane@\u4f8b\u3048.example", "jane@xn--r8jz45g.example"),
)
OTHERS = (
    ("jane@stra\u00dfe.example", "jane@strasse.example"),
    ("stra\u00dfe@example.com", "strasse@example.com"),
    ("\uff4aane@example.com", "jane@example.com"),
    ("\ufb01ona@example.com", "fiona@example.com"),
    ("mi\u017fs@example.com", "miss@example.com"),
    ("jane@\u03c3\u03c2.example", "jane@\u03c3\u03c3.example"),
    ("i\u0307@example.com", "i@example.com"),
    ("\u0131@example.com", "i@example.com"),
    ("jane.doe@example.com", "janedoe@example.com"),
    ("jane+a@example.com", "jane@example.com"),
    ("jane@example.com", "jane@example.co"),
    ("jane@example.com", "jane@mail.example.com"),
    ("jane@example.com", " jane@example.com"),
    ("a@b@example.com", "b@example.com"),
    ("example.com", "@example.com"),
)
ANYTHING = (
    "",
    "@",
    "jane",
    "jane@",
    "@example.com",
    "jane@.",
    "jane@a..b",
    "jane@xn--",
    "jane@xn--a.example",
    "jane@XN--\u00fc.example",
    "jane@-a-.example",
    "jane@\u200b.example",
    "jane@exa\u00admple.com",
    "jane@a\u3002b.example",
    "jane@\u2764.example",
    "jane@" + "\u00fc" * 249,
    "\ufdfa" * 242 + "@example.com",
    "\u0958@\u0958.example",
    "\ud800@\ud800.example",
    "\x00@\x00",
    "' or 1=1 --@example.com #7",
)
LONGEST = 4 * 254
"""An address has 254 characters at most, which grow in NFC to no more than this."""


class EmailNormalizerContract(Contract):
    """The laws of ``EmailNormalizer``."""

    def test_spellings_of_one_mailbox_have_one_key(
        self, subject: EmailNormalizer
    ) -> None:
        split = [pair for pair in SAME if subject.key(pair[0]) != subject.key(pair[1])]

        assert [] == split

    def test_two_mailboxes_have_two_keys(self, subject: EmailNormalizer) -> None:
        joined = [
            pair for pair in OTHERS if subject.key(pair[0]) == subject.key(pair[1])
        ]

        assert [] == joined

    def test_any_text_has_a_key_which_is_its_own(
        self, subject: EmailNormalizer
    ) -> None:
        texts = [text for pair in (*SAME, *OTHERS) for text in pair]
        for text in (*texts, *ANYTHING):
            key = subject.key(text)

            assert key == subject.key(key)
            assert len(key) <= LONGEST

    def test_an_ordinary_address_is_its_own_key(self, subject: EmailNormalizer) -> None:
        assert "jane.doe+a@example.com" == subject.key("jane.doe+a@example.com")
