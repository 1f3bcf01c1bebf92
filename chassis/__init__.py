"""The floor that every service stands on: lifecycle, bus, database, holder of personal data, telemetry."""
