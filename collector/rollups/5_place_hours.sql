-- What the sites of a place demanded together in each hour: `places` says which site is of which place. A site's
-- part is its highest five-minute mean, so that the sum is no less than what they took at any one moment.
SELECT
    places.place,
    hours.starts_at,
    count(*) AS sites_told,
    CAST(sum(hours.usage_p95_down_bps) AS BIGINT) AS together_down_bps,
    CAST(sum(hours.usage_p95_up_bps) AS BIGINT) AS together_up_bps,
    CAST(sum(hours.usage_school_p95_down_bps) AS BIGINT) AS school_together_down_bps,
    CAST(sum(hours.usage_school_p95_up_bps) AS BIGINT) AS school_together_up_bps
FROM hours
JOIN places ON places.site = hours.site
GROUP BY places.place, hours.starts_at
