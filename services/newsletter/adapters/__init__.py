"""What stands behind the ports: the database, Brevo, the policies."""
