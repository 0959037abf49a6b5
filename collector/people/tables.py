"""The tables of people, their sessions, the tokens that come and go, and the log of what was changed.

Of a password there is its argon2 hash, of every other secret its SHA-256: 256 random bits (100 of an
enrolment code) can't be found from it, and looking it up in an index tells nothing of the secret.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from collector.tables import METADATA, SECONDS, IsoDay

people = Table(
    "people",
    METADATA,
    Column("key", Integer, Identity(), primary_key=True),
    Column("name", Text, nullable=False, unique=True),  # case-folded; PROVIDER/NAME by single sign-on
    Column("role", Text, nullable=False),
    Column("everywhere", Integer, nullable=False),  # 1: all of the tree; 0: what people_places says
    Column("password", Text),  # argon2id; NULL by single sign-on
    Column("issuer", Text),  # of the OpenID provider
    Column("subject", Text),  # the provider's own name for the person
    Column("made_at", SECONDS, nullable=False),
    UniqueConstraint("issuer", "subject"),
    CheckConstraint("role IN ('viewer', 'district_admin', 'state_admin')", name="role"),
    sqlite_strict=True,
)

people_places = Table(
    "people_places",
    METADATA,
    Column("person", Integer, ForeignKey("people.key", ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, ForeignKey("places.key"), primary_key=True),
    sqlite_strict=True,
)

sessions = Table(
    "sessions",
    METADATA,
    Column("secret_sha256", LargeBinary, primary_key=True),
    Column("person", Integer, ForeignKey("people.key", ondelete="CASCADE"), nullable=False),
    Column("how", Text, nullable=False),
    Column("made_at", SECONDS, nullable=False),
    Column("seen_at", SECONDS, nullable=False),  # to the minute
    Index(None, "person"),
    sqlite_strict=True,
)

api_tokens = Table(
    "api_tokens",
    METADATA,
    Column("key", Integer, Identity(), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("token_sha256", LargeBinary, nullable=False, unique=True),
    Column("scopes", Text, nullable=False),  # separated by spaces
    Column("everywhere", Integer, nullable=False),  # 1: all of the tree; 0: what api_token_places says
    Column("made_at", SECONDS, nullable=False),
    Column("ends_at", SECONDS, nullable=False),
    Column("used_on", IsoDay),
    sqlite_strict=True,
)

api_token_places = Table(
    "api_token_places",
    METADATA,
    Column("api_token", Integer, ForeignKey("api_tokens.key", ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, ForeignKey("places.key"), primary_key=True),
    sqlite_strict=True,
)

old_site_tokens = Table(
    "old_site_tokens",
    METADATA,
    Column("token_sha256", LargeBinary, primary_key=True),
    Column("site", Integer, ForeignKey("sites.key"), nullable=False),
    Column("ends_at", SECONDS, nullable=False),
    Index(None, "site"),
    sqlite_strict=True,
)

enrolment_codes = Table(
    "enrolment_codes",
    METADATA,
    Column("code_sha256", LargeBinary, primary_key=True),
    Column("site", Integer, ForeignKey("sites.key"), nullable=False),
    Column("ends_at", SECONDS, nullable=False),
    Column("used_at", SECONDS),
    Index(None, "site"),
    sqlite_strict=True,
)

audit = Table(
    "audit",
    METADATA,
    Column("key", Integer, Identity(), primary_key=True),
    Column("at", SECONDS, nullable=False),
    Column("who", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("detail", Text),
    Column("place", Integer, ForeignKey("places.key")),  # whose admins may read it besides the state's
    sqlite_strict=True,
)

notes = Table(
    "notes",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_strict=True,
)
