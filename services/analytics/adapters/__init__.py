"""What stands behind the ports: the database, PostHog, the policies."""
