"""What a person agreed to, for which purpose, under which notice, since when."""
