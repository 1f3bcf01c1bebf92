"""What one can do: register, log in, change a password, end sessions, be blocked."""
