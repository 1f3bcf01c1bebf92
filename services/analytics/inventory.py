"""What this service stores, for the data inventory: its own tables, and the person at PostHog."""

from chassis.inventory import Inventory
from contracts.personal_data import Category, ExternalStore, LegalBasis, Locator
from services.analytics.domain.deletions import IDENTITY_KEPT
from services.analytics.tables import Base

POSTHOG = ExternalStore(
    holder="posthog",
    recipient="PostHog",
    categories=(Category.ANALYTICS,),
    purpose="see which pages are used, with consent only",
    legal_basis=LegalBasis.CONSENT,
    retention=IDENTITY_KEPT,
    located_by=(Locator.VISITOR_ID,),
    rectifies=(),
    ends_on_objection=True,
    restricts=False,  # PostHog cannot keep a person and leave it out; nothing more is sent
)

INVENTORY = Inventory("analytics", Base.metadata, Base, external=(POSTHOG,))
