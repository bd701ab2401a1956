import { ChiffonError } from "../../domain/errors.ts";

/** SQL states and system errors that say "not now" about the connection, not "no" about the query. */
const lostStates = /^(08...|57P0[1235]|53300)$/;
const refusedStates = /^(28...|3D000)$/;
const lostCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EACCES",
]);
const lostTexts =
  /connection terminated|timeout exceeded when trying to connect|timeout expired|client was closed|not queryable|cannot use a pool after calling end/i;

/**
 * Turns the driver's errors about the connection and the disk into ChiffonErrors; every other error (a violated
 * constraint, say) is returned as it is, with the `code` of PostgreSQL.
 */
export function mapDatabaseError(error: unknown): unknown {
  if (!(error instanceof Error) || ChiffonError.is(error)) return error;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (code === "53100") {
    return new ChiffonError("disk-full", `The database's disk is full: ${error.message}`, {
      hint: "Free some space where the database lies and try again; nothing is done that cannot be recorded.",
      cause: error,
    });
  }
  if (refusedStates.test(code)) {
    return new ChiffonError("database-unavailable", `The database refuses the connection: ${error.message}`, {
      hint: "Check user, password and database name of CHIFFON_DATABASE_URL.",
      cause: error,
    });
  }
  if (error.message.includes("cached plan must not change result type")) {
    return new ChiffonError("database-unavailable", "A table of the database has just become another one.", {
      hint: "Another version of Chiffon has updated it. This one connects again by itself; try again.",
      cause: error,
    });
  }
  if (!lostStates.test(code) && !lostCodes.has(code) && !lostTexts.test(error.message)) return error;
  return new ChiffonError("database-unavailable", `The database does not answer: ${error.message || code}`, {
    hint: "Chiffon tries again by itself; check that the database runs and can be reached.",
    cause: error,
  });
}
