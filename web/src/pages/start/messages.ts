import { messages } from "../../messages/language";

export const words = messages(
  {
    title: "AI-verktyg för skolan som glömmer det du skriver",
    lead: "Förenkla, sammanfatta och bearbeta text. Orden används medan du väntar på svaret och sparas inte hos oss efteråt.",
    tools: "Till verktygen",
    how: "Så behandlas din text",
    journeyTitle: "Textens väg",
    journey: [
      { title: "Du skriver", text: "Texten finns på din skärm, ingen annanstans." },
      { title: "Den bearbetas i EU", text: "Microsoft ser texten, men inte vem du är." },
      { title: "Den är borta", text: "Svaret är ditt. Inget finns kvar på våra servrar." },
    ],
    canTitle: "Tre sätt att börja",
    can: [
      { title: "Klistra in en text", text: "Få den enklare, kortare eller rättad, stycke för stycke medan du läser." },
      { title: "Tala in", text: "Rösten går direkt från webbläsaren till Microsofts taltjänst. Vi hör den aldrig." },
      { title: "Lyssna", text: "Låt webbläsaren läsa upp svaret. Det sker på din egen enhet." },
    ],
    promiseTitle: "Löften som går att se efter",
    promises: [
      { title: "Inga cookies före ditt val", text: "Sidan fungerar lika bra utan." },
      { title: "Du ser allt vi har om dig", text: "Per tjänst, med ändamål och hur länge." },
      { title: "Radera, och följ med", text: "Varje ställe som haft dina uppgifter bockas av medan du tittar på." },
      { title: "Ett intyg efteråt", text: "Signerat, så att vem som helst kan kontrollera det." },
    ],
    privacy: "Till din integritet",
  },
  {
    title: "KI-verktøy for skolen som glemmer det du skriver",
    lead: "Forenkle, oppsummer og bearbeid tekst. Ordene brukes mens du venter på svaret, og lagres ikke hos oss etterpå.",
    tools: "Til verktøyene",
    how: "Slik behandles teksten din",
    journeyTitle: "Tekstens vei",
    journey: [
      { title: "Du skriver", text: "Teksten er på skjermen din, ingen andre steder." },
      { title: "Den bearbeides i EU", text: "Microsoft ser teksten, men ikke hvem du er." },
      { title: "Den er borte", text: "Svaret er ditt. Ingenting blir igjen på serverne våre." },
    ],
    canTitle: "Tre måter å begynne på",
    can: [
      { title: "Lim inn en tekst", text: "Få den enklere, kortere eller rettet, avsnitt for avsnitt mens du leser." },
      { title: "Snakk inn", text: "Stemmen går rett fra nettleseren til Microsofts taletjeneste. Vi hører den aldri." },
      { title: "Lytt", text: "La nettleseren lese opp svaret. Det skjer på din egen enhet." },
    ],
    promiseTitle: "Løfter som lar seg etterprøve",
    promises: [
      { title: "Ingen informasjonskapsler før du velger", text: "Siden virker like godt uten." },
      { title: "Du ser alt vi har om deg", text: "Per tjeneste, med formål og hvor lenge." },
      { title: "Slett, og følg med", text: "Hvert sted som har hatt opplysningene dine, krysses av mens du ser på." },
      { title: "En attest etterpå", text: "Signert, slik at hvem som helst kan kontrollere den." },
    ],
    privacy: "Til ditt personvern",
  },
  {
    title: "AI tools for schools that forget what you write",
    lead: "Simplify, summarise and work on text. The words are used while you wait for the answer and are not kept by us afterwards.",
    tools: "To the tools",
    how: "How your text is handled",
    journeyTitle: "The way of the text",
    journey: [
      { title: "You write", text: "The text is on your screen and nowhere else." },
      { title: "It is processed in the EU", text: "Microsoft sees the text, but not who you are." },
      { title: "It is gone", text: "The answer is yours. Nothing remains on our servers." },
    ],
    canTitle: "Three ways to begin",
    can: [
      { title: "Paste a text", text: "Have it simplified, shortened or corrected, paragraph by paragraph as you read." },
      { title: "Speak", text: "Your voice goes straight from the browser to Microsoft's speech service. We never hear it." },
      { title: "Listen", text: "Let the browser read the answer aloud. It happens on your own device." },
    ],
    promiseTitle: "Promises that can be checked",
    promises: [
      { title: "No cookies before you choose", text: "The site works just as well without." },
      { title: "You see all we have about you", text: "By service, with purpose and for how long." },
      { title: "Erase, and watch it happen", text: "Each place that held your data is ticked off while you look on." },
      { title: "A certificate afterwards", text: "Signed, so that anyone can check it." },
    ],
    privacy: "To your privacy",
  },
);
