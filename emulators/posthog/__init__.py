"""PostHog, emulated: capture on one side, persons and their deletion on the other."""
