import { QueryClient, queryOptions } from "@tanstack/react-query";
import type { Me, Permission } from "../../../src/contracts/access.ts";
import type { Readiness } from "../../../src/contracts/api.ts";
import { ApiError, unreachable } from "./api-error.ts";
import { api } from "./client.ts";

const mostRetries = 2;

/** Only what may succeed later is asked again by itself; a refusal is shown at once. */
export function decideRetry(failures: number, error: unknown): boolean {
  return failures < mostRetries && error instanceof ApiError && error.retryable && error.status !== 429;
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: decideRetry, staleTime: 5_000 },
    mutations: { retry: false },
  },
});

/** Who is signed in, and what they may do. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => api.get<Me>("/me", { signal }),
  staleTime: 60_000,
});

/** Whether the server and its database work, and how much of the record is sealed. */
export const readinessQuery = queryOptions({
  queryKey: ["readyz"],
  queryFn: ({ signal }) => fetchReadiness(signal),
  refetchInterval: 15_000,
  retry: false,
});

/** 503 is an answer too: it says what is not ready. */
async function fetchReadiness(signal: AbortSignal): Promise<Readiness> {
  const answer = await fetch("/readyz", { signal }).catch((error: unknown) => {
    throw signal.aborted ? error : unreachable();
  });
  if (!answer.ok && answer.status !== 503) throw unreachable();
  return (await answer.json()) as Readiness;
}

export function mayDo(me: Me | undefined, permission: Permission): boolean {
  return me?.permissions.includes(permission) ?? false;
}
