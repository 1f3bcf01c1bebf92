"""What dsar answers and consumes, and what it does by itself; thin."""
