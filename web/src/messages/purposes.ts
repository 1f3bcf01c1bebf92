/** The purposes of consent, by their names. */
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
