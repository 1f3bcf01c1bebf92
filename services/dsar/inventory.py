"""The data inventory of dsar."""

from chassis.inventory import Inventory
from services.dsar.tables import Base

INVENTORY = Inventory("dsar", Base.metadata, Base)
