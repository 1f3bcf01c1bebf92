"""A mail sink: takes mail over SMTP, shows it over HTTP, passes nothing on."""
