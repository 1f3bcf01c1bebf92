"""Usage statistics: anonymous counters of our own; PostHog only for those who consented."""
