-- What each site demanded. An hour's highest five-minute mean is its 95th percentile by nearest rank, since it has
-- twelve at most. No row, no figure: what nobody counted is NULL. Figures are cast because engines widen sums, and rates
-- have 32 bits or 64.
SELECT
    site,
    count(*) AS hours_told,
    CAST(sum(usage_expected) AS BIGINT) AS slots_expected,
    CAST(sum(usage_found) AS BIGINT) AS slots_found,
    CAST(sum(usage_school_expected) AS BIGINT) AS school_slots_expected,
    CAST(sum(usage_school_found) AS BIGINT) AS school_slots_found,
    CAST(max(usage_p95_down_bps) AS BIGINT) AS highest_down_bps,
    CAST(max(usage_p95_up_bps) AS BIGINT) AS highest_up_bps,
    CAST(max(usage_school_p95_down_bps) AS BIGINT) AS school_highest_down_bps,
    CAST(max(usage_school_p95_up_bps) AS BIGINT) AS school_highest_up_bps,
    CAST(max(usage_peak_down_bps) AS BIGINT) AS peak_down_bps,
    CAST(max(usage_peak_up_bps) AS BIGINT) AS peak_up_bps
FROM hours
GROUP BY site
