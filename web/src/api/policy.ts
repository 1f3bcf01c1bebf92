/** The policy in force and its text. */
import type { Language } from "../messages/language";
import { call } from "./http";
import type { Policy, PolicyText } from "./shapes";

export const fetchPolicy = () => call<Policy>("GET", "/api/policy");

export const fetchPolicyText = (version: string, language: Language) =>
  call<PolicyText>("GET", `/api/policy/${version}/${language}`);
