import { callHttp, ConnectionError } from "../cli/http-call.ts";
import type { CliConfig } from "../cli/context.ts";
import { findServer } from "../cli/find-server.ts";
import { Readiness } from "../contracts/api.ts";
import { ChiffonError } from "../domain/errors.ts";

export type Health =
  | { readonly kind: "well"; readonly url: string; readonly readiness: Readiness }
  | { readonly kind: "unwell"; readonly url: string; readonly message: string }
  | { readonly kind: "away"; readonly message: string };

/** How the server is that the configuration leads to. */
export async function askHealth(config: CliConfig, signal: AbortSignal): Promise<Health> {
  let url: string | undefined;
  try {
    const found = await findServer(config);
    url = found.url.origin;
    // Whoever answers there need not be ours yet, and this question needs no token.
    const answer = await callHttp(
      { ...found, token: undefined },
      { method: "GET", path: "/readyz", body: undefined, headers: {}, timeoutMs: 5_000, signal },
    );
    const readiness = Readiness.safeParse(JSON.parse(answer.text)).data;
    if (readiness === undefined) return { kind: "unwell", url, message: "what answers is not Chiffon" };
    return readiness.ready
      ? { kind: "well", url, readiness }
      : {
          kind: "unwell",
          url,
          message: readiness.database ? "it is not ready" : "its database does not answer",
        };
  } catch (error) {
    if (url !== undefined && error instanceof ConnectionError)
      return { kind: "unwell", url, message: `it does not answer: ${error.message}` };
    if (url !== undefined && error instanceof SyntaxError)
      return { kind: "unwell", url, message: "what answers is not Chiffon" };
    if (ChiffonError.is(error)) return { kind: "away", message: error.message };
    throw error;
  }
}
