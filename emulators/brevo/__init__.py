"""Brevo, emulated: contacts, lists, mail and webhooks with state."""
