/** The purposes of consent: their names, and for those of an account what agreeing means. */
import { messages } from "./language";

export const purposeNames = messages(
  {
    text_tools: "Textverktyg",
    voice_tools: "Röstverktyg",
    analytics: "Statistik",
    newsletter: "Nyhetsbrev",
    marketing: "Marknadsföring",
  },
  {
    text_tools: "Tekstverktøy",
    voice_tools: "Taleverktøy",
    analytics: "Statistikk",
    newsletter: "Nyhetsbrev",
    marketing: "Markedsføring",
  },
  {
    text_tools: "Text tools",
    voice_tools: "Voice tools",
    analytics: "Statistics",
    newsletter: "Newsletter",
    marketing: "Marketing",
  },
);

export const accountPurposes = messages(
  {
    labels: { data: "Uppgifter", why: "Ändamål", who: "Behandlas av", kept: "Sparas" },
    text_tools: {
      data: "det du skriver eller klistrar in, och de uppgifter som texten innehåller",
      why: "ge dig det svar du ber om",
      who: "våra servrar hos Hetzner, och Microsoft Azure OpenAI i EU. Microsoft får inte veta vem du är",
      kept: "inte alls hos oss när svaret är klart",
    },
    voice_tools: {
      data: "din röst, och webbläsarens nätadress (IP)",
      why: "göra om tal till text som du kan läsa och ändra",
      who: "Microsoft Azure Speech i EU, direkt från webbläsaren. Microsoft ser din nätadress och skulle kunna koppla ihop röst, text och adress",
      kept: "ljudet går aldrig genom våra servrar och sparas inte av Microsoft",
    },
    newsletter: {
      data: "din e-postadress och när du sa ja",
      why: "skicka nyhetsbrevet",
      who: "oss, och Brevo i EU",
      kept: "tills du slutar prenumerera",
    },
  },
  {
    labels: { data: "Opplysninger", why: "Formål", who: "Behandles av", kept: "Lagres" },
    text_tools: {
      data: "det du skriver eller limer inn, og opplysningene teksten inneholder",
      why: "gi deg svaret du ber om",
      who: "serverne våre hos Hetzner, og Microsoft Azure OpenAI i EU. Microsoft får ikke vite hvem du er",
      kept: "ikke i det hele tatt hos oss når svaret er ferdig",
    },
    voice_tools: {
      data: "stemmen din, og nettleserens nettadresse (IP)",
      why: "gjøre tale om til tekst som du kan lese og endre",
      who: "Microsoft Azure Speech i EU, rett fra nettleseren. Microsoft ser nettadressen din og vil kunne koble sammen stemme, tekst og adresse",
      kept: "lyden går aldri gjennom serverne våre og lagres ikke av Microsoft",
    },
    newsletter: {
      data: "e-postadressen din og når du sa ja",
      why: "sende nyhetsbrevet",
      who: "oss, og Brevo i EU",
      kept: "til du slutter å abonnere",
    },
  },
  {
    labels: { data: "Data", why: "Purpose", who: "Processed by", kept: "Kept" },
    text_tools: {
      data: "what you write or paste, and the information the text contains",
      why: "to give you the answer you ask for",
      who: "our servers at Hetzner, and Microsoft Azure OpenAI in the EU. Microsoft is not told who you are",
      kept: "not at all by us once the answer is finished",
    },
    voice_tools: {
      data: "your voice, and the browser's network address (IP)",
      why: "to turn speech into text that you can read and change",
      who: "Microsoft Azure Speech in the EU, straight from the browser. Microsoft sees your address and could connect voice, text and address",
      kept: "the audio never passes through our servers and is not stored by Microsoft",
    },
    newsletter: {
      data: "your e-mail address and when you said yes",
      why: "to send the newsletter",
      who: "us, and Brevo in the EU",
      kept: "until you unsubscribe",
    },
  },
);

export const ACCOUNT_PURPOSES = ["text_tools", "voice_tools", "newsletter"] as const;
export type ExplainedPurpose = (typeof ACCOUNT_PURPOSES)[number];
