"""What a newsletter's subscription is, without any machinery."""
