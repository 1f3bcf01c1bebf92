/** The columns of the inventory in words, for tables of what is held about somebody. */
import columns from "../../../policies/translations/columns.json";
import { byLanguage } from "./language";

export const columnNames = byLanguage(columns);
