import type { Plan } from "../../src/contracts/plan.ts";
import type { Request } from "../../src/contracts/request.ts";
import { waitUntil } from "./server.ts";

/** Servers as one: what does not answer is asked again, elsewhere. */
export interface Everywhere {
  get<T>(at: string): Promise<T>;
  /** With one key however often it is sent. */
  post<T>(at: string, body: unknown, key: string): Promise<T>;
  /** Asks and approves, as a person would who tries again; gives the id of the run. */
  order(text: string, key: string): Promise<string>;
}

export function askEverywhere(urls: readonly string[], token: string): Everywhere {
  let turn = 0;
  const send = async <T>(method: string, at: string, more: { body?: string; key?: string }): Promise<T> =>
    await waitUntil(async () => {
      const url = urls[turn++ % urls.length] ?? "";
      const headers = {
        authorization: `Bearer ${token}`,
        ...(more.key === undefined
          ? {}
          : { "idempotency-key": more.key, "content-type": "application/json" }),
      };
      const { body } = more;
      const answer = await fetch(`${url}/api/v1${at}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body }),
      }).then(
        async (response) => ({ status: response.status, text: await response.text() }),
        // Killed before or in the middle of its answer.
        () => undefined,
      );
      if (answer === undefined || answer.status >= 500 || answer.text.includes("still being worked on"))
        return undefined;
      if (answer.status >= 400) throw new Error(`${method} ${at}: ${answer.status} ${answer.text}`);
      return { value: JSON.parse(answer.text) as T };
    }, 120_000).then(({ value }) => value);
  const get: Everywhere["get"] = (at) => send("GET", at, {});
  const post: Everywhere["post"] = (at, body, key) => send("POST", at, { body: JSON.stringify(body), key });
  return {
    get,
    post,
    async order(text, key) {
      const request = await post<Request>("/requests", { text }, `ask-${key}`);
      if (request.planId === null) throw new Error(`no plan: ${JSON.stringify(request)}`);
      const shown = await get<Plan>(`/plans/${request.planId}`);
      const { typed } = shown.approvalForm;
      const body = { hash: shown.hash, ...(typed === null ? {} : { typed }) };
      const approved = await post<Plan>(`/plans/${shown.id}/approve`, body, `approve-${key}`)
        // It was approved, and the answer was lost.
        .catch(() => get<Plan>(`/plans/${shown.id}`));
      return approved.runId ?? "none";
    },
  };
}
