-- "bgcl" as a number: tells this database from every other SQLite file.
PRAGMA application_id = 1650942828;

-- All times are Unix seconds, UTC.
CREATE TABLE sites (
    key          INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    token_sha256 BLOB NOT NULL UNIQUE,
    enrolled_at  INTEGER NOT NULL,
    facts        TEXT NOT NULL,     -- reports.sites.Site as JSON
    contract     TEXT NOT NULL,     -- reports.sites.Contract as JSON
    agent        TEXT,              -- version of the agent that sent the last upload
    heard_at     INTEGER            -- when the last upload came; NULL while none has
) STRICT;

-- A plain rowid table: with rows of about 1 KB, WITHOUT ROWID was measured four to seven times slower.
CREATE TABLE summaries (
    starts_at   INTEGER NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('hour', 'day', 'week')),
    site        INTEGER NOT NULL REFERENCES sites (key),
    label       TEXT NOT NULL,
    through_at  INTEGER NOT NULL,
    sha256      BLOB NOT NULL,      -- of the body
    received_at INTEGER NOT NULL,
    body        TEXT NOT NULL       -- reports.summaries.Summary as compact JSON
) STRICT;

-- Time first: what arrives is recent, so inserts stay at the right edge of the index.
CREATE UNIQUE INDEX summaries_by_time ON summaries (starts_at, kind, site);

-- Days and weeks by site; hours, 95 % of the rows, aren't in it and are looked up by their times.
CREATE UNIQUE INDEX days_and_weeks_by_site ON summaries (site, kind, label) WHERE kind <> 'hour';
