"""Short-lived tokens for Azure Speech; audio goes from the browser straight to Azure and never comes here."""
