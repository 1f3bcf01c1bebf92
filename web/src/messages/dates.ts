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

export function number(language: Language, value: number): string {
  return new Intl.NumberFormat(LOCALES[language]).format(value);
}

const STEPS = [
  { unit: "hour", seconds: 3600 },
  { unit: "minute", seconds: 60 },
  { unit: "second", seconds: 1 },
] as const;

/** A wait in the largest unit of which it has two or more, rounded up: whoever waits that long is not too early. */
export function waitInWords(language: Language, seconds: number): string {
  const { unit, seconds: step } = STEPS.find((one) => seconds >= 2 * one.seconds) ?? STEPS[2];
  const style = { style: "unit", unit, unitDisplay: "long" } as const;
  return new Intl.NumberFormat(LOCALES[language], style).format(Math.ceil(seconds / step));
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
