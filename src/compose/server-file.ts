import { randomBytes, randomUUID } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { Id } from "../contracts/vocabulary.ts";

/** Where commands on this machine find the running server: `<data>/server.json` and the token file `<data>/cli-token`. */
export const serverFileName = "server.json";
export const tokenFileName = "cli-token";

/** Tells commands on this machine where the server answers; removed at a clean stop. */
export async function writeServerFile(
  dataDir: string,
  server: { url: string; pid: number; fingerprint: string | null },
): Promise<AsyncDisposable> {
  const file = path.join(dataDir, serverFileName);
  await writeWhole(file, `${JSON.stringify(server)}\n`);
  return {
    [Symbol.asyncDispose]: async () => {
      const mine = await readFile(file, "utf8").catch(() => "");
      if (mine.includes(`"pid":${server.pid},`) || mine.includes(`"pid":${server.pid}}`))
        await rm(file, { force: true });
    },
  };
}

/** By which the servers of one database tell one another apart; made at the first start. */
export async function loadOrCreateReplicaId(dataDir: string): Promise<string> {
  const file = path.join(dataDir, "replica");
  const known = Id.safeParse((await readFile(file, "utf8").catch(() => "")).trim());
  if (known.success) return known.data;
  const made = randomUUID();
  await writeWhole(file, `${made}\n`);
  return made;
}

/** The token by which commands of the data directory's owner are known; made at the first start, mode 0600. */
export async function loadOrCreateCliToken(dataDir: string): Promise<string> {
  const file = path.join(dataDir, tokenFileName);
  const known = (await readFile(file, "utf8").catch(() => "")).trim();
  if (/^[A-Za-z0-9_-]{43}$/.test(known)) return known;
  const token = randomBytes(32).toString("base64url");
  await writeWhole(file, `${token}\n`);
  return token;
}

async function writeWhole(file: string, text: string): Promise<void> {
  const part = `${file}.${process.pid}.new`;
  await writeFile(part, text, { mode: 0o600 });
  await rename(part, file);
}
