"""The newsletter: double opt-in by ourselves, unsubscribing without login, Brevo kept in step."""
