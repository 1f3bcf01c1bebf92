/** Speech to text, straight between this browser and Azure; loaded only when the microphone is asked for.

The platform gives a short-lived token and never hears a sound. Audio logging is never switched on. */
import {
  AudioConfig,
  CancellationErrorCode,
  CancellationReason,
  ResultReason,
  SpeechConfig,
  SpeechRecognizer,
} from "microsoft-cognitiveservices-speech-sdk";
import { call } from "../../api/http";
import type { SpeechToken } from "../../api/shapes";
import { localeOf } from "../../messages/dates";
import type { Language } from "../../messages/language";
import { allowOwnWorkers } from "./trusted-worker";

const RENEW_BEFORE_MS = 60_000;
const SOONEST_RENEWAL_MS = 5_000;

export interface Hearing {
  readonly guessed: (words: string) => void;
  readonly heard: (words: string) => void;
  readonly ended: (why: "denied" | "failed" | "stopped") => void;
}

const askToken = () => call<SpeechToken>("POST", "/api/speech/token");

function configFor({ token, region, endpoint }: SpeechToken): SpeechConfig {
  if (!endpoint.startsWith("ws")) return SpeechConfig.fromAuthorizationToken(token, region);
  const config = SpeechConfig.fromHost(new URL(endpoint));
  config.authorizationToken = token;
  return config;
}

function renewInTime(recognizer: SpeechRecognizer, expiresAt: string, failed: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const wait = (until: string) => {
    const left = new Date(until).getTime() - Date.now() - RENEW_BEFORE_MS;
    timer = setTimeout(() => void renew(), Math.max(left, SOONEST_RENEWAL_MS));
  };
  const renew = async () => {
    try {
      const next = await askToken();
      recognizer.authorizationToken = next.token;
      wait(next.expires_at);
    } catch {
      failed();
    }
  };
  wait(expiresAt);
  return () => clearTimeout(timer);
}

/** Throws a ProblemError when the platform refuses a token; otherwise listens until the signal, which may come first. */
export async function listen(language: Language, hearing: Hearing, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const token = await askToken();
  if (signal.aborted) return;
  allowOwnWorkers();
  const config = configFor(token);
  config.speechRecognitionLanguage = localeOf(language);
  const recognizer = new SpeechRecognizer(config, AudioConfig.fromDefaultMicrophoneInput());

  let over = false;
  const end = (why: "denied" | "failed" | "stopped") => {
    if (over) return;
    over = true;
    stopRenewing();
    hearing.ended(why);
    recognizer.stopContinuousRecognitionAsync(() => recognizer.close(), () => recognizer.close());
  };
  const stopRenewing = renewInTime(recognizer, token.expires_at, () => end("failed"));

  recognizer.recognizing = (_, { result }) => hearing.guessed(result.text);
  recognizer.recognized = (_, { result }) => {
    if (result.reason === ResultReason.RecognizedSpeech && result.text) hearing.heard(result.text);
  };
  recognizer.canceled = (_, { reason, errorCode }) => {
    const refused = reason === CancellationReason.Error && errorCode === CancellationErrorCode.NoError;
    end(refused ? "denied" : "failed");
  };
  recognizer.sessionStopped = () => end("stopped");
  recognizer.startContinuousRecognitionAsync(undefined, (error) =>
    end(/NotAllowed|Permission|NotFound/i.test(error) ? "denied" : "failed"),
  );
  signal.addEventListener("abort", () => end("stopped"));
}
