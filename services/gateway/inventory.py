"""What the gateway holds about people."""

from chassis.inventory import Inventory
from services.gateway.tables import Base

INVENTORY = Inventory("gateway", Base.metadata, Base)
