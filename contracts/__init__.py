"""The only words that the services share: messages, errors, identifiers, and what personal data means."""
