/** Names of the facts that the platform states about stores, processors, cookies and retention. */
import { messages } from "./language";

export const factNames = messages(
  {
    yes: "ja",
    no: "nej",
    columns: {
      name: "Namn", description: "Beskrivning", region: "Region", role: "Roll", agreement: "Avtal",
      agreement_date: "Avtal från", purpose: "Ändamål", purposes: "Ändamål", categories: "Uppgifter",
      category: "Uppgifter", legal_basis: "Rättslig grund", retention: "Sparas", kept: "Sparas",
      store: "Var", service: "Tjänst", holder: "Tjänst", recipients: "Mottagare", source: "Källa",
      necessary: "Nödvändig", consent: "Kräver samtycke", data: "Uppgifter", processor: "Behandlas av",
      title: "Namn", article: "Artikel", id: "Namn", host: "Värd", set_by: "Sätts av", when: "När",
    },
    values: {
      consent: "samtycke", contract: "avtal", legal_obligation: "rättslig förpliktelse",
      vital_interests: "grundläggande intresse", public_task: "uppgift av allmänt intresse",
      legitimate_interests: "berättigat intresse", contact: "kontaktuppgifter", credentials: "inloggning",
      identity: "identitet", sessions: "inloggade enheter", correspondence: "brevväxling",
      requests: "begäranden", usage: "användning", visit: "besök", newsletter: "nyhetsbrev",
      analytics: "statistik", processor: "personuppgiftsbiträde", "the data subject": "du själv",
    },
  },
  {
    yes: "ja",
    no: "nei",
    columns: {
      name: "Navn", description: "Beskrivelse", region: "Region", role: "Rolle", agreement: "Avtale",
      agreement_date: "Avtale fra", purpose: "Formål", purposes: "Formål", categories: "Opplysninger",
      category: "Opplysninger", legal_basis: "Rettslig grunnlag", retention: "Lagres", kept: "Lagres",
      store: "Hvor", service: "Tjeneste", holder: "Tjeneste", recipients: "Mottakere", source: "Kilde",
      necessary: "Nødvendig", consent: "Krever samtykke", data: "Opplysninger", processor: "Behandles av",
      title: "Navn", article: "Artikkel", id: "Navn", host: "Vert", set_by: "Settes av", when: "Når",
    },
    values: {
      consent: "samtykke", contract: "avtale", legal_obligation: "rettslig forpliktelse",
      vital_interests: "vitale interesser", public_task: "oppgave i allmennhetens interesse",
      legitimate_interests: "berettiget interesse", contact: "kontaktopplysninger", credentials: "innlogging",
      identity: "identitet", sessions: "innloggede enheter", correspondence: "brevveksling",
      requests: "forespørsler", usage: "bruk", visit: "besøk", newsletter: "nyhetsbrev",
      analytics: "statistikk", processor: "databehandler", "the data subject": "du selv",
    },
  },
  {
    yes: "yes",
    no: "no",
    columns: {
      name: "Name", description: "Description", region: "Region", role: "Role", agreement: "Agreement",
      agreement_date: "Agreement from", purpose: "Purpose", purposes: "Purposes", categories: "Data",
      category: "Data", legal_basis: "Legal basis", retention: "Kept for", kept: "Kept for",
      store: "Where", service: "Service", holder: "Service", recipients: "Recipients", source: "Source",
      necessary: "Necessary", consent: "Needs consent", data: "Data", processor: "Processed by",
      title: "Name", article: "Article", id: "Name", host: "Host", set_by: "Set by", when: "When",
    },
    values: {
      consent: "consent", contract: "contract", legal_obligation: "legal obligation",
      vital_interests: "vital interests", public_task: "public task",
      legitimate_interests: "legitimate interests", contact: "contact details", credentials: "sign-in",
      identity: "identity", sessions: "signed-in devices", correspondence: "correspondence",
      requests: "requests", usage: "usage", visit: "visit", newsletter: "newsletter",
      analytics: "statistics", processor: "processor", "the data subject": "yourself",
    },
  },
);
