/** The catalogue of text tools; its words come in the language that the page is in. */
import type { Language } from "../messages/language";
import { call } from "./http";
import type { Tool } from "./shapes";

export const fetchTools = (_language: Language) => call<{ tools: readonly Tool[] }>("GET", "/api/text/tools");
