"""What this service stores, for the data inventory."""

from chassis.inventory import Inventory
from services.consent.tables import Base

INVENTORY = Inventory("consent", Base.metadata, Base)
