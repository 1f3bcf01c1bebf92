/** The chosen language, given to every part of the page. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Language, Messages } from "../messages/language";

export const LanguageContext = createContext<Language>("sv");

export function useLanguage(): Language {
  return useContext(LanguageContext);
}

export function useWords<Shape>(all: Messages<Shape>): Shape {
  return all[useLanguage()];
}
