import { ChiffonError } from "../../domain/errors.ts";
import type { CoreDeps } from "../core-deps.ts";
import { startLoop } from "../loop.ts";
import type { Database } from "../schema.ts";
import { alone } from "./locks.ts";
import {
  forgetReplicas,
  keepKeys,
  listAlive,
  removeReplica,
  replaceKeys,
  setSeen,
  type InstallationKeys,
} from "./sql.ts";

/**
 * Compares the keys of this server with those of its database, which keeps those of the first.
 * @param own.isSole nobody else has this database: then new keys replace the old ones
 * @throws ChiffonError `setup-needed`
 */
export async function checkKeys(
  db: Database,
  keys: InstallationKeys,
  own: { isSole: boolean; folder: string },
): Promise<void> {
  const kept = await keepKeys(db, keys);
  const names = { server_key: "server.key", audit_key: "audit.key", secret_check: "secret.key" } as const;
  const other = Object.entries(names).flatMap(([key, file]) =>
    kept[key as keyof InstallationKeys] === keys[key as keyof InstallationKeys] ? [] : [file],
  );
  if (other.length === 0) return;
  if (own.isSole) return await replaceKeys(db, keys);
  throw new ChiffonError(
    "setup-needed",
    `${other.join(" and ")} in ${own.folder} ${other.length === 1 ? "is not the one" : "are not those"} that this database knows.`,
    {
      hint: "Servers of one database share their keys: give all of them one folder (--shared DIR, or CHIFFON_SHARED), or copy keys/ of the first server's folder there, with mode 0600. Nothing was changed in the database.",
    },
  );
}

/**
 * Joins the servers of this database until the result is disposed. What an earlier process of this data directory has left is
 * settled at once, because nobody else can have its id; what other servers left, when they have been silent for a while.
 * @param settle settles what is half done and belongs to none of these servers
 */
export async function joinReplicas(
  deps: Pick<CoreDeps, "db" | "waits" | "replica"> & {
    /** Where it runs, for people. */
    readonly name?: string;
    readonly onError: (error: unknown) => void;
  },
  settle: (alive: readonly string[]) => Promise<void>,
): Promise<AsyncDisposable> {
  const { db, waits, replica, name, onError } = deps;
  await using stack = new AsyncDisposableStack();
  await removeReplica(db, replica);
  await settle(await listAlive(db, waits.silence));
  await setSeen(db, replica, name);
  stack.defer(() => removeReplica(db, replica).catch(onError));
  let beats = 0;
  stack.use(
    startLoop(async () => {
      await setSeen(db, replica, name);
      beats += 1;
      if (beats % 3 === 0)
        await alone(db, "mending", async () => {
          await settle(await listAlive(db, waits.silence));
          await forgetReplicas(db);
        });
      return waits.renewEvery;
    }, onError),
  );
  const kept = stack.move();
  return { [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
