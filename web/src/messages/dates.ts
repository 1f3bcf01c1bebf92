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

const UNITS = { D: "day", H: "hour", M: "minute", S: "second" } as const;

/** A period as ISO 8601 writes it (P30D, PT36H), in words. */
export function periodInWords(language: Language, period: string): string {
  const found = /^P(?:T?)(\d+)([DHMS])$/.exec(period);
  if (!found) return period;
  const unit = UNITS[found[2] as keyof typeof UNITS];
  const style = { style: "unit", unit, unitDisplay: "long" } as const;
  return new Intl.NumberFormat(LOCALES[language], style).format(Number(found[1]));
}
