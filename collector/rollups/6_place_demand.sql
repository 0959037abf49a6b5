-- The busiest hour of a place, and the 95th percentile of its school hours: by nearest rank, a figure that was.
SELECT
    place,
    max(together_down_bps) AS busiest_down_bps,
    max(together_up_bps) AS busiest_up_bps,
    CAST(percentile_disc(0.95) WITHIN GROUP (ORDER BY school_together_down_bps) AS BIGINT)
        AS school_p95_down_bps,
    CAST(percentile_disc(0.95) WITHIN GROUP (ORDER BY school_together_up_bps) AS BIGINT)
        AS school_p95_up_bps
FROM place_hours
GROUP BY place
