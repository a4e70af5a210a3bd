"""Amazon Cognito for the real client: moto over HTTP, put right where it is not."""

import hmac
import json
import secrets
import threading
import time
import uuid
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from types import SimpleNamespace
from typing import Any, Self, cast

import boto3
import jwt
from botocore.client import BaseClient
from moto.cognitoidp import models
from moto.cognitoidp.models import (
    CognitoIdpUser,
    CognitoIdpUserPool,
    cognitoidp_backends,
)
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import BaseWSGIServer, make_server

from adapters.identity.cognito import srp
from tests.servers import LOOPBACK

Environment = dict[str, Any]
Begin = Callable[[str, list[tuple[str, str]]], object]
Answer = Iterable[bytes]
Asked = dict[str, Any]
Trigger = Callable[[dict[str, Any], object], dict[str, Any]]

TARGET = "AWSCognitoIdentityProviderService."
IMMUTABLE = {"AttributeDataType": "String", "Mutable": False, "Required": False}
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
WITH_CODES = {"SignUp", "ForgotPassword"}
BY_CODE = {"ConfirmSignUp", "ConfirmForgotPassword"}
LIVES = {"verify": timedelta(hours=24), "reset": timedelta(hours=1)}
VERIFIER = "PASSWORD_VERIFIER"
OK = "200 OK"
BAD = "400 Bad Request"
JSON = [("Content-Type", "application/x-amz-json-1.1")]


