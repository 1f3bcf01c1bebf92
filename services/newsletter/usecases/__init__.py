"""What readers, mail programs and Brevo may have done."""
