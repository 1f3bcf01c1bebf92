/** What is wrong with a field, by the code that the platform gives. */
import { messages } from "./language";

const sv = {
  "password-too-short": "Lösenordet behöver minst 15 tecken.",
  "password-too-long": "Lösenordet får ha högst 128 tecken.",
  "password-common": "Det lösenordet är för vanligt. Välj ett som ingen annan kan gissa.",
  "password-personal": "Lösenordet får inte vara ditt namn eller din adress.",
  missing: "Fyll i det här fältet.",
  unticked: "Kryssa i rutan.",
  string_too_short: "Det är för kort.",
  string_too_long: "Det är för långt.",
  string_pattern_mismatch: "Det har inte rätt form.",
  unstorable_character: "Det innehåller ett tecken som inte går att spara.",
  literal_error: "Det behöver ett ja.",
  other: "Kontrollera det här fältet.",
};

export const fieldWords = messages<Record<keyof typeof sv, string>>(
  sv,
  {
    "password-too-short": "Passordet trenger minst 15 tegn.",
    "password-too-long": "Passordet kan ha høyst 128 tegn.",
    "password-common": "Det passordet er for vanlig. Velg et som ingen andre kan gjette.",
    "password-personal": "Passordet kan ikke være navnet ditt eller adressen din.",
    missing: "Fyll ut dette feltet.",
    unticked: "Kryss av i ruten.",
    string_too_short: "Det er for kort.",
    string_too_long: "Det er for langt.",
    string_pattern_mismatch: "Det har ikke riktig form.",
    unstorable_character: "Det inneholder et tegn som ikke kan lagres.",
    literal_error: "Det trenger et ja.",
    other: "Kontroller dette feltet.",
  },
  {
    "password-too-short": "The password needs at least 15 characters.",
    "password-too-long": "The password can have at most 128 characters.",
    "password-common": "That password is too common. Choose one that nobody else can guess.",
    "password-personal": "The password must not be your name or your address.",
    missing: "Fill in this field.",
    unticked: "Tick the box.",
    string_too_short: "It is too short.",
    string_too_long: "It is too long.",
    string_pattern_mismatch: "It does not have the right form.",
    unstorable_character: "It holds a character that cannot be stored.",
    literal_error: "It needs a yes.",
    other: "Check this field.",
  },
);