class CognitoServer:
    """
    One account with one pool, in the region in which moto knows all operations.

    Moto mails no codes and takes any, knows neither ``RevokeToken`` nor
    ``GetTokensFromRefreshToken``, and tells log-ins of one user by what they typed. Here
    that is as AWS documents it. ``codes`` has what was mailed last, by purpose and address.
    """

    region = "us-east-1"

    def __init__(self) -> None:
        self.port = 0
        self.codes: dict[tuple[str, str], str] = {}
        self.moved: timedelta | None = None
        """By how much its time was moved since it stands still; None while it passes."""
        self._begun = datetime.now(UTC).replace(microsecond=0)
        self._proofs: dict[str, tuple[bytes, CognitoIdpUser, str]] = {}
        self._mailed: dict[tuple[str, str], datetime] = {}
        self.error: str | None = None
        """With which code all is refused."""
        self.trigger: Trigger | None = None
        """The function for users who are not in the pool yet."""
        self.delay = 0.0
        """Seconds before every answer."""
        self.asked: list[str] = []
        """Which operations were asked for."""
        self._app = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.RLock()
        self._server: BaseWSGIServer | None = None
        self._client: BaseClient | None = None

    def start(self) -> Self:
        """Serve; after stop() on the same port as before."""
        vars(models)["time"] = SimpleNamespace(time=lambda: self.now().timestamp())
        self._server = make_server(
            LOOPBACK,
            self.port,
            self._answer,
            threaded=True,
            request_handler=MotoRequestHandler,
        )
        self.port = self._server.port
        threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            daemon=True,
        ).start()
        return self

    def stop(self) -> None:
        """Stop serving."""
        if self._server is not None:
            self._server.shutdown()
            self._server = None
        if self._client is not None:
            self._client.close()
            self._client = None

    def now(self) -> datetime:
        """Return the time that it has."""
        if self.moved is None:
            return datetime.now(UTC)
        return self._begun + self.moved

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which boto3 finds us."""
        return {
            "AWS_ENDPOINT_URL": f"http://{LOOPBACK}:{self.port}",
            "AWS_ACCESS_KEY_ID": "made-up",
            "AWS_SECRET_ACCESS_KEY": "made-up",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self) -> BaseClient:
        """Return a client as an operator has one; it ends with the server."""
        if self._client is None:
            self._client = self._connect()
        return self._client

    def _connect(self) -> BaseClient:
        return boto3.client(
            "cognito-idp",
            region_name=self.region,
            endpoint_url=f"http://{LOOPBACK}:{self.port}",
            aws_access_key_id="made-up",
            aws_secret_access_key="made-up",
        )

    def new_pool(
        self, *, rotates: bool = False, flows: Sequence[str] = FLOWS
    ) -> "MadePool":
        """Make a pool as our template does, and its client."""
        self.codes.clear()
        api = cast("Any", self.client())
        pool_id = api.create_user_pool(
            PoolName=f"pool-{uuid.uuid4().hex[:8]}",
            UsernameAttributes=["email"],
            AutoVerifiedAttributes=["email"],
            Schema=[
                {"Name": "scribes_id", **IMMUTABLE},
                {"Name": "family_name", **IMMUTABLE},
            ],
            Policies={
                "PasswordPolicy": {
                    "MinimumLength": 8,
                    "RequireUppercase": True,
                    "RequireLowercase": True,
                    "RequireNumbers": True,
                    "RequireSymbols": True,
                }
            },
        )["UserPool"]["Id"]
        for group in ("admin", "user"):
            api.create_group(GroupName=group, UserPoolId=pool_id)
        made = api.create_user_pool_client(
            UserPoolId=pool_id,
            ClientName="scribes-auth",
            GenerateSecret=True,
            ExplicitAuthFlows=[*flows],
            RefreshTokenRotation={"Feature": "ENABLED" if rotates else "DISABLED"},
        )["UserPoolClient"]
        url = f"cognito://{self.region}/{pool_id}?client_id={made['ClientId']}"
        return MadePool(self, pool_id, made["ClientId"], made["ClientSecret"], url)

    def empty(self, made: "MadePool") -> None:
        """Let nobody be in a pool; that is quicker than another one."""
        pool = self.pool(made.id)
        for kept in (pool.users, pool.access_tokens, pool.refresh_tokens, self.codes):
            kept.clear()
        for group in pool.groups.values():
            group.users.clear()

    def pool(self, pool_id: str) -> CognitoIdpUserPool:
        """Return moto's own record of a pool."""
        backend = cognitoidp_backends[DEFAULT_ACCOUNT_ID][self.region]
        return backend.user_pools[pool_id]

    def _answer(self, environ: Environment, begin: Begin) -> Answer:
        operation = environ.get("HTTP_X_AMZ_TARGET", "").removeprefix(TARGET)
        time.sleep(self.delay)
        with self._lock:
            if self.error:
                return _refused(begin, self.error)
            if not operation:
                keys: Answer = self._app(environ, begin)
                return keys
            self.asked.append(operation)
            asked = _body_of(environ)
            if refusal := self._refusal(operation, asked):
                return _refused(begin, refusal)
            own = {
                "ResendConfirmationCode": self._resend,
                "RespondToAuthChallenge": self._verify_proof,
                "RevokeToken": self._revoke,
                "GetTokensFromRefreshToken": self._rotate,
            }.get(operation)
            if operation == "InitiateAuth" and asked["AuthFlow"] == "USER_SRP_AUTH":
                return self._challenge(asked, begin)
            is_proof = asked.get("ChallengeName", VERIFIER) == VERIFIER
            if own is not None and is_proof:
                return own(asked, begin)
            if operation == "InitiateAuth" and self.trigger:
                self._take_over(asked, self.trigger)
            if operation == "AdminCreateUser":
                self._invite(asked)
            self._name_once(operation, asked)
            return self._passed_on(operation, asked, environ, begin)

    def _refusal(self, operation: str, asked: Asked) -> str | None:
        """Return what AWS refuses with, where moto does not."""
        if operation in BY_CODE and not self._is_right(operation, asked):
            return "ExpiredCodeException"
        if operation == "ForgotPassword" and (user := self._user_of(asked)):
            if not user.enabled:
                return "NotAuthorizedException"
            if user.status == "UNCONFIRMED":
                return "InvalidParameterException"
        return None

    def _passed_on(
        self, operation: str, asked: Asked, environ: Environment, begin: Begin
    ) -> Answer:
        body = json.dumps(asked).encode()
        environ["wsgi.input"] = BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        told: list[Any] = []
        answer = b"".join(self._app(environ, lambda *it: told.append(it)))
        status, headers = told[0][:2]
        if status.startswith("200"):
            if operation in WITH_CODES and self._user_of(asked):
                purpose = "reset" if operation == "ForgotPassword" else "verify"
                self._mail(purpose, asked["Username"])
            self._as_one_user()
        begin(status, headers)
        return [answer]

    def _mail(self, purpose: str, email: str) -> None:
        self.codes.pop((purpose, email), None)  # the latest stands last
        self.codes[purpose, email] = f"{secrets.randbelow(10**6):06}"
        self._mailed[purpose, email] = self.now()

    def _take_over(self, asked: Asked, trigger: "Trigger") -> None:
        """Ask the function, as AWS does, about who is not in the pool."""
        given = asked["AuthParameters"]
        email = given.get("USERNAME")
        pools = [it for it in self._pools() if asked["ClientId"] in it.clients]
        if email is None or not pools or pools[0]._get_user(email):  # noqa: SLF001
            return
        event: dict[str, Any] = {
            "triggerSource": "UserMigration_Authentication",
            "userName": email,
            "request": {"password": given["PASSWORD"]},
            "response": {},
        }
        try:
            answer = trigger(event, None)["response"]
        except Exception:  # noqa: BLE001 - AWS refuses the log-in, whatever it was
            return
        known = answer["userAttributes"]
        user = CognitoIdpUser(
            pools[0].id,
            None,
            given["PASSWORD"],
            answer["finalUserStatus"],
            [{"Name": name, "Value": value} for name, value in known.items()],
        )
        user.status = models.UserStatus(answer["finalUserStatus"])
        pools[0].users[user.username] = user

    def _invite(self, asked: Asked) -> None:
        if asked.get("MessageAction") == "SUPPRESS":
            return
        asked["TemporaryPassword"] = password = f"Aa1!{secrets.token_hex(6)}"
        self.codes["invitation", asked["Username"]] = password
        user = self.pool(asked["UserPoolId"])._get_user(asked["Username"])  # noqa: SLF001
        if user and asked.get("MessageAction") == "RESEND":
            user.password = password

    def _is_right(self, operation: str, asked: Asked) -> bool:
        purpose = "reset" if operation == "ConfirmForgotPassword" else "verify"
        place = (purpose, asked["Username"])
        right = self.codes.get(place)
        if right is None or right != asked["ConfirmationCode"]:
            return False
        if self.now() - self._mailed[place] >= LIVES[place[0]]:
            return False
        del self.codes[place]
        return True

    def _challenge(self, asked: Asked, begin: Begin) -> Answer:
        """Begin SRP as the other side does, which moto only pretends."""
        given = asked["AuthParameters"]
        user = self._user_of({**asked, "Username": given["USERNAME"]})
        if user is None:
            return _refused(begin, "UserNotFoundException")
        pool_name = user.user_pool_id.partition("_")[2]
        salt, secret = secrets.token_hex(16), secrets.randbits(256) | 1
        x = srp.verifier_exponent(salt, pool_name, user.username, user.password or "")
        verifier = pow(srp.G, x, srp.N)
        public = (srp.MULTIPLIER * verifier + pow(srp.G, secret, srp.N)) % srp.N
        theirs = int(given["SRP_A"], 16)
        u = srp.scrambler(theirs, public)
        shared = pow(theirs * pow(verifier, u, srp.N), secret, srp.N)
        block = b64encode(secrets.token_bytes(32)).decode()
        self._proofs[block] = (srp.key_of(shared, u), user, pool_name)
        told = {
            "SALT": salt,
            "SRP_B": f"{public:x}",
            "SECRET_BLOCK": block,
            "USER_ID_FOR_SRP": user.username,
            "USERNAME": user.username,
        }
        begin(OK, JSON)
        challenge = {"ChallengeName": VERIFIER, "ChallengeParameters": told}
        return [json.dumps(challenge).encode()]

    def _verify_proof(self, asked: Asked, begin: Begin) -> Answer:
        given = asked["ChallengeResponses"]
        block = given["PASSWORD_CLAIM_SECRET_BLOCK"]
        key, user, pool_name = self._proofs.pop(block)
        said = pool_name + given["USERNAME"]
        message = said.encode() + b64decode(block) + given["TIMESTAMP"].encode()
        right = b64encode(hmac.digest(key, message, "sha256")).decode()
        if right != given["PASSWORD_CLAIM_SIGNATURE"]:
            return _refused(begin, "NotAuthorizedException")
        pool = self.pool(user.user_pool_id)
        client = asked["ClientId"]
        refresh, session_id = pool.create_refresh_token(client, user.username)
        access, seconds = pool.create_access_token(client, user.username, session_id)
        result = {
            "AccessToken": access,
            "RefreshToken": refresh,
            "ExpiresIn": seconds,
            "TokenType": "Bearer",
        }
        begin(OK, JSON)
        return [json.dumps({"AuthenticationResult": result}).encode()]

    def _resend(self, asked: Asked, begin: Begin) -> Answer:
        user = self._user_of(asked)
        if user is None:
            return _refused(begin, "UserNotFoundException")
        if not user.enabled:
            return _refused(begin, "NotAuthorizedException")
        if user.status != "UNCONFIRMED":
            return _refused(begin, "InvalidParameterException")
        self._mail("verify", user.attribute_lookup["email"])
        begin(OK, JSON)
        return [b"{}"]

    def _user_of(self, asked: Asked) -> CognitoIdpUser | None:
        for pool in self._pools():
            if asked["ClientId"] in pool.clients:
                return pool._get_user(asked["Username"])  # noqa: SLF001 - moto's
        return None

    def _revoke(self, asked: Asked, begin: Begin) -> Answer:
        for pool in self._pools():
            known = pool.refresh_tokens.get(asked["Token"])
            if known:
                self._end(pool, known[2])
                pool.refresh_tokens[asked["Token"]] = None
        begin(OK, JSON)
        return [b"{}"]

    def _rotate(self, asked: Asked, begin: Begin) -> Answer:
        for pool in self._pools():
            known = pool.refresh_tokens.get(asked["RefreshToken"])
            client = pool.clients.get(asked["ClientId"])
            if known is None or client is None:
                continue
            if asked.get("ClientSecret") != client.secret:
                break
            access, identity, seconds = pool.create_tokens_from_refresh_token(
                asked["RefreshToken"]
            )
            fresh = str(uuid.uuid4())
            pool.refresh_tokens[fresh] = known
            pool.refresh_tokens[asked["RefreshToken"]] = None
            result = {
                "AccessToken": access,
                "IdToken": identity,
                "RefreshToken": fresh,
                "ExpiresIn": seconds,
                "TokenType": "Bearer",
            }
            begin(OK, JSON)
            return [json.dumps({"AuthenticationResult": result}).encode()]
        return _refused(begin, "NotAuthorizedException")

    def _name_once(self, operation: str, asked: Asked) -> None:
        """Name a user by ``sub`` where moto compares what was typed; sign out who goes."""
        if operation == "AdminDeleteUser":
            pool = self.pool(asked["UserPoolId"])
            if user := pool._get_user(asked["Username"]):  # noqa: SLF001
                pool.sign_out(user.username)
        if operation == "AdminUserGlobalSignOut":
            user = self.pool(asked["UserPoolId"])._get_user(asked["Username"])  # noqa: SLF001 - moto's
            if user:
                asked["Username"] = user.username

    def _as_one_user(self) -> None:
        for pool in self._pools():
            for tokens in (pool.refresh_tokens, pool.access_tokens):
                typed = {text: it for text, it in tokens.items() if it and "@" in it[1]}
                for text, known in typed.items():
                    if user := pool._get_user(known[1]):  # noqa: SLF001 - moto's
                        tokens[text] = (known[0], user.username, *known[2:])

    def _end(self, pool: CognitoIdpUserPool, session_id: str) -> None:
        """Revoke the access tokens of a log-in."""
        for text in [*pool.access_tokens]:
            claims = jwt.decode(text, options={"verify_signature": False})
            if claims["origin_jti"] == session_id:
                del pool.access_tokens[text]

    def _pools(self) -> list[CognitoIdpUserPool]:
        backend = cognitoidp_backends[DEFAULT_ACCOUNT_ID][self.region]
        return list(backend.user_pools.values())


class MadePool:
    """A pool, and the settings with which our service uses it."""

    def __init__(
        self, server: CognitoServer, id_: str, client_id: str, secret: str, url: str
    ) -> None:
        self.server, self.id, self.client_id = server, id_, client_id
        self.secret, self.url = secret, url

    @property
    def settings(self) -> dict[str, str]:
        """As they stand in the environment."""
        return {
            "AUTH_BACKEND": "cognito",
            "COGNITO_URL": self.url,
            "COGNITO_CLIENT_SECRET": self.secret,
            **self.server.environment,
        }


def _body_of(environ: Environment) -> Asked:
    size = int(environ.get("CONTENT_LENGTH") or 0)
    asked: Asked = json.loads(environ["wsgi.input"].read(size) or b"{}")
    return asked


def _refused(begin: Begin, code: str) -> Answer:
    begin(BAD, JSON)
    return [json.dumps({"__type": code, "message": "a trouble of the tests"}).encode()]
