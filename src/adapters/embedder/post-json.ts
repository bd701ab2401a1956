import { ChiffonError } from "../../domain/errors.ts";

/** Vectors of 64 texts with 4,096 numbers of 20 characters are 5 MB. */
const maxAnswerBytes = 16_000_000;

/** Where a model server listens, as an admin has configured it: loopback and private addresses are the usual case. */
export interface ModelServer {
  /** For example `http://127.0.0.1:11434`; a path in it is kept. */
  readonly url: string;
  readonly model: string;
  /** Sent as a bearer token; never logged. */
  readonly key?: string | undefined;
}

/**
 * Posts JSON to a model server and gives its answer, which the caller parses. Follows no redirect: it could lead the key, and
 * the request's text, to another server. Throws `server-unreachable` for everything but an answer of JSON with status 200.
 */
export async function postJson(
  server: ModelServer,
  call: { readonly path: string; readonly body: unknown; readonly signal: AbortSignal },
): Promise<unknown> {
  const { path, body, signal } = call;
  const url = `${server.url.replace(/\/+$/, "")}${path}`;
  try {
    const answer = await fetch(url, {
      method: "POST",
      redirect: "error",
      signal,
      headers: {
        "content-type": "application/json",
        accept: "application/json",
        ...(server.key === undefined ? {} : { authorization: `Bearer ${server.key}` }),
      },
      body: JSON.stringify(body),
    });
    if (answer.status !== 200) {
      await answer.body?.cancel();
      throw unusable(`it answered with status ${answer.status}`);
    }
    return JSON.parse(await readCapped(answer)) as unknown;
  } catch (cause) {
    if (ChiffonError.is(cause)) throw cause;
    if (signal.aborted) throw signal.reason;
    throw unusable(cause instanceof SyntaxError ? "its answer is not JSON" : "it cannot be reached", cause);
  }
}

async function readCapped(answer: Response): Promise<string> {
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = "";
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxAnswerBytes) throw unusable("its answer is larger than 16 MB");
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** What is wrong with a model server, without anything of its answer or of the key. */
export function unusable(why: string, cause?: unknown): ChiffonError {
  return new ChiffonError("server-unreachable", `the embedding server gave no vectors: ${why}`, {
    hint: "look at CHIFFON_EMBEDDER_URL and CHIFFON_EMBEDDER_MODEL, and at the server's own log",
    ...(cause === undefined ? {} : { cause }),
  });
}
