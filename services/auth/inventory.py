"""What this service stores, for the data inventory."""

from chassis.inventory import Inventory
from services.auth.tables import Base

INVENTORY = Inventory("auth", Base.metadata, Base)
