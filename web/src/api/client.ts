import { parseProblem, unreachable } from "./api-error.ts";
import { signIn } from "./sign-in.ts";

export { ApiError } from "./api-error.ts";

const prefix = "/api/v1";

export interface CallOptions {
  readonly signal?: AbortSignal;
}

interface Call extends CallOptions {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

/**
 * The API of the server that this page comes from; `path` begins after `/api/v1`. The session is a cookie that no script can
 * read. An answer 401 opens the login dialog, and the call fails: what was meant by one person is never done by the next.
 */
export const api = {
  get: <T>(path: string, options: CallOptions = {}): Promise<T> =>
    call<T>({ ...options, method: "GET", path }),
  post: <T>(path: string, body?: unknown): Promise<T> => call<T>({ method: "POST", path, body }),
  put: <T>(path: string, body?: unknown): Promise<T> => call<T>({ method: "PUT", path, body }),
  delete: <T>(path: string): Promise<T> => call<T>({ method: "DELETE", path }),
};

async function call<T>({ method, path, body, signal }: Call): Promise<T> {
  const { status, ok, text } = await send(`${prefix}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (ok) return (text === "" ? undefined : JSON.parse(text)) as T;
  const error = parseProblem(status, text);
  if (status === 401 && path !== "/login" && path !== "/setup") signIn.need();
  throw error;
}

async function send(url: string, init: RequestInit): Promise<{ status: number; ok: boolean; text: string }> {
  try {
    const answer = await fetch(url, { ...init, credentials: "same-origin" });
    return { status: answer.status, ok: answer.ok, text: await answer.text() };
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw unreachable();
  }
}
