/** The three languages the product speaks, and the shape every message file has. */
export type Language = "sv" | "nb" | "en";
export const LANGUAGES: readonly Language[] = ["sv", "nb", "en"];

type Same<T> = T extends string
  ? string
  : T extends (...values: infer A) => string
    ? (...values: A) => string
    : T extends readonly (infer Item)[]
      ? readonly Same<Item>[]
      : { readonly [K in keyof T]: Same<T[K]> };

export type Messages<Shape> = Readonly<Record<Language, Shape>>;

/** Swedish decides the shape; a missing, surplus or misshapen Norwegian or English message is a type error. */
export function messages<T>(sv: T, nb: Same<NoInfer<T>>, en: Same<NoInfer<T>>): Messages<Same<T>> {
  return { sv: sv as Same<T>, nb, en };
}

/** Words that the services read as well, written phrase by phrase in `policies/translations`. */
export function byLanguage<Phrase extends string>(
  phrases: Readonly<Record<Phrase, Readonly<Record<Language, string>>>>,
): Messages<Readonly<Record<Phrase, string>>> {
  const all = Object.entries<Readonly<Record<Language, string>>>(phrases);
  const spoken = (language: Language) =>
    Object.fromEntries(all.map(([phrase, words]) => [phrase, words[language]])) as Record<Phrase, string>;
  return { sv: spoken("sv"), nb: spoken("nb"), en: spoken("en") };
}

const SPOKEN_AS: Record<string, Language> = { sv: "sv", nb: "nb", no: "nb", nn: "nb", da: "nb", en: "en" };

/** The language in the address wins; else the browser's first language that we speak; else Swedish. */
export function languageOf(search: string, preferred: readonly string[]): Language {
  const asked = new URLSearchParams(search).get("lang");
  for (const tag of [asked ?? "", ...preferred]) {
    const language = SPOKEN_AS[tag.toLowerCase().split("-")[0] ?? ""];
    if (language) return language;
  }
  return "sv";
}
