"""What one can do with consent: see it, change it, withdraw it, read its history."""
