import { readFile } from "node:fs/promises";
import path from "node:path";
import pg from "pg";
import { waitUntil, type World } from "./server.ts";

/** Folder of the embedded cluster, wherever the launcher put it. */
export async function clusterOf(world: World): Promise<string> {
  const location = (await readFile(path.join(world.data, "pg/location"), "utf8").catch(() => "")).trim();
  return location === "" ? path.join(world.data, "pg/18") : location;
}

/** Process number of the embedded PostgreSQL. */
export async function postmasterOf(world: World): Promise<number> {
  const cluster = await clusterOf(world);
  return await waitUntil(async () => {
    for (const folder of [path.join(cluster, "data"), path.join(cluster, "18/data"), cluster]) {
      const text = await readFile(path.join(folder, "postmaster.pid"), "utf8").catch(() => undefined);
      if (text !== undefined) return Number(text.split("\n")[0]);
    }
    return undefined;
  });
}

/** A superuser's session on the embedded database: what somebody with the machine in hand can do. */
export async function connect(world: World): Promise<pg.Client & AsyncDisposable> {
  const pid = await postmasterOf(world);
  const password = (await readFile(path.join(world.data, "pg/password"), "utf8")).trim();
  const command = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0");
  const host = command.map((part) => /unix_socket_directories=(.+)/.exec(part)?.[1]).find(Boolean);
  if (host === undefined) throw new Error("no socket directory");
  const client = new pg.Client({ host, port: 5432, user: "chiffon", password, database: "postgres" });
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}
