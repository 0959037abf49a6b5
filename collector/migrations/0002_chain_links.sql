-- A site's links as they came (reports/chain.py): of summaries that were stored, known or refused alike. A
-- number may be there twice, with two bodies; nothing is ever replaced.
CREATE TABLE links (
    site        INTEGER NOT NULL REFERENCES sites (key),
    number      INTEGER NOT NULL,
    digest      BLOB NOT NULL,      -- SHA-256 of the body as it was sent
    previous    BLOB,               -- of the body before it; NULL for the first
    received_at INTEGER NOT NULL,
    PRIMARY KEY (site, number, digest)
) STRICT, WITHOUT ROWID;

-- Links 1 to this one are all there, so that nobody need look for gaps among them.
ALTER TABLE sites ADD COLUMN linked_through INTEGER NOT NULL DEFAULT 0;
