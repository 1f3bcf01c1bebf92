/** Times and numbers the way each language writes them. */
import type { Language } from "./language";

const LOCALES: Record<Language, string> = { sv: "sv-SE", nb: "nb-NO", en: "en-GB" };

export function localeOf(language: Language): string {
  return LOCALES[language];
}

export function day(language: Language, at: string): string {
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: "long" }).format(new Date(at));
}

export function dayAndTime(language: Language, at: string): string {
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: "long", timeStyle: "short" }).format(new Date(at));
}

export function clockTime(language: Language, at: string): string {
  return new Intl.DateTimeFormat(LOCALES[language], { timeStyle: "medium" }).format(new Date(at));
}
