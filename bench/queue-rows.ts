// Makes queued runs for `bench queue`, in a process of its own: the server's memory is what is measured. Each is made by the
// functions that an approval uses (request, plan, run, task, event, notification), without HTTP, files and signatures.
import { openDatabase } from "../src/adapters/database/open.ts";
import type { ConnectionOptions } from "../src/adapters/database/connection.ts";
import { scaleWaits } from "../src/domain/waits.ts";
import type { Tables } from "../src/engine/schema.ts";
import { createRunOf } from "../src/engine/testing.ts";

/** What `bench queue` writes to its input. */
export interface Wanted {
  readonly connection: ConnectionOptions;
  readonly runs: number;
}

/** Every second run wants the same host, the others one of these. */
const hosts = 100;
const atOnce = 4;

let text = "";
for await (const chunk of process.stdin) text += String(chunk);
const { connection, runs } = JSON.parse(text) as Wanted;
await using database = openDatabase<Tables>({ connection, poolSize: atOnce });
const clock = { now: () => new Date() };
const deps = {
  db: database.db,
  clock,
  waits: scaleWaits(1),
  attemptsPerAgent: 4,
  replica: crypto.randomUUID(),
  newId: () => crypto.randomUUID(),
  sign: () => "",
  sealSecrets: () => Promise.reject(new Error("there are no secrets")),
  random: Math.random,
  listeningSince: clock.now(),
};
let made = 0;
const makeSome = async () => {
  while (made < runs) {
    const at = made++;
    const host = at % 2 === 0 ? "busy" : `host-${at % hosts}`;
    const priority = (at % 5) + 1;
    await createRunOf({ deps }, { steps: [{ hosts: [host] }], priority });
  }
};
await Promise.all(Array.from({ length: atOnce }, makeSome));
