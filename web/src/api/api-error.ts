import type { Problem } from "../../../src/contracts/problem.ts";

/** A refused or failed call, in the server's own words. `status` is 0 when no answer came. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | null;
  readonly retryable: boolean;

  constructor(problem: Pick<Problem, "status" | "code" | "detail" | "hint" | "retryable">) {
    super(problem.detail);
    this.name = "ApiError";
    this.status = problem.status;
    this.code = problem.code;
    this.hint = problem.hint;
    this.retryable = problem.retryable;
  }
}

/** What a failed call says; an answer that is no problem document (a proxy's page) is told in words of our own. */
export function parseProblem(status: number, text: string): ApiError {
  const body = parseObject(text);
  const read = (name: string): string | undefined => {
    const value = body?.[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const detail = read("detail") ?? read("title");
  if (detail === undefined) {
    return new ApiError({
      status,
      code: "no-problem",
      detail: `The server answered ${status} without saying why.`,
      hint: "Look whether this address is Chiffon's own, and whether something stands between.",
      retryable: status >= 500,
    });
  }
  const code = read("code") ?? "unknown";
  return new ApiError({
    status,
    code,
    detail,
    hint: read("hint") ?? null,
    retryable: body?.["retryable"] === true,
  });
}

/** The call did not reach the server, or its answer did not reach us. */
export function unreachable(): ApiError {
  return new ApiError({
    status: 0,
    code: "server-unreachable",
    detail: "The server does not answer.",
    hint: "Look whether it runs and whether this machine has a connection, then try again.",
    retryable: true,
  });
}

/** Any thrown value as something to show. */
export function describeFailure(error: unknown): {
  message: string;
  hint: string | null;
  status: number | null;
} {
  if (error instanceof ApiError) return { message: error.message, hint: error.hint, status: error.status };
  return {
    message: "Something went wrong in this page.",
    hint: error instanceof Error ? error.message : null,
    status: null,
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
