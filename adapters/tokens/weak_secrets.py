"""Secrets that can be guessed: published ones, words in their place, patterns."""

import hashlib
import re
from itertools import pairwise

from adapters.tokens.mistaken_secrets import unwrapped

PUBLISHED = {
    # in the tutorials of web frameworks
    "570dad43de1af4c925f92c16a68a50936da42b7dd6fdeb24850507a1199aac89",
    "2598f7d6adc142d88161630f3db12ab2bd3403521c281811e5e1ce60d4ac5d76",
    "2b1fa627178e3424e20ffd0e18b7440c322ad538d3c96aef1e3f60d99951c23c",
    "4c0bf08221f3d71e4ed7b093b627cc8d4cb32250d5d70abdffa457a3afbc04f2",
    # the HMAC keys of RFC 7515 (A.1) and RFC 7520 (3.5), and everybody's example UUID
    "c1d2e8726375f11fda33d032c5d84eec753aba4bad251dfdfaf8bdd8c4d26243",
    "03cf6dc15510c178079793372edd09e634ac49f4cae267b3e4191a5141f2a46e",
    "986c0dc956dc822b5d8f698661b9eb1ef880786ff9043c16744d2a420e99e9bb",
    # more of tutorials', and of a cloud's examples
    "594c081d23de22b178ba34a9c8551fe23d3a7034d92717a5cb4a054337a4c714",
    "138e3c21f8c5581ec97cca6b029c0b232b5bc4bfe6d573ace3be91f80784e2b4",
    "5df73e1aa59d8f332c2f5fd6ea1c37d0f2266b623ea3c4efe6cb3d577fd6a5e1",
    "1e7ad3b952c8c8987c2a0b842b0c40638ec5bae536d5a9fda8f398b5f9feca5e",
    "a3a9e1ed9732cab28868127be00f1ce921acaefdd5c3b23a6e9e0072bd9c1a34",
    "9b4d1fe07ab0b901c8c549a3431f4cd95ffb0149cbbbd41a37026098e0a857c0",
}
"""SHA-256 of their lower case: secrets that stand where everybody reads them."""

WORDS = (
    "access actually admin amet and any api app application apps at auth authentication "
    "base64 battery be big bits brown bytes change changed changeit changeme changethis "
    "char character characters chars company consectetur correct default demo dev "
    "development do docker dog dolor dont enter env environment example fake fallback "
    "file foo foobar for fox from generate generated hackme hello here hex hidden hmac "
    "horse hs256 hs384 hs512 in insecure insert ipsum is it jason json jsonwebtoken jumps "
    "just jwt key keyboard keys lazy least letmein local localhost long longer lorem main "
    "make master me min minimum must my name need never new not of one only openssl or "
    "over pass passphrase password passwort placeholder please private prod production "
    "project pwd quick qwerty qwertyuiop qwertz rand random really replace replaceme "
    "replacethis safe sample scribes secret secretkey secrets secure security server "
    "service set shared should sign signing sit some something staging staple string "
    "strong super supersecret temp temporary test testing text that the this to todo "
    "token top topsecret tutorial unsafe use used user value very web welcome with word "
    "world xxx you your yours "
    "baseball batman dragon football hunter2 iloveyou monkey pipeline princess redacted "
    "shadow sunshine superman trustno1 "
    "aendern clave cambiar changer contrasena dein deine eintragen geheim geheimer "
    "geheimes geheimnis passwort schluessel secreta secrete segreta segreto "
)
WORD = re.compile("|".join(sorted(WORDS.split(), key=len, reverse=True)))
LONG = 5
"""Letters of a word that digits may stand in: shorter ones are found in any hex digits."""

LONG_WORD = re.compile(
    "|".join(sorted(filter(lambda it: len(it) >= LONG, WORDS.split()), key=len)[::-1])
)
LOOKALIKES = str.maketrans("0134579@$", "oieastgas")
DIGESTS = {
    hashlib.new(name, word.encode(), usedforsecurity=False).hexdigest()
    for name in ("md5", "sha1", "sha256", "sha384", "sha512")
    for word in ("", *WORDS.split())
}
RUN_OF_ONE = re.compile(r"(.)\1{2,}", re.DOTALL)
SEQUENCES = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "yxcvbnm",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "0123456789abcdef0",
)
RUNS = {
    run[i : i + 3] for way in SEQUENCES for run in (way, way[::-1])
    for i in range(len(run) - 2)
}  # fmt: skip
SEPARATORS = "\0-_. "
LEAST_LEFT = 20
"""Characters that are neither words nor patterns: of hex digits, 80 bits."""

LEAST_STEPS = 4
"""Different distances from one byte to the next: fewer, and somebody counted."""

LEAST_KINDS = 8
"""Different characters: fewer, and they were typed, not drawn."""


def weakness(secret: str) -> str | None:
    """
    Return why the secret can be guessed, None if nothing tells.

    What is left without words, sequences and repetitions has to do for a secret.
    """
    spellings = [secret, *_decoded(secret)]
    contents = [secret.encode("utf-8", "replace"), *unwrapped(secret)]
    if secret.strip().casefold() in DIGESTS:
        return "it is the digest of a word that stands in examples"
    if any(_steps(it) < LEAST_STEPS for it in contents):
        return "it counts in steps, or repeats itself"
    if any(_digest(it) in PUBLISHED for it in spellings):
        return "it is published, in a tutorial or a standard"
    if len(set(secret)) < LEAST_KINDS:
        return f"it has only {len(set(secret))} different characters"
    spellings += [_without_long_words(it) for it in spellings]
    if any(_left(it) < LEAST_LEFT for it in spellings):
        return "it is made of words that stand in examples, or of a pattern"
    return None


def _steps(content: bytes) -> int:
    return len({(after - before) % 256 for before, after in pairwise(content)})


def _without_long_words(secret: str) -> str:
    """Return the secret without the words in which digits stand for letters."""
    text = secret.casefold()
    for word in LONG_WORD.finditer(text.translate(LOOKALIKES)):
        text = text[: word.start()] + "\0" * len(word[0]) + text[word.end() :]
    return text


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.casefold().encode("utf-8", "replace")).hexdigest()


def _decoded(secret: str) -> list[str]:
    """Return the text that the secret is the Base64 or the hex digits of, if any."""
    found = [content.decode("ascii", "replace") for content in unwrapped(secret)]
    return [text for text in found if text.strip().isprintable() and text.isascii()]


def _left(secret: str) -> int:
    """Return how many characters follow from nothing before them."""
    text = WORD.sub("\0", RUN_OF_ONE.sub(r"\1", secret.casefold()))
    seen: set[str] = set()
    left = 0
    for i, letter in enumerate(text):
        three = text[max(0, i - 2) : i + 1]
        every_second = text[max(0, i - 4) : i + 1 : 2]
        follows = three in seen or not RUNS.isdisjoint({three, every_second})
        if letter not in SEPARATORS and not follows:
            left += 1
        seen.add(three)
    return left
