/** Words for what the inventory states: purposes, sources, grounds, and other fixed values. */
import facts from "../../../policies/translations/facts.json";
import { byLanguage } from "./language";

export const factWords = byLanguage(facts);
