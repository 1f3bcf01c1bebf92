"""Data subject requests, from receipt to closure: every holder of personal data is asked, and each must prove it."""
