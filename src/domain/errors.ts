/** Every error that a person or a program can meet: HTTP status, whether trying again can help. */
export const errorTable = {
  "bad-input": { status: 400, retryable: false },
  "not-signed-in": { status: 401, retryable: false },
  "not-allowed": { status: 403, retryable: false },
  "not-found": { status: 404, retryable: false },
  conflict: { status: 409, retryable: false },
  "plan-stale": { status: 409, retryable: false },
  "plan-expired": { status: 409, retryable: false },
  "hash-mismatch": { status: 409, retryable: false },
  "too-large": { status: 413, retryable: false },
  "needs-answer": { status: 422, retryable: false },
  "too-many-requests": { status: 429, retryable: true },
  internal: { status: 500, retryable: false },
  "database-unavailable": { status: 503, retryable: true },
  "disk-full": { status: 507, retryable: true },
  "already-running": { status: 409, retryable: false },
  "port-in-use": { status: 409, retryable: false },
  "setup-needed": { status: 503, retryable: false },
  "missing-tool": { status: 503, retryable: false },
  "server-unreachable": { status: 503, retryable: true },
} as const satisfies Record<string, { status: number; retryable: boolean }>;

export type ErrorCode = keyof typeof errorTable;

const marker = Symbol.for("chiffon.error");

/** An error with a message for people (what happened, why) and a hint (what to do next). Shown without a stack trace. */
export class ChiffonError extends Error {
  readonly [marker] = true;
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ChiffonError";
    this.code = code;
    this.hint = options.hint;
  }

  /** True across module copies and realms, where `instanceof` is not. */
  static is(error: unknown): error is ChiffonError {
    return typeof error === "object" && error !== null && marker in error;
  }
}
