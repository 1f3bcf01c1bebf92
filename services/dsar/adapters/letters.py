"""Letters in Swedish, Norwegian and English: the link first, then what happens, then who writes."""

from chassis.mail import Letter as MailLetter
from kernel.letters import as_page, as_text
from services.dsar.domain.case import Letter, Notice

WORDS: dict[Letter, dict[str, tuple[str, str]]] = {
    Letter.ERASURE_RECEIVED: {
        "sv": (
            "Din begäran om radering",
            (
                "Vi har tagit emot din begäran om radering och loggat ut dig överallt. Länken ovan visar hur långt "
                "raderingen har kommit, och där finns raderingsintyget när den är klar. Spara länken: den är det enda "
                "sättet att nå ärendet när kontot är borta. Var det inte du som begärde detta? Skriv till oss genast."
            ),
        ),
        "nb": (
            "Din begjæring om sletting",
            (
                "Vi har mottatt begjæringen din om sletting og logget deg ut overalt. Lenken over viser hvor langt "
                "slettingen er kommet, og der finner du sletteattesten når den er ferdig. Ta vare på lenken: den "
                "er den eneste veien til saken når kontoen er borte. Var det ikke du som ba om dette? Skriv til oss "
                "straks."
            ),
        ),
        "en": (
            "Your erasure request",
            (
                "We have received your request for erasure and signed you out everywhere. The link above shows how far "
                "the erasure has come, and the certificate when it is done. Keep the link: it is the only way to the "
                "case once the account is gone. Was it not you who asked? Write to us at once."
            ),
        ),
    },
    Letter.ERASURE_DONE: {
        "sv": (
            "Dina uppgifter är raderade",
            (
                "Våra tjänster har raderat dina uppgifter, var och en med kvitto. Detta är vårt sista brev: nu raderas "
                "även den här adressen. Länken ovan leder till raderingsintyget, som visar vad som raderats, vad som "
                "eventuellt måste sparas och varför, och hur det går hos våra mottagare."
            ),
        ),
        "nb": (
            "Opplysningene dine er slettet",
            (
                "Tjenestene våre har slettet opplysningene dine, hver med kvittering. Dette er vårt siste brev: nå "
                "slettes også denne adressen. Lenken over fører til sletteattesten, som viser hva som er slettet, hva "
                "som eventuelt må beholdes og hvorfor, og hvordan det går hos mottakerne våre."
            ),
        ),
        "en": (
            "Your data is erased",
            (
                "Our services have erased your data, each with a receipt. This is our last letter: this address is "
                "erased now as well. The link above leads to the certificate, which shows what was erased, what must "
                "be kept and why, and how it stands with our recipients."
            ),
        ),
    },
    Letter.ACCESS_RECEIVED: {
        "sv": (
            "Din begäran om dina uppgifter",
            (
                "Vi har tagit emot din begäran om att få ut dina uppgifter. Länken ovan visar ärendet. "
                "Var det inte du som begärde detta? Byt lösenord och skriv till oss."
            ),
        ),
        "nb": (
            "Din begjæring om innsyn",
            (
                "Vi har mottatt begjæringen din om å få ut opplysningene dine. Lenken over viser saken. "
                "Var det ikke du som ba om dette? Bytt passord og skriv til oss."
            ),
        ),
        "en": (
            "Your request for your data",
            (
                "We have received your request for a copy of your data. The link above shows the case. "
                "Was it not you who asked? Change your password and write to us."
            ),
        ),
    },
    Letter.PACKAGE_READY: {
        "sv": (
            "Dina uppgifter kan hämtas",
            (
                "Vi har nått alla våra tjänster och dina uppgifter kan hämtas i sju dagar. Logga in för att hämta dem; "
                "de samlas in i samma stund, ingenting sparas i förväg."
            ),
        ),
        "nb": (
            "Opplysningene dine kan hentes",
            (
                "Vi har nådd alle tjenestene våre, og opplysningene dine kan hentes i sju dager. Logg inn for å hente "
                "dem; de samles inn i samme øyeblikk, ingenting lagres på forhånd."
            ),
        ),
        "en": (
            "Your data can be fetched",
            (
                "We have reached all our services, and your data can be fetched for seven days. Log in to fetch it; it "
                "is gathered at that moment, nothing is stored beforehand."
            ),
        ),
    },
    Letter.REQUEST_RECEIVED: {
        "sv": (
            "Din begäran enligt dataskyddsförordningen",
            (
                "Vi har tagit emot din begäran. En handläggare går igenom den och svarar inom en månad. "
                "Länken ovan visar ärendet."
            ),
        ),
        "nb": (
            "Din begjæring etter personvernforordningen",
            (
                "Vi har mottatt begjæringen din. En saksbehandler går gjennom den og svarer innen en måned. "
                "Lenken over viser saken."
            ),
        ),
        "en": (
            "Your data protection request",
            (
                "We have received your request. A caseworker goes through it and answers within one month. "
                "The link above shows the case."
            ),
        ),
    },
    Letter.LOOKUP: {
        "sv": (
            "Dina rättigheter hos oss",
            (
                "Någon har angett den här adressen för att fråga efter uppgifter hos oss. Brevet skickas oavsett om vi "
                "har några. På sidan ovan kan du logga in och begära ut, rätta eller radera dina uppgifter; utan konto "
                "kan du svara till adressen nedan. Var det inte du? Då behöver du inte göra något."
            ),
        ),
        "nb": (
            "Rettighetene dine hos oss",
            (
                "Noen har oppgitt denne adressen for å spørre etter opplysninger hos oss. Brevet sendes uansett om vi "
                "har noen. På siden over kan du logge inn og be om innsyn, retting eller sletting; uten konto kan du "
                "skrive til adressen nedenfor. Var det ikke deg? Da trenger du ikke gjøre noe."
            ),
        ),
        "en": (
            "Your rights with us",
            (
                "Somebody entered this address to ask for data with us. This letter is sent whether or not we hold "
                "any. On the page above you can log in and ask for access, rectification or erasure; without an "
                "account, write to the address below. Was it not you? Then there is nothing to do."
            ),
        ),
    },
}


class Letters:
    """Renders notices; links stand on the platform's own address, the secret in the fragment."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url.rstrip("/")

    def rendered(self, notice: Notice) -> MailLetter:
        """The letter of a notice."""
        subject, words = WORDS[notice.letter][notice.language]
        link, language = self._link(notice), notice.language
        return MailLetter(
            to=notice.address,
            subject=subject,
            text=as_text(language, link, words),
            html=as_page(language, link, words),
            headers={"Content-Language": language},
        )

    def _link(self, notice: Notice) -> str:
        if not notice.case_id:
            return f"{self._public_url}/privacy"
        return f"{self._public_url}/privacy/requests/{notice.case_id}#token={notice.case_secret}"
