/** The catalogue of text tools; its words come in the language that the page is in. */
import type { Language } from "../messages/language";
import { call } from "./http";
import type { Tools } from "./shapes";

export const fetchTools = (_language: Language) => call<Tools>("GET", "/api/text/tools");
