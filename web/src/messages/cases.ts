/** The words of data subject requests: rights, states, and the places that hold personal data. */
import places from "../../../policies/translations/holders.json";
import { messages } from "./language";

export const caseWords = messages(
  {
    rights: {
      access: "Tillgång",
      portability: "Flytta med dig",
      rectification: "Rättelse",
      erasure: "Radering",
      restriction: "Begränsning",
      objection: "Invändning",
    },
    states: {
      identity_pending: { title: "Bekräfta att det är du", text: "Vi har skickat ett brev med en länk. Ärendet börjar när du har öppnat den." },
      waiting_period: { title: "Väntar", text: "Vi har tagit emot din begäran. Sidan uppdateras när något händer." },
      forwarded_to_controller: { title: "Skickat till din skola", text: "Skolan bestämmer över de här uppgifterna. Vi har skickat din begäran vidare och hjälper dem att svara." },
      awaiting_instruction: { title: "Väntar på en handläggare", text: "Vi har tagit emot din begäran. En handläggare går igenom den och svarar inom en månad; tills dess ändras ingenting." },
      gathering: { title: "Vi samlar ihop dina uppgifter", text: "Varje ställe som har något om dig lämnar in sin del." },
      executing: { title: "Vi är igång", text: "Varje ställe gör sin del, kontrollerar den och svarar. Sidan uppdateras av sig själv." },
      waiting_for_recipients: { title: "Klart hos oss", text: "Alla våra egna ställen är klara. Nu väntar vi på besked från dem som fått uppgifter av oss." },
      extended: { title: "Det tar längre tid", text: "Ärendet är omfattande. Vi har skrivit till dig om varför, och det nya slutdatumet står här." },
      refused: { title: "Vi har sagt nej", text: "Skälen står i brevet till dig. Du kan klaga hos IMY (imy.se) eller Datatilsynet (datatilsynet.no), och du kan vända dig till domstol." },
      closed: { title: "Klart", text: "Ärendet är avslutat." },
      breached: { title: "Vi är sena", text: "Vi har inte hållit tiden. Vi arbetar vidare tills det är klart. Du kan klaga hos IMY (imy.se) eller Datatilsynet (datatilsynet.no)." },
    },
    erasure: {
      executing: { title: "Vi raderar", text: "Varje ställe raderar, läser om för att kontrollera att inget finns kvar, och skriver under. Sidan uppdateras av sig själv." },
      waiting_for_recipients: { title: "Borta hos oss", text: "Alla våra egna ställen har raderat och kontrollerat. Nu väntar vi på besked från dem som fått uppgifter av oss." },
      closed: { title: "Allt är raderat", text: "Alla ställen har raderat, kontrollerat och skrivit under." },
    },
    holders: {
      gateway: { name: places.gateway.sv, held: "besökslogg: går inte att koppla till dig" },
      auth: { name: places.auth.sv, held: "namn, e-post, inloggningar" },
      textproxy: { name: places.textproxy.sv, held: "räknare, aldrig text" },
      speechtoken: { name: places.speechtoken.sv, held: "räknare, aldrig ljud" },
      consent: { name: places.consent.sv, held: "dina val och kvitton" },
      newsletter: { name: places.newsletter.sv, held: "prenumeration" },
      analytics: { name: places.analytics.sv, held: "slumpmässigt statistik-id" },
      dsar: { name: places.dsar.sv, held: "ärenden och brev" },
    },
    recipients: {
      brevo: { name: places.brevo.sv, held: "skickar nyhetsbrev" },
      posthog: { name: places.posthog.sv, held: "statistik med samtycke" },
    },
  },
  {
    rights: {
      access: "Innsyn",
      portability: "Ta med deg",
      rectification: "Retting",
      erasure: "Sletting",
      restriction: "Begrensning",
      objection: "Protest",
    },
    states: {
      identity_pending: { title: "Bekreft at det er deg", text: "Vi har sendt en e-post med en lenke. Saken begynner når du har åpnet den." },
      waiting_period: { title: "Venter", text: "Vi har mottatt forespørselen din. Siden oppdateres når noe skjer." },
      forwarded_to_controller: { title: "Sendt til skolen din", text: "Skolen bestemmer over disse opplysningene. Vi har sendt forespørselen videre og hjelper dem med å svare." },
      awaiting_instruction: { title: "Venter på en saksbehandler", text: "Vi har mottatt forespørselen din. En saksbehandler går gjennom den og svarer innen en måned; til da endres ingenting." },
      gathering: { title: "Vi samler opplysningene dine", text: "Hvert sted som har noe om deg, leverer sin del." },
      executing: { title: "Vi er i gang", text: "Hvert sted gjør sin del, kontrollerer den og svarer. Siden oppdateres av seg selv." },
      waiting_for_recipients: { title: "Ferdig hos oss", text: "Alle våre egne steder er ferdige. Nå venter vi på beskjed fra dem som har fått opplysninger av oss." },
      extended: { title: "Det tar lengre tid", text: "Saken er omfattende. Vi har skrevet til deg om hvorfor, og den nye fristen står her." },
      refused: { title: "Vi har sagt nei", text: "Begrunnelsen står i brevet til deg. Du kan klage til Datatilsynet (datatilsynet.no) eller IMY (imy.se), og du kan gå til domstolen." },
      closed: { title: "Ferdig", text: "Saken er avsluttet." },
      breached: { title: "Vi er sent ute", text: "Vi har ikke holdt fristen. Vi arbeider videre til det er ferdig. Du kan klage til Datatilsynet (datatilsynet.no) eller IMY (imy.se)." },
    },
    erasure: {
      executing: { title: "Vi sletter", text: "Hvert sted sletter, leser på nytt for å kontrollere at ingenting er igjen, og skriver under. Siden oppdateres av seg selv." },
      waiting_for_recipients: { title: "Borte hos oss", text: "Alle våre egne steder har slettet og kontrollert. Nå venter vi på beskjed fra dem som har fått opplysninger av oss." },
      closed: { title: "Alt er slettet", text: "Alle steder har slettet, kontrollert og skrevet under." },
    },
    holders: {
      gateway: { name: places.gateway.nb, held: "besøkslogg: kan ikke knyttes til deg" },
      auth: { name: places.auth.nb, held: "navn, e-post, innlogginger" },
      textproxy: { name: places.textproxy.nb, held: "tellere, aldri tekst" },
      speechtoken: { name: places.speechtoken.nb, held: "tellere, aldri lyd" },
      consent: { name: places.consent.nb, held: "valgene og kvitteringene dine" },
      newsletter: { name: places.newsletter.nb, held: "abonnement" },
      analytics: { name: places.analytics.nb, held: "tilfeldig statistikk-id" },
      dsar: { name: places.dsar.nb, held: "saker og brev" },
    },
    recipients: {
      brevo: { name: places.brevo.nb, held: "sender nyhetsbrev" },
      posthog: { name: places.posthog.nb, held: "statistikk med samtykke" },
    },
  },
  {
    rights: {
      access: "Access",
      portability: "Portability",
      rectification: "Rectification",
      erasure: "Erasure",
      restriction: "Restriction",
      objection: "Objection",
    },
    states: {
      identity_pending: { title: "Confirm that it is you", text: "We have sent an e-mail with a link. The case begins when you have opened it." },
      waiting_period: { title: "Waiting", text: "We have received your request. The page updates when something happens." },
      forwarded_to_controller: { title: "Sent to your school", text: "The school decides about this data. We have passed your request on and help them answer." },
      awaiting_instruction: { title: "Waiting for a caseworker", text: "We have received your request. A caseworker goes through it and answers within one month; until then nothing changes." },
      gathering: { title: "Gathering your data", text: "Each place that has something about you hands in its part." },
      executing: { title: "Under way", text: "Each place does its part, checks it and answers. The page updates by itself." },
      waiting_for_recipients: { title: "Done on our side", text: "All our own places are done. Now we wait to hear from those who have had data from us." },
      extended: { title: "It takes longer", text: "The case is extensive. We have written to you about why, and the new date stands here." },
      refused: { title: "We have said no", text: "The reasons are in the letter to you. You can complain to IMY (imy.se) or Datatilsynet (datatilsynet.no), and you can go to court." },
      closed: { title: "Done", text: "The case is closed." },
      breached: { title: "We are late", text: "We have not kept the time. We go on until it is done. You can complain to IMY (imy.se) or Datatilsynet (datatilsynet.no)." },
    },
    erasure: {
      executing: { title: "Erasing", text: "Each place erases, reads again to check that nothing is left, and signs. The page updates by itself." },
      waiting_for_recipients: { title: "Gone on our side", text: "All our own places have erased and checked. Now we wait to hear from those who have had data from us." },
      closed: { title: "Everything is erased", text: "Every place has erased, checked and signed." },
    },
    holders: {
      gateway: { name: places.gateway.en, held: "visit log: cannot be linked to you" },
      auth: { name: places.auth.en, held: "name, e-mail, sessions" },
      textproxy: { name: places.textproxy.en, held: "counters, never text" },
      speechtoken: { name: places.speechtoken.en, held: "counters, never audio" },
      consent: { name: places.consent.en, held: "your choices and receipts" },
      newsletter: { name: places.newsletter.en, held: "subscription" },
      analytics: { name: places.analytics.en, held: "random statistics id" },
      dsar: { name: places.dsar.en, held: "cases and letters" },
    },
    recipients: {
      brevo: { name: places.brevo.en, held: "sends the newsletter" },
      posthog: { name: places.posthog.en, held: "statistics with consent" },
    },
  },
);

interface Place {
  readonly name: string;
  readonly held: string;
}

/** A place's name in words; one that we have no words for is shown by its own name. */
export function placeIn(places: Readonly<Record<string, Place>>, id: string): Place {
  return places[id] ?? { name: id, held: "" };
}
