"""What may be counted about whom, without any machinery."""
