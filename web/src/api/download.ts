/** Fetches a file and hands it to the browser to save: a plain link would save an error page just as gladly. */
import { send } from "./http";
import type { CallOptions } from "./http";

const PATIENCE_MS = 120_000;

export async function download(path: string, fileName: string, options: CallOptions = {}): Promise<void> {
  const response = await send("GET", path, { ...options, signal: AbortSignal.timeout(PATIENCE_MS) });
  const address = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), PATIENCE_MS);
}
