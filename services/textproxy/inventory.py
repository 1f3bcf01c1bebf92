"""What this service holds about people."""

from chassis.inventory import Inventory
from services.textproxy.tables import Base

INVENTORY = Inventory("textproxy", Base.metadata, Base)
