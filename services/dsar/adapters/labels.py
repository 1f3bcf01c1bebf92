"""The labels of the readable documents in Swedish, Norwegian and English."""

PACKAGE = {
    "title": {"sv": "Dina uppgifter hos Larabot", "nb": "Opplysningene dine hos Larabot", "en": "Your data at Larabot"},
    "made": {"sv": "Sammanställd", "nb": "Sammenstilt", "en": "Gathered"},
    "controller": {"sv": "Personuppgiftsansvarig", "nb": "Behandlingsansvarlig", "en": "Controller"},
    "purpose": {"sv": "Ändamål", "nb": "Formål", "en": "Purpose"},
    "categories": {"sv": "Kategorier", "nb": "Kategorier", "en": "Categories"},
    "legal_basis": {"sv": "Rättslig grund", "nb": "Behandlingsgrunnlag", "en": "Legal basis"},
    "retention": {"sv": "Sparas längst", "nb": "Lagres lengst", "en": "Kept at most"},
    "source": {"sv": "Källa", "nb": "Kilde", "en": "Source"},
    "recipients": {"sv": "Mottagare", "nb": "Mottakere", "en": "Recipients"},
    "none": {"sv": "inga", "nb": "ingen", "en": "none"},
    "nothing": {
        "sv": "Den här tjänsten har inga uppgifter om dig.",
        "nb": "Denne tjenesten har ingen opplysninger om deg.",
        "en": "This service holds nothing about you.",
    },
    "rights_title": {"sv": "Dina rättigheter", "nb": "Rettighetene dine", "en": "Your rights"},
    "rights": {
        "sv": "Du kan begära tillgång, rättelse, radering, begränsning och överföring, invända mot behandling och när "
        "som helst återkalla ett samtycke. Vi fattar inga automatiserade beslut om dig och profilerar dig inte. "
        "Texter som du skickar till verktygen sparas inte och finns därför inte här.",
        "nb": "Du kan be om innsyn, retting, sletting, begrensning og overføring, protestere mot behandling og når som "
        "helst trekke tilbake et samtykke. Vi tar ingen automatiserte avgjørelser om deg og profilerer deg ikke. "
        "Tekster som du sender til verktøyene, lagres ikke og finnes derfor ikke her.",
        "en": "You may ask for access, rectification, erasure, restriction and portability, object to processing, and "
        "withdraw a consent at any time. We take no automated decisions about you and do not profile you. Texts that "
        "you send to the tools are not kept, and so they are not here.",
    },
    "complain": {"sv": "Du kan klaga hos", "nb": "Du kan klage til", "en": "You may complain to"},
}

CERTIFICATE = {
    "title": {"sv": "Raderingsintyg", "nb": "Sletteattest", "en": "Certificate of erasure"},
    "what": {
        "sv": "Det här är intyget i läsbar form. JSON-formen bär alla bevis och kan kontrolleras utan nät: "
        "python -m ops verify-certificate FIL",
        "nb": "Dette er attesten i lesbar form. JSON-formen bærer alle bevis og kan kontrolleres uten nett: "
        "python -m ops verify-certificate FIL",
        "en": "This is the certificate in readable form. The JSON form carries every proof and can be checked "
        "offline: python -m ops verify-certificate FILE",
    },
    "case": {"sv": "Ärende", "nb": "Sak", "en": "Case"},
    "requested": {"sv": "Begärd", "nb": "Begjært", "en": "Requested"},
    "completed": {"sv": "Raderad hos oss", "nb": "Slettet hos oss", "en": "Erased with us"},
    "closed": {"sv": "Avslutad hos alla", "nb": "Avsluttet hos alle", "en": "Closed with all"},
    "holders": {"sv": "Våra tjänster", "nb": "Tjenestene våre", "en": "Our services"},
    "recipients": {"sv": "Mottagare", "nb": "Mottakere", "en": "Recipients"},
    "place": {"sv": "Ställe", "nb": "Sted", "en": "Place"},
    "erased": {"sv": "Raderade rader", "nb": "Slettede rader", "en": "Rows erased"},
    "left": {"sv": "Kvar vid kontrollen", "nb": "Igjen ved kontrollen", "en": "Left at the probe"},
    "receipt": {"sv": "Kvitto", "nb": "Kvittering", "en": "Receipt"},
    "waiting": {"sv": "väntar", "nb": "venter", "en": "waiting"},
    "retained": {"sv": "Det som sparas", "nb": "Det som beholdes", "en": "What is retained"},
    "until": {"sv": "längst till", "nb": "senest til", "en": "until at most"},
    "backups": {"sv": "Säkerhetskopior", "nb": "Sikkerhetskopier", "en": "Backups"},
    "limits": {"sv": "Gränser", "nb": "Grenser", "en": "Limits"},
    "log_key": {"sv": "Loggens nyckel", "nb": "Loggens nøkkel", "en": "The log's key"},
    "complain": PACKAGE["complain"],
    "none": PACKAGE["none"],
}
