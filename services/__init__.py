"""The rooms of the house: eight services, none of which imports another."""
