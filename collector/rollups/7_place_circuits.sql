-- The circuits of a place. Sites on one circuit have its capacity between them: it counts once, at the most that
-- any of them was promised and found.
SELECT
    places.place,
    coalesce(site.circuit, concat('site ', site.site)) AS circuit,
    count(*) AS sites,
    count(CASE WHEN site.hours_told > 0 THEN 1 END) AS sites_told,
    max(site.contracted_down_bps) AS contracted_down_bps,
    max(site.contracted_up_bps) AS contracted_up_bps,
    CAST(sum(site.hours_told) AS BIGINT) AS hours_told,
    CAST(sum(site.slots_expected) AS BIGINT) AS slots_expected,
    CAST(sum(site.slots_found) AS BIGINT) AS slots_found,
    CAST(sum(site.tests_trusted) AS BIGINT) AS tests_trusted,
    CAST(sum(site.tests_untrusted) AS BIGINT) AS tests_untrusted,
    CAST(sum(site.tests_failed) AS BIGINT) AS tests_failed,
    max(site.best_down_bps) AS best_down_bps,
    max(site.best_up_bps) AS best_up_bps,
    max(site.typical_down_bps) AS typical_down_bps,
    max(site.typical_up_bps) AS typical_up_bps,
    CAST(sum(site.outage_us) AS BIGINT) AS outage_us,
    CAST(sum(site.tests_down_bytes) AS BIGINT) AS tests_down_bytes,
    CAST(sum(site.tests_up_bytes) AS BIGINT) AS tests_up_bytes
FROM site
JOIN places ON places.site = site.site
GROUP BY places.place, coalesce(site.circuit, concat('site ', site.site))
