"""Asking for the newsletter, and confirming it: nothing begins, and Brevo learns nothing, before the mailed link."""

from contracts.errors import ErrorKind, Refusal
from contracts.identifiers import new_id, new_secret
from services.newsletter.domain.letters import LetterTemplates, Occasion
from services.newsletter.domain.secrets import Pseudonyms, hash_of
from services.newsletter.domain.subscriptions import OptIn, Subscription, normalised
from services.newsletter.ports import Clock, Subscriptions


class Subscribing:
    """Double opt-in, made by ourselves so that the proof of consent is ours."""

    def __init__(
        self,
        subscriptions: Subscriptions,
        templates: LetterTemplates,
        pseudonyms: Pseudonyms,
        clock: Clock,
        *,
        notice_version: str,
    ) -> None:
        self._subscriptions = subscriptions
        self._templates = templates
        self._pseudonyms = pseudonyms
        self._clock = clock
        self._notice_version = notice_version

    async def ask(self, address: str, language: str, *, consent_record: str | None = None) -> None:
        """Send a letter to the address; the asker cannot tell whether it is subscribed already."""
        email, token = normalised(address), new_secret()
        subscription = await self._subscriptions.of_address(email)
        if subscription is None:
            letter = self._templates.ask_to_confirm(email, language, token)
        else:
            leave = self._pseudonyms.unsubscribe_token(subscription.id)
            letter = self._templates.of_newsletter(Occasion.ALREADY_SUBSCRIBED, email, language, leave)
        # Noted for a subscribed address too, though nobody ever gets that token: the same work, the same limit.
        opt_in = OptIn(
            token_hash=hash_of(token),
            email=email,
            language=language,
            notice_version=self._notice_version,
            created_at=self._clock.now(),
            consent_record=consent_record,
        )
        await self._subscriptions.ask(opt_in, letter)

    async def confirm(self, token: str) -> None:
        """Begin the subscription that a mailed link is for.

        Raises:
            Refusal: GONE, if the link was used, has expired, or never was one.
        """
        now, token_hash = self._clock.now(), hash_of(token)
        opt_in = await self._subscriptions.opt_in_of(token_hash)
        if opt_in is None or not opt_in.is_open(now):
            raise Refusal(ErrorKind.GONE, "link-used-or-expired")
        subscription_id = new_id()
        leave = self._pseudonyms.unsubscribe_token(subscription_id)
        subscription = Subscription(
            id=subscription_id,
            email=opt_in.email,
            language=opt_in.language,
            notice_version=opt_in.notice_version,
            created_at=opt_in.created_at,
            confirmed_at=now,
            unsubscribe_hash=hash_of(leave),
            consent_record=opt_in.consent_record,
        )
        welcome = self._templates.of_newsletter(Occasion.WELCOME, opt_in.email, opt_in.language, leave)
        if not await self._subscriptions.confirm(subscription, token_hash, welcome):
            raise Refusal(ErrorKind.GONE, "link-used-or-expired")
