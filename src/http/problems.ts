import type { Socket } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Problem } from "../contracts/problem.ts";
import { ChiffonError, errorTable, type ErrorCode } from "../domain/errors.ts";
import { isFullDisk } from "../domain/full-disk.ts";

/** What an error becomes on the wire. */
export interface Answer {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
}

interface ProblemParts {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly hint: string | null;
  /** Where HTTP has a status of its own that the table has not. */
  readonly status?: number;
}

export function makeProblem({ code, detail, hint, status }: ProblemParts): Problem {
  const row = errorTable[code];
  const words = code.replaceAll("-", " ");
  return {
    type: `urn:chiffon:problem:${code}`,
    title: words.charAt(0).toUpperCase() + words.slice(1),
    status: status ?? row.status,
    detail,
    code,
    retryable: row.retryable,
    hint,
  };
}

/** The answer to a failed request. Errors that are not meant for people say nothing about the inside; the log does. */
export function describeError(error: unknown, requestId: string): Answer {
  if (ChiffonError.is(error)) {
    const problem = makeProblem({ code: error.code, detail: error.message, hint: error.hint ?? null });
    return { problem, headers: headersFor(problem.status, error.cause) };
  }
  const known = frameworkParts(error) ?? diskParts(error);
  if (known !== undefined) return { problem: makeProblem(known), headers: {} };
  return {
    problem: makeProblem({
      code: "internal",
      detail: "Something went wrong inside Chiffon.",
      hint: `The server's log has the reason under the request id ${requestId}.`,
    }),
    headers: {},
  };
}

function headersFor(status: number, cause: unknown): Record<string, string> {
  if (status === 401) return { "www-authenticate": "Bearer" };
  if (status !== 429 || typeof cause !== "object" || cause === null) return {};
  return "retryAfterSeconds" in cause && typeof cause.retryAfterSeconds === "number"
    ? { "retry-after": String(cause.retryAfterSeconds) }
    : {};
}

/** A file of ours that could not be written; the system's own words name paths, which are none of a client's business. */
function diskParts(error: unknown): ProblemParts | undefined {
  if (!isFullDisk(error)) return undefined;
  return {
    code: "disk-full",
    detail: "The disk that holds Chiffon's data is full.",
    hint: "Free some space there and try again.",
  };
}

/** Fastify's own refusals: too large, not JSON, malformed address. */
function frameworkParts(error: unknown): ProblemParts | undefined {
  if (typeof error !== "object" || error === null || !("code" in error) || !("statusCode" in error))
    return undefined;
  const { code, statusCode } = error;
  if (typeof code !== "string" || !code.startsWith("FST_") || typeof statusCode !== "number")
    return undefined;
  if (statusCode < 400 || statusCode > 499) return undefined;
  switch (code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return { code: "too-large", detail: "The body is larger than 1 MB.", hint: "Send less at once." };
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return {
        code: "bad-input",
        status: 415,
        detail: "The body's content type is not supported.",
        hint: "Send JSON with the header Content-Type: application/json.",
      };
    case "FST_ERR_BAD_URL":
      return { code: "bad-input", detail: "The address is malformed.", hint: "Encode it as a URL." };
    default:
      return {
        code: "bad-input",
        status: statusCode,
        detail: "The request is malformed.",
        hint: "Send valid JSON.",
      };
  }
}

export function sendProblem(reply: FastifyReply, { problem, headers }: Answer): FastifyReply {
  return reply
    .code(problem.status)
    .headers(headers)
    .type("application/problem+json")
    .serializer(JSON.stringify)
    .send(problem);
}

/** The one error handler. */
export function handleError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const answer = describeError(error, request.id);
  if (answer.problem.status >= 500)
    request.log.error({ err: error, code: answer.problem.code }, "request failed");
  return sendProblem(reply, answer);
}

export function handleNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = makeProblem({
    code: "not-found",
    detail: `There is no ${request.method} at this address.`,
    hint: "All routes: GET /api/v1/openapi.json",
  });
  return sendProblem(reply, { problem, headers: {} });
}

/** The answer to what is no HTTP, or too slow or too large in its headers: nothing of it was parsed. */
export function refuseRaw(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const [status, reason] = rawReasons[error.code ?? ""] ?? [400, "Bad Request"];
  const problem = makeProblem({
    code: "bad-input",
    status,
    detail: "This could not be read as an HTTP request.",
    hint: "Look whether the address, the protocol (http or https) and the headers are right.",
  });
  const body = JSON.stringify(problem);
  const head = `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/problem+json\r\n`;
  socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
}

const rawReasons: Readonly<Record<string, readonly [number, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, "Request Timeout"],
  HPE_HEADER_OVERFLOW: [431, "Request Header Fields Too Large"],
};
