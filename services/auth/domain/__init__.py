"""What an account, a password and a session are; pure rules."""
