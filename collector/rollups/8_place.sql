-- One row a place. `circuits_measured` says how many circuits the delivered figures are of.
WITH circuits AS (
    SELECT
        place,
        CAST(sum(sites) AS BIGINT) AS sites,
        CAST(sum(sites_told) AS BIGINT) AS sites_told,
        count(*) AS circuits,
        count(typical_down_bps) AS circuits_measured,
        CAST(sum(contracted_down_bps) AS BIGINT) AS contracted_down_bps,
        CAST(sum(contracted_up_bps) AS BIGINT) AS contracted_up_bps,
        CAST(sum(hours_told) AS BIGINT) AS hours_told,
        CAST(sum(slots_expected) AS BIGINT) AS slots_expected,
        CAST(sum(slots_found) AS BIGINT) AS slots_found,
        CAST(sum(tests_trusted) AS BIGINT) AS tests_trusted,
        CAST(sum(tests_untrusted) AS BIGINT) AS tests_untrusted,
        CAST(sum(tests_failed) AS BIGINT) AS tests_failed,
        CAST(sum(best_down_bps) AS BIGINT) AS best_down_bps,
        CAST(sum(best_up_bps) AS BIGINT) AS best_up_bps,
        CAST(sum(typical_down_bps) AS BIGINT) AS typical_down_bps,
        CAST(sum(typical_up_bps) AS BIGINT) AS typical_up_bps,
        CAST(sum(outage_us) AS BIGINT) AS outage_us,
        CAST(sum(tests_down_bytes) AS BIGINT) AS tests_down_bytes,
        CAST(sum(tests_up_bytes) AS BIGINT) AS tests_up_bytes
    FROM place_circuits
    GROUP BY place
)
SELECT
    circuits.*,
    place_demand.busiest_down_bps,
    place_demand.busiest_up_bps,
    place_demand.school_p95_down_bps,
    place_demand.school_p95_up_bps
FROM circuits
LEFT JOIN place_demand ON place_demand.place = circuits.place
