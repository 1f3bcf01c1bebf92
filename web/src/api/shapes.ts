/** What the platform answers, as far as the pages read it. */
export type CookiePurpose = "analytics" | "marketing";
export type Purpose = CookiePurpose | "text_tools" | "voice_tools" | "newsletter";

export interface Consent {
  readonly purposes: Readonly<Partial<Record<Purpose, boolean>>>;
  readonly notice_version: string;
  readonly chosen: boolean;
  readonly receipt_id?: string | null;
}

export interface Receipt {
  readonly receipt_id: string;
  readonly at: string;
  readonly purposes: Readonly<Partial<Record<Purpose, boolean>>>;
  readonly notice_version: string;
  readonly notice_hash: string;
  readonly language: string;
  readonly method: string;
  readonly controller: string;
}

export interface ConsentSet extends Consent {
  readonly receipt: Receipt;
}

export interface Account {
  readonly account_id: string;
  readonly email: string;
  readonly name: string;
  readonly role: string;
  readonly tier: string;
  readonly quotas: readonly Quota[];
}

export interface Quota {
  readonly tool: string;
  readonly limit: number;
  readonly window_seconds: number;
}

export interface Provider {
  readonly id: string;
  readonly title: string;
  readonly available: boolean;
}

export interface Session {
  readonly id: string;
  readonly created_at: string;
  readonly last_seen_at: string;
  readonly current: boolean;
}

export interface ToolInput {
  readonly name: string;
  readonly required: boolean;
  readonly title: string;
  readonly choices: readonly string[];
}

export interface Tool {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly inputs: readonly ToolInput[];
}

export interface SpeechToken {
  readonly token: string;
  readonly region: string;
  readonly endpoint: string;
  readonly expires_at: string;
}

export type Right = "access" | "portability" | "rectification" | "erasure" | "restriction" | "objection";

export type CaseState =
  | "identity_pending"
  | "waiting_period"
  | "forwarded_to_controller"
  | "awaiting_instruction"
  | "gathering"
  | "executing"
  | "waiting_for_recipients"
  | "extended"
  | "refused"
  | "closed"
  | "breached";

export interface HolderProgress {
  readonly holder: string;
  readonly state: string;
  readonly at: string | null;
}

export interface RecipientProgress {
  readonly recipient: string;
  readonly state: string;
  readonly at: string | null;
}

export interface Case {
  readonly id: string;
  readonly right: Right;
  readonly state: CaseState;
  readonly received_at: string;
  readonly due_at: string;
  readonly holders: readonly HolderProgress[];
  readonly recipients: readonly RecipientProgress[];
}

export interface CaseOpened {
  readonly id: string;
  readonly right: Right;
  readonly state: CaseState;
  readonly due_at: string;
  readonly case_secret: string;
}

export interface StoreData {
  readonly store: string;
  readonly categories: readonly string[];
  readonly purpose: string;
  readonly legal_basis: string;
  readonly retention: string;
  readonly source: string;
  readonly recipients: readonly string[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

export interface ServiceData {
  readonly service: string;
  readonly stores: readonly StoreData[];
}

type Facts = Readonly<Record<string, unknown>>;

export interface Policy {
  readonly version: string;
  readonly languages: readonly string[];
  readonly controller: Readonly<Record<string, string>>;
  readonly purposes: readonly Facts[];
  readonly processors: readonly Facts[];
  readonly cookies: readonly Facts[];
  readonly retention: readonly Facts[];
}

export interface PolicyText {
  readonly version: string;
  readonly lang: string;
  readonly markdown: string;
  readonly hash: string;
}
