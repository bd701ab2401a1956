import { createTerminalSanitiser } from "../terminal-text.ts";
import { createRedactor, type SecretPatterns, type SecretValue } from "./redactor.ts";

/** Bytes of a process in, text out that may be stored and shown. */
export interface OutputFilter {
  /** The next bytes as they came; returns what is settled so far. */
  push(bytes: Uint8Array): string;
  /** The rest, when the process has closed its output. */
  end(): string;
}

/**
 * Decode (UTF-8, U+FFFD for what is not), make harmless for terminals, then redact: in this order, because a control sequence in
 * the middle of a secret disappears in the second step, and would hide it from the third if that came first.
 */
export function createOutputFilter(secrets: readonly SecretValue[] | SecretPatterns): OutputFilter {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const sanitiser = createTerminalSanitiser();
  const redactor = createRedactor(secrets);
  return {
    push: (bytes) => redactor.push(sanitiser.push(decoder.decode(bytes, { stream: true }))),
    end: () =>
      redactor.push(sanitiser.push(decoder.decode())) + redactor.push(sanitiser.end()) + redactor.end(),
  };
}
