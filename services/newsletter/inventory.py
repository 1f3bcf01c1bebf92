"""What this service stores, for the data inventory: its own tables, and the contact at Brevo."""

from chassis.inventory import Inventory
from contracts.personal_data import Category, ExternalStore, LegalBasis, Locator, Rectifiable
from services.newsletter.domain.subscriptions import SUBSCRIPTION_KEPT
from services.newsletter.tables import Base

BREVO = ExternalStore(
    holder="brevo",
    recipient="Brevo",
    categories=(Category.CONTACT, Category.NEWSLETTER),
    purpose="send the newsletter to those who asked for it",
    legal_basis=LegalBasis.CONSENT,
    retention=SUBSCRIPTION_KEPT,
    located_by=(Locator.EMAIL,),
    rectifies=(Rectifiable.EMAIL, Rectifiable.LANGUAGE),
    ends_on_objection=True,
    restricts=True,
)

INVENTORY = Inventory("newsletter", Base.metadata, Base, external=(BREVO,))
