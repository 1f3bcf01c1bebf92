/** The platform's answers by short names; the generated schema is the one source of their shapes. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Account = Schemas["Me"];
export type Case = Schemas["Case"];
export type Cases = Schemas["Cases"];
export type CaseOpened = Schemas["Opened"];
export type CaseState = Schemas["State"];
export type Consent = Schemas["ConsentState"];
export type ConsentSet = Schemas["ConsentSet"];
export type LogKeys = Schemas["LogKeys"];
export type Policy = Schemas["PolicyVersion"];
export type PolicyText = Schemas["PolicyText"];
export type Providers = Schemas["Providers"];
export type Purpose = Schemas["Purpose"];
export type Receipt = Schemas["Receipt"];
export type Receipts = Schemas["Receipts"];
export type Right = Schemas["Right"];
export type Sessions = Schemas["Sessions"];
export type SpeechToken = Schemas["SpeechToken"];
export type Tool = Schemas["Tool"];
export type ToolInput = Schemas["ToolInput"];
export type Tools = Schemas["Tools"];

export type CookiePurpose = Extract<Purpose, "analytics" | "marketing">;

/** What `/api/privacy/data` streams: the stores of each service, as every holder exports them. */
export interface HeldStore {
  readonly store: string;
  readonly categories: readonly string[];
  readonly purpose: string;
  readonly legal_basis: string;
  readonly retention: string;
  readonly source: string;
  readonly recipients: readonly string[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

export interface HeldByService {
  readonly service: string;
  readonly stores: readonly HeldStore[];
}

export interface HeldData {
  readonly services: readonly HeldByService[];
}
