-- What was delivered to each site. `typical` is the median of its hours' medians: the median of its trusted tests
-- where no hour had more than one of them. Half a bit is dropped.
SELECT
    site,
    CAST(sum(capacity_tests_trusted) AS BIGINT) AS tests_trusted,
    CAST(sum(capacity_tests_untrusted) AS BIGINT) AS tests_untrusted,
    CAST(sum(capacity_tests_failed) AS BIGINT) AS tests_failed,
    CAST(max(capacity_best_down_bps) AS BIGINT) AS best_down_bps,
    CAST(max(capacity_best_up_bps) AS BIGINT) AS best_up_bps,
    CAST(floor(percentile_cont(0.5) WITHIN GROUP (ORDER BY capacity_typical_down_bps)) AS BIGINT)
        AS typical_down_bps,
    CAST(floor(percentile_cont(0.5) WITHIN GROUP (ORDER BY capacity_typical_up_bps)) AS BIGINT)
        AS typical_up_bps,
    CAST(sum(outage_us) AS BIGINT) AS outage_us,
    CAST(sum(tests_down_bytes) AS BIGINT) AS tests_down_bytes,
    CAST(sum(tests_up_bytes) AS BIGINT) AS tests_up_bytes
FROM hours
GROUP BY site
