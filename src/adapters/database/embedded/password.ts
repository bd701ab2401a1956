import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import path from "node:path";
import { ChiffonError } from "../../../domain/errors.ts";
import type { Binaries } from "./binaries.ts";
import { superuser } from "./cluster.ts";
import { findText, writeWhole } from "./files.ts";
import type { Owner } from "./owner.ts";

/** The cluster's password, as it is kept in `<dataDir>/pg/password`, which only our user reads. */
export function findPassword(pgDir: string): Promise<string | undefined> {
  return findText(path.join(pgDir, "password"));
}

/** For a cluster that is about to be made: kept first, so that no cluster ever exists without it. */
export async function createPassword(pgDir: string): Promise<string> {
  const password = randomBytes(24).toString("base64url");
  await writeWhole(path.join(pgDir, "password"), `${password}\n`);
  return password;
}

export interface ResetOptions {
  readonly pgDir: string;
  readonly data: string;
  readonly binaries: Binaries;
  readonly owner: Owner | undefined;
}

/**
 * Gives a stopped cluster a new password when the file is lost (a backup without secrets was put back): a server in
 * single-user mode asks nobody for a password, and reads the command from its input, where no other user sees it.
 */
export async function resetPassword(options: ResetOptions): Promise<string> {
  const password = randomBytes(24).toString("base64url");
  const child = spawn(
    path.join(options.binaries.bin, "postgres"),
    ["--single", "-D", options.data, "postgres"],
    {
      ...options.owner,
      cwd: options.data,
      env: options.binaries.env,
      stdio: ["pipe", "ignore", "pipe"],
    },
  );
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString("utf8")).slice(-20_000);
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(`ALTER ROLE ${superuser} PASSWORD '${password}'\n`);
  const [code] = (await once(child, "close")) as [number | null];
  const complaint = said.split("\n").find((line) => /ERROR|FATAL|PANIC/.test(line));
  if (code !== 0 || complaint !== undefined) {
    throw new ChiffonError(
      "database-unavailable",
      `The database's password is lost and could not be set anew: ${complaint ?? code}`,
      {
        hint: `Put the file ${path.join(options.pgDir, "password")} back from a backup.`,
      },
    );
  }
  await writeWhole(path.join(options.pgDir, "password"), `${password}\n`);
  return password;
}
