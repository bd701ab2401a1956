import type { FastifyInstance, FastifySchemaCompiler } from "fastify";
import { z } from "zod";
import { ChiffonError } from "../domain/errors.ts";

const maxIssues = 5;
const places: Readonly<Record<string, string>> = {
  body: "The body",
  querystring: "The query",
  params: "The address",
};

/** Parses a part of a request by its contract; a refusal says which field, and what is right. Never what was sent. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const place = places[httpPart ?? ""] ?? "The request";
  return (data: unknown) => {
    const parsed = schema.safeParse(data ?? undefined);
    return parsed.success ? { value: parsed.data } : { error: describeIssues(parsed.error, place) };
  };
};

function describeIssues(error: z.ZodError, place: string): ChiffonError {
  const lines = error.issues.slice(0, maxIssues).map((issue) => {
    const field = z.core.toDotPath(issue.path);
    return field === "" ? issue.message : `${field}: ${issue.message}`;
  });
  const more = error.issues.length > maxIssues ? ` (and ${error.issues.length - maxIssues} more)` : "";
  return new ChiffonError("bad-input", `${place} is not as expected. ${lines.join("; ")}${more}`, {
    hint: "What every route takes: GET /api/v1/openapi.json",
  });
}

/** Texts that PostgreSQL cannot store or that have no canonical form: NUL, and halves of surrogate pairs. */
const suspicious = /\\u(?:0000|[dD][89a-fA-F])/;

function hasBadText(value: unknown): boolean {
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === "string") {
      if (next.includes("\0") || !next.isWellFormed()) return true;
    } else if (typeof next === "object" && next !== null) {
      open.push(...Object.keys(next), ...Object.values(next));
    }
  }
  return false;
}

function badText(): ChiffonError {
  return new ChiffonError("bad-input", "The request has a NUL character or half a character in a text.", {
    hint: "Remove it and send the request again.",
  });
}

/** JSON only: a form or plain text could be posted by any page without asking first. An empty body is no body. */
export function takeJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    const text = typeof body === "string" ? body : body.toString("utf8");
    if (text.trim() === "") {
      done(null, undefined);
      return;
    }
    void parseJson(request, text, (error, value?: unknown) => {
      if (error !== null) done(error);
      else if (suspicious.test(text) && hasBadText(value)) done(badText());
      else done(null, value);
    });
  });
  app.addHook("onRequest", async (request) => {
    if (/%00/.test(request.url)) throw badText();
  });
}
