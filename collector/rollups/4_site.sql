-- One row a site, those that told nothing too.
SELECT
    sites.site,
    sites.district,
    sites.state,
    sites.circuit,
    sites.contracted_down_bps,
    sites.contracted_up_bps,
    coalesce(demand.hours_told, 0) AS hours_told,
    demand.slots_expected,
    demand.slots_found,
    demand.school_slots_expected,
    demand.school_slots_found,
    demand.highest_down_bps,
    demand.highest_up_bps,
    demand.school_highest_down_bps,
    demand.school_highest_up_bps,
    demand.peak_down_bps,
    demand.peak_up_bps,
    delivery.tests_trusted,
    delivery.tests_untrusted,
    delivery.tests_failed,
    delivery.best_down_bps,
    delivery.best_up_bps,
    delivery.typical_down_bps,
    delivery.typical_up_bps,
    delivery.outage_us,
    delivery.tests_down_bytes,
    delivery.tests_up_bytes
FROM sites
LEFT JOIN demand ON demand.site = sites.site
LEFT JOIN delivery ON delivery.site = sites.site
