"""What this service holds about people."""

from chassis.inventory import Inventory
from services.speechtoken.tables import Base

INVENTORY = Inventory("speechtoken", Base.metadata, Base)
