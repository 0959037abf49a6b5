-- The hours of the period, each once. `parts` are the archive's rows of the period's days, `later` those of parts
-- that were added to a day after its first: of an hour that is in several, the highest part's holds.
WITH highest AS (
    SELECT site, starts_at, max(part) AS part FROM later GROUP BY site, starts_at
)
SELECT parts.*
FROM parts
LEFT JOIN highest ON highest.site = parts.site AND highest.starts_at = parts.starts_at
WHERE highest.part IS NULL OR highest.part = parts.part
