"""Sign-in by an OpenID provider: the authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636).

State, nonce and verifier are all derived from one secret in the browser's cookie, so that nothing waits here
while the person is at the provider's. Provider and keys are asked anew for each sign-in: it is seldom, and a
key that was renewed is known at once. Only claims of a checked ID token count; userinfo adds those that it
lacks. Authlib is loaded at the first sign-in, so that a collector without providers never carries it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from collector.people.forms import derived
from collector.people.roles import ROLES, Role
from collector.people.settings import ProviderSettings, address
from reports.faults import ConfigFault, Fault
from reports.wording import say

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

TIMEOUT_S = 10.0
LEEWAY_S = 60
"""How far a provider's clock may be off."""

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key that only the provider has: neither none nor a shared secret."""

MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a provider says it is. ``districts`` are ids that its claims name; the subject never changes."""

    subject: str
    name: str
    role: Role
    districts: tuple[str, ...]


class Provider:
    """One provider of collector.toml. Every method raises Fault when the provider can't be asked or
    believed."""

    def __init__(self, settings: ProviderSettings) -> None:
        self.settings = settings

    def begin(self, secret: str, redirect_uri: str) -> str:
        """The address at the provider's to send a browser to."""
        with self._session(redirect_uri) as session:
            url, _ = session.create_authorization_url(
                self._metadata(session)["authorization_endpoint"],
                state=derived(secret, "state"),
                nonce=derived(secret, "nonce"),
                code_verifier=derived(secret, "verifier"),
            )
        return str(url)

    def finish(self, secret: str, redirect_uri: str, query: Mapping[str, str]) -> SignedIn:
        """Who has come back, by the parameters that the provider sent the browser back with."""
        if query.get("state") != derived(secret, "state"):
            raise Fault(say("this sign-in was begun elsewhere, or too long ago; begin it again"))
        if query.get("iss", self.settings.issuer) != self.settings.issuer:  # RFC 9207
            raise Fault(say("another provider answered than was asked"))
        if "code" not in query:
            raise Fault(
                say(
                    "the provider refused: {why}",
                    why=_plain(query.get("error_description") or query.get("error")),
                )
            )
        with self._session(redirect_uri) as session:
            metadata = self._metadata(session)
            token = self._asked(
                lambda: session.fetch_token(
                    metadata["token_endpoint"],
                    grant_type="authorization_code",
                    code=query["code"],
                    code_verifier=derived(secret, "verifier"),
                )
            )
            claims = self._claims(session, metadata, token, derived(secret, "nonce"))
        return judged(claims, self.settings)

    def _claims(
        self, session: OAuth2Session, metadata: Mapping[str, Any], token: Mapping[str, Any], nonce: str
    ) -> dict[str, Any]:
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet
        from joserfc.jws import JWSRegistry

        keys = self._json(session, metadata["jwks_uri"])
        options = {
            "iss": {"essential": True, "value": self.settings.issuer},
            "aud": {"essential": True, "value": self.settings.client_id},
            "nonce": {"essential": True},
        }
        about = {
            "nonce": nonce,
            "client_id": self.settings.client_id,
            "access_token": token.get("access_token"),
        }
        try:
            signed = jwt.decode(
                str(token["id_token"]),
                KeySet.import_key_set(cast(Any, keys)),
                registry=JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False),
            )
            claims = CodeIDToken(signed.claims, signed.header, options, about)
            claims.validate(leeway=LEEWAY_S)
        except (JoseError, KeyError, ValueError, TypeError) as fault:
            raise Fault(say("the provider's ID token can't be believed: {why}", why=_plain(fault))) from None
        found = dict(signed.claims)
        if self._lacks(found) and (place := metadata.get("userinfo_endpoint")):
            told = self._json(session, place, token)
            if told.get("sub") != found["sub"]:  # OpenID Connect Core 5.3.2
                raise Fault(say("the provider told of another person than had signed in"))
            found = {**told, **found}
        return found

    def _lacks(self, claims: Mapping[str, Any]) -> bool:
        wanted = (self.settings.name_claim, self.settings.role_claim, self.settings.place_claim)
        return any(one is not None and one not in claims for one in wanted)

    def _metadata(self, session: OAuth2Session) -> dict[str, Any]:
        base = self.settings.issuer.rstrip("/")
        told = self._json(session, f"{base}/.well-known/openid-configuration")
        if told.get("issuer") != self.settings.issuer:
            raise Fault(
                say(
                    "{address} calls itself {name}; set issuer to that",
                    address=base,
                    name=_plain(told.get("issuer")),
                )
            )
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            try:
                address(str(told[name]).partition("?")[0])
            except (KeyError, ValueError):
                raise Fault(say("{address} names no {name} over https", address=base, name=name)) from None
        return told

    def _json(
        self, session: OAuth2Session, url: str, token: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        bearer = {"Authorization": f"Bearer {token['access_token']}"} if token else {}
        answer = self._asked(
            lambda: session.request(
                "GET", url, withhold_token=True, headers={"Accept": "application/json", **bearer}
            )
        )
        if answer.status_code != 200 or len(answer.content) > MOST_BYTES:
            raise Fault(say("{address} answered with HTTP {status}", address=url, status=answer.status_code))
        try:
            told = answer.json()
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise Fault(say("{address} answered with something that isn't JSON", address=url))
        return told

    def _asked(self, ask: Any) -> Any:
        import requests
        from authlib.common.errors import AuthlibBaseError

        try:
            return ask()
        except requests.RequestException:
            raise Fault(say("{address} can't be reached", address=self.settings.issuer)) from None
        except AuthlibBaseError as fault:
            raise Fault(say("the provider refused: {why}", why=_plain(fault))) from None

    def _session(self, redirect_uri: str) -> OAuth2Session:
        from authlib.integrations.requests_client import OAuth2Session

        session = OAuth2Session(
            self.settings.client_id,
            self._client_secret(),
            scope=" ".join(self.settings.scopes),
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if self.settings.client_secret_file else "none",
            default_timeout=TIMEOUT_S,
        )
        session.verify = self.settings.ca_file or True
        return session

    def _client_secret(self) -> str | None:
        if (named := self.settings.client_secret_file) is None:
            return None
        try:
            return Path(named).read_text().strip()
        except (OSError, UnicodeDecodeError):
            raise ConfigFault(say("{file}: the client's secret can't be read", file=named)) from None


def judged(claims: Mapping[str, Any], settings: ProviderSettings) -> SignedIn:
    """What claims make of a person. Raises Fault when they give no role."""
    values = set(_texts(claims.get(settings.role_claim)))
    role = next((one for one in reversed(ROLES) if values & set(getattr(settings, one))), None)
    if role is None:
        raise Fault(say("this account has no role here; ask whoever runs the collector"))
    subject = str(claims["sub"])
    name = claims.get(settings.name_claim)
    districts = _texts(claims.get(settings.place_claim)) if settings.place_claim else ()
    return SignedIn(subject, name if isinstance(name, str) and name else subject, role, districts)


def _texts(claim: Any) -> tuple[str, ...]:
    many = claim if isinstance(claim, list | tuple) else (claim,)
    return tuple(one for one in many if isinstance(one, str))


def _plain(text: object) -> str:
    """What a provider said, harmless in a page and a log."""
    return "".join(sign if sign.isprintable() else "?" for sign in str(text))[:200]
