"""Difficult words and plain ones, joining words, and what the emulator says, by language."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """What the emulator knows of one language; an opener begins the sentence that a clause becomes."""

    common: frozenset[str]
    plain: dict[str, str]
    openers: dict[str, str]
    notice: str
    untranslated: str
    hard_words: str
    means: str


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _pairs(text: str) -> dict[str, str]:
    pairs = (line.split("=") for line in text.strip().splitlines())
    return {difficult.strip(): plain.strip() for difficult, plain in pairs}


SWEDISH = Language(
    common=_words("och att det är som en för på av inte med den till har de ett om var jag"),
    plain=_pairs(
        """
        omvandlar = gör om
        omvandla = göra om
        omvandlas = görs om
        erhåller = får
        erhålla = få
        utgör = är
        utgöra = vara
        möjliggör = gör det möjligt att ha
        genomför = gör
        genomföra = göra
        genomförs = görs
        genomfördes = gjordes
        påbörjar = börjar
        påbörja = börja
        påbörjades = började
        avslutades = slutade
        införskaffa = köpa
        tillhandahåller = ger
        tillhandahålla = ge
        erfordras = behövs
        erfordrar = kräver
        beträffande = om
        angående = om
        avseende = om
        gällande = om
        samt = och
        ävensom = och
        dock =
        emellertid =
        således =
        följaktligen =
        därmed = så
        huruvida = om
        såvida = om
        ifall = om
        emedan = eftersom
        likväl = ändå
        tämligen = ganska
        synnerligen = mycket
        avsevärt = mycket
        avsevärd = stor
        betydande = stor
        omfattande = stor
        väsentlig = viktig
        väsentliga = viktiga
        essentiell = viktig
        essentiella = viktiga
        primärt = mest
        initialt = först
        frekvent = ofta
        adekvat = lämplig
        komplicerad = svår
        komplicerade = svåra
        komplex = svår
        komplexa = svåra
        konsekvens = följd
        konsekvenser = följder
        konsekvensen = följden
        individ = person
        individer = personer
        individen = personen
        befolkningen = folket
        medborgarna = folket
        merparten = de flesta
        flertalet = de flesta
        åtskilliga = många
        diverse = olika
        resultera = leda
        resulterar = leder
        resulterade = ledde
        påverkar = ändrar
        reducerar = minskar
        reducera = minska
        reducerades = minskade
        förbrukar = använder
        nyttjar = använder
        nyttja = använda
        använder sig av = använder
        på grund av = för
        med anledning av = för
        i syfte att = för att
        under förutsättning att = om
        i enlighet med = enligt
        ett stort antal = många
        ett flertal = flera
        i dagsläget = nu
        i nuläget = nu
        för närvarande = nu
        innan dess = före
        kontinuerligt = hela tiden
        successivt = lite i taget
        simultant = samtidigt
        atmosfären = luften
        koldioxid = gasen koldioxid
        """
    ),
    openers={
        "eftersom": "Det beror på att",
        "därför att": "Det beror på att",
        "emedan": "Det beror på att",
        "vilket": "Det",
        "vilka": "De",
        "medan": "",
        "men": "Men",
        "och": "",
        "samt": "",
        "så att": "Då gäller att",
        "varefter": "Sedan",
        "varpå": "Sedan",
    },
    notice="Emulator: Det här svaret kommer från en emulator, inte från någon språkmodell.",
    untranslated="(Emulatorn kan inte översätta. Här är din egen text.)",
    hard_words="Svåra ord:",
    means="betyder",
)

NORWEGIAN = Language(
    common=_words("og å det er som en på av ikke med den til har de et om jeg ble fra også"),
    plain=_pairs(
        """
        omdanner = gjør om
        omdanne = gjøre om
        omdannes = gjøres om
        mottar = får
        motta = få
        utgjør = er
        utgjøre = være
        muliggjør = gjør det mulig å ha
        gjennomfører = gjør
        gjennomføre = gjøre
        gjennomført = gjort
        påbegynner = begynner
        påbegynne = begynne
        påbegynt = begynt
        anskaffe = kjøpe
        anskaffer = kjøper
        benytter seg av = bruker
        benytter = bruker
        benytte = bruke
        anvender = bruker
        anvende = bruke
        vedrørende = om
        angående = om
        hvorvidt = om
        dersom = hvis
        såfremt = hvis
        imidlertid =
        således =
        følgelig =
        dermed = så
        likevel = enda
        særdeles = veldig
        betydelig = stor
        betydelige = store
        omfattende = stor
        vesentlig = viktig
        vesentlige = viktige
        essensiell = viktig
        primært = mest
        initialt = først
        hyppig = ofte
        frekvent = ofte
        adekvat = passende
        komplisert = vanskelig
        kompliserte = vanskelige
        kompleks = vanskelig
        komplekse = vanskelige
        konsekvens = følge
        konsekvenser = følger
        konsekvensene = følgene
        individ = person
        individer = personer
        individene = personene
        befolkningen = folket
        flertallet = de fleste
        majoriteten = de fleste
        diverse = ulike
        resulterer = fører
        resulterte = førte
        reduserer = minker
        redusere = minke
        forårsaker = gir
        på grunn av = for
        med tanke på = for
        i den hensikt å = for å
        under forutsetning av at = hvis
        i henhold til = etter
        et stort antall = mange
        en rekke = mange
        for øyeblikket = nå
        per i dag = nå
        kontinuerlig = hele tiden
        gradvis = litt etter litt
        simultant = samtidig
        atmosfæren = luften
        karbondioksid = gassen karbondioksid
        """
    ),
    openers={
        "fordi": "Det er fordi",
        "ettersom": "Det er fordi",
        "siden": "Det er fordi",
        "noe som": "Det",
        "mens": "",
        "men": "Men",
        "og": "",
        "samt": "",
        "slik at": "Da gjelder det at",
        "hvoretter": "Så",
    },
    notice="Emulator: Dette svaret kommer fra en emulator, ikke fra en språkmodell.",
    untranslated="(Emulatoren kan ikke oversette. Her er din egen tekst.)",
    hard_words="Vanskelige ord:",
    means="betyr",
)

ENGLISH = Language(
    common=_words("the and of to is that it for was with as are by this be from which not"),
    plain=_pairs(
        """
        utilize = use
        utilizes = uses
        utilise = use
        utilises = uses
        utilized = used
        utilised = used
        convert = change
        converts = changes
        transform = change
        transforms = changes
        obtain = get
        obtains = gets
        obtained = got
        acquire = get
        acquires = gets
        commence = begin
        commences = begins
        commenced = began
        terminate = end
        terminates = ends
        terminated = ended
        facilitate = help
        facilitates = helps
        demonstrate = show
        demonstrates = shows
        demonstrated = showed
        indicate = show
        indicates = shows
        require = need
        requires = needs
        required = needed
        purchase = buy
        assist = help
        assistance = help
        attempt = try
        attempts = tries
        endeavour = try
        sufficient = enough
        additional = more
        numerous = many
        approximately = about
        subsequently = later
        consequently = so
        therefore = so
        nevertheless =
        furthermore =
        moreover =
        however =
        primarily = mostly
        initially = first
        frequently = often
        significant = big
        substantial = big
        considerable = big
        essential = important
        fundamental = important
        crucial = important
        complex = hard
        complicated = hard
        consequence = result
        consequences = results
        individuals = people
        individual = person
        residents = people
        population = people
        majority = most
        regarding = about
        concerning = about
        prior to = before
        in order to = to
        due to = because of
        in the event that = if
        with regard to = about
        a large number of = many
        at the present time = now
        in accordance with = by
        continuously = all the time
        gradually = bit by bit
        simultaneously = at the same time
        atmosphere = air
        """
    ),
    openers={
        "because": "This is because",
        "since": "This is because",
        "which": "This",
        "while": "",
        "whereas": "But",
        "although": "But",
        "but": "But",
        "and": "",
        "so that": "Then",
        "after which": "Then",
    },
    notice="Emulator: this answer comes from an emulator, not from a language model.",
    untranslated="(The emulator cannot translate. Here is your own text.)",
    hard_words="Hard words:",
    means="means",
)

LANGUAGES = {"sv": SWEDISH, "nb": NORWEGIAN, "en": ENGLISH}
NAMES = {
    "sv": ("swedish", "svenska", "svensk", "sv-se", "language: sv"),
    "nb": ("norwegian", "bokmål", "norsk", "norska", "nb-no", "language: nb", "language: no"),
    "en": ("english", "engelska", "engelsk", "en-gb", "language: en"),
}


def language_of(text: str) -> Language:
    """The language whose letters and most common words the text has; Swedish where nothing tells."""
    words = re.findall(r"\w+", text.lower())
    scores = {code: sum(word in known.common for word in words) for code, known in LANGUAGES.items()}
    scores["sv"] += len(re.findall("[äö]", text.lower()))
    scores["nb"] += len(re.findall("[æø]", text.lower()))
    return LANGUAGES[max(scores, key=lambda code: scores[code])]


def language_asked(instruction: str) -> Language | None:
    """The language named last: "from Swedish to English" asks for English."""
    lowered = instruction.lower()
    places = {code: max(lowered.rfind(name) for name in names) for code, names in NAMES.items()}
    code = max(places, key=lambda name: places[name])
    return LANGUAGES[code] if places[code] >= 0 else None
