"""URLs and origins of web pages, spelled as browsers spell them."""

import re

from pydantic import HttpUrl, TypeAdapter, ValidationError

END_OF_HOST = re.compile(r"[/?#\\]")
HOST = re.compile(r"(localhost|(?:[\w-]+\.)+[\w-]+)(:\d+)?/?")
APP_ORIGIN = re.compile(r"([a-z][a-z\d+.-]*)://([\w.-]+(?::\d+)?)", re.ASCII)
"""Of an application in a shell of its own: ``capacitor://localhost``."""
AMBIGUOUS = re.compile(r"[\s\\<>\"]")
"""What mail programs and browsers make different things of, or end a link at."""
LIST_MARKS = re.compile(r"^[\[\](]|[\"';\s]")


def web_url(value: str) -> str:
    """Return the URL of a page, without a slash at its end; raises ValueError."""
    value = value.strip()
    if "://" not in value:
        example = value if HOST.fullmatch(value) else "auth.example.com"
        raise ValueError(f"write it with its scheme: https://{example}")
    _demand_no_login(value)
    if AMBIGUOUS.search(value):
        raise ValueError("a blank is %20, and a \\ is no /")
    try:
        TypeAdapter(HttpUrl).validate_python(value)
    except ValidationError:
        raise ValueError("write https://HOST, or https://HOST/PATH") from None
    return value.rstrip("/")


def base_url(value: str) -> str:
    """Return the URL that paths are put behind; raises ValueError."""
    if "?" in value or "#" in value:
        raise ValueError("paths are put behind it: write it without ? and #")
    return web_url(value)


def origins(value: object) -> object:
    """
    Return the origins in a comma list as browsers send them; raises ValueError.

    Browsers write the host in lower case and in ASCII, and leave the default port out
    (RFC 6454, section 6.2); what they send is compared letter by letter.
    """
    if not isinstance(value, str):
        return value
    items = [item for item in map(str.strip, value.split(",")) if item]
    found, problems = [], []
    for item in items:
        try:
            found.append(_origin(item))
        except ValueError as error:
            problems.append(str(error))
    if "*" in found and len(found) > 1:
        problems.append("* stands for all origins: write it alone, or leave it out")
    if problems:
        raise ValueError("; ".join(problems))
    return tuple(dict.fromkeys(found))


def _origin(item: str) -> str:
    if item == "*":
        return item
    if item.lower() == "null":
        raise ValueError("null is any page that hides its origin; name the site")
    if LIST_MARKS.search(item):
        raise ValueError("separate origins by commas, without quotes or brackets")
    scheme, separator, rest = item.lower().partition("://")
    if not separator:
        example = item.lower().rstrip("/") if HOST.fullmatch(item) else "HOST"
        raise ValueError(f"write the scheme, too, like https://{example}")
    _demand_no_login(item)
    if "*" in item:
        raise ValueError("a * for a part of a host is no origin; name each one")
    host, *path = END_OF_HOST.split(rest.removesuffix("/"), maxsplit=1)
    origin = f"{scheme}://{host}"
    origin = origin_of(origin) if scheme in {"http", "https"} else _app_origin(origin)
    if path:
        raise ValueError(f"an origin has no path: write {origin}")
    return origin


def _app_origin(text: str) -> str:
    if not APP_ORIGIN.fullmatch(text):
        raise ValueError("write SCHEME://HOST, or SCHEME://HOST:PORT")
    return text


def origin_of(url: str) -> str:
    """Return the origin of a page as browsers send it; raises ValueError."""
    try:
        parsed = TypeAdapter(HttpUrl).validate_python(url)
    except ValidationError:
        raise ValueError("write https://HOST, or https://HOST:PORT") from None
    default = {"http": 80, "https": 443}[parsed.scheme]
    port = "" if parsed.port in {None, default} else f":{parsed.port}"
    return f"{parsed.scheme}://{parsed.host}{port}"


def _demand_no_login(url: str) -> None:
    if "@" in END_OF_HOST.split(url.partition("://")[2], maxsplit=1)[0]:
        raise ValueError("write it without a user and password")
