import { mkdir, readdir, realpath, rm, stat } from "node:fs/promises";
import path from "node:path";
import type { AddRepository } from "../../contracts/first-run.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { recordAudit } from "../audit/record.ts";
import type { Repository } from "../catalogues.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { Caller } from "../engine.ts";
import { checkFolder } from "./check-folder.ts";
import { checkBranch, parseGitAddress, shortName } from "./check-url.ts";
import { checkoutsOf, findFreeName, serveAll, type Places, type ServedRepository } from "./served.ts";
import {
  insertRepository,
  listRepositoryRows,
  makePlansStale,
  moveCheckout,
  removeRepositoryRow,
  type RepositoryRow,
} from "./sql.ts";

export interface RepositoriesDeps extends Pick<CoreDeps, "db" | "clock" | "newId"> {
  readonly places: Places;
  /** Clones into a folder that is not there yet; leaves nothing behind when it fails. */
  readonly clone: (
    wish: { url: string; protocol: "https" | "ssh" | "file"; branch: string | null; into: string },
    signal: AbortSignal,
  ) => Promise<{ commit: string }>;
}

/** The repositories of this server, as they change while it runs. */
export interface Repositories {
  /** As served now. */
  list(): readonly ServedRepository[];
  add(caller: Caller, wish: AddRepository, signal: AbortSignal): Promise<string>;
  remove(caller: Caller, name: string): Promise<void>;
  /** Takes the newest commit of a clone; the one before stays until the next pull or start, because it may be being read. */
  pull(caller: Caller, name: string, signal: AbortSignal): Promise<void>;
  /** Another server has changed them. */
  reload(): Promise<void>;
}

/** A clone takes less than this; milliseconds. */
const cloningWithin = 24 * 3_600_000;
/** More clones at once would only slow each other down. */
const maxClones = 2;

/** Reads what was added before, and removes clones that a killed server left unfinished. */
export async function openRepositories(
  deps: RepositoriesDeps,
  given: readonly Repository[],
): Promise<Repositories> {
  const state = await createState(deps, given);
  return {
    list: () => state.served,
    add: (caller, wish, signal) => addRepository(state, caller, { wish, signal }),
    remove: (caller, name) => removeRepository(state, caller, name),
    pull: (caller, name, signal) => pullRepository(state, caller, { name, signal }),
    reload: () => state.change(() => Promise.resolve()),
  };
}

interface State {
  readonly deps: RepositoriesDeps;
  readonly folder: string;
  served: readonly ServedRepository[];
  clones: number;
  /** One change after the other: names and folders are chosen from what is served now. */
  change<T>(work: () => Promise<T>): Promise<T>;
}

async function createState(deps: RepositoriesDeps, given: readonly Repository[]): Promise<State> {
  let last: Promise<unknown> = Promise.resolve();
  const real = await Promise.all(
    given.map(async (each) => ({ ...each, root: await realpath(each.root).catch(() => each.root) })),
  );
  const load = async (): Promise<void> => {
    state.served = serveAll(real, await listRepositoryRows(deps.db), deps.places);
  };
  const state: State = {
    deps,
    folder: checkoutsOf(deps.places),
    served: [],
    clones: 0,
    change: async (work) => {
      const turn = last.then(async () => {
        const done = await work();
        await load();
        return done;
      });
      last = turn.catch(() => undefined);
      return await turn;
    },
  };
  await load();
  const used = new Set(state.served.map((each) => path.basename(each.root)));
  for (const name of await readdir(state.folder).catch(() => []))
    if (!used.has(name) && (await isLeft(deps.places, path.join(state.folder, name))))
      await removeFolder(path.join(state.folder, name));
  return state;
}

/** Whether nobody is at work on a clone that no row names: another server may be making it. */
async function isLeft({ dataDir, sharedDir = dataDir }: Places, folder: string): Promise<boolean> {
  if (sharedDir === dataDir) return true;
  const changed = (await stat(folder).catch(() => undefined))?.mtimeMs ?? Infinity;
  return Date.now() - changed > cloningWithin;
}

async function addRepository(
  state: State,
  caller: Caller,
  { wish, signal }: { wish: AddRepository; signal: AbortSignal },
): Promise<string> {
  const { places } = state.deps;
  if ("path" in wish) {
    const root = await checkFolder(wish.path, places);
    const source = root === (await realpath(places.exampleRoot).catch(() => undefined)) ? "example" : "path";
    return await store(state, caller, { source, root, wanted: shortName(path.basename(root)) });
  }
  if ("example" in wish) {
    const { exampleRoot } = places;
    return await store(state, caller, { source: "example", root: exampleRoot, wanted: "homelab" });
  }
  const { url, protocol, name } = parseGitAddress(wish.url);
  const branch = wish.branch === undefined ? null : checkBranch(wish.branch);
  refuseKnown(state, (each) => each.url === url && each.branch === branch);
  const made = await cloneInto(state, { url, protocol, branch, name }, signal);
  const clone = { url, branch, commit: made.commit, checkout: path.basename(made.root) };
  try {
    return await store(state, caller, { source: "git", root: made.root, wanted: name, clone });
  } catch (error) {
    await removeFolder(made.root);
    throw error;
  }
}

interface Wanted {
  readonly source: RepositoryRow["source"];
  readonly root: string;
  readonly wanted: string;
  readonly clone?: Pick<RepositoryRow, "url" | "branch" | "commit" | "checkout">;
}

/** Writes it down, with its record. Gives its name. */
async function store(state: State, caller: Caller, wish: Wanted): Promise<string> {
  const { db, clock } = state.deps;
  const { source, root, clone } = wish;
  return await state.change(async () => {
    refuseKnown(
      state,
      (each) =>
        each.root === root || (clone !== undefined && each.url === clone.url && each.branch === clone.branch),
    );
    const name = findFreeName(wish.wanted, new Set(state.served.map((each) => each.name)));
    const at = clock.now();
    const row: RepositoryRow = {
      name,
      source,
      root: source === "path" ? root : null,
      url: null,
      branch: null,
      commit: null,
      checkout: null,
      ...clone,
      inventory: null,
      added_by: caller.actor,
      added_at: at,
    };
    await db.transaction().execute(async (tx) => {
      await insertRepository(tx, row);
      const { url, branch, commit } = row;
      const data = { name, source, root: row.root, url, branch, commit };
      await recordAudit(tx, { at, kind: "repository.added", actor: caller.actor, data });
    });
    return name;
  });
}

function refuseKnown(state: State, isSame: (served: ServedRepository) => boolean): void {
  const known = state.served.find(isSame);
  if (known === undefined) return;
  throw new ChiffonError("conflict", `This is served already, as ${known.name}.`, {
    hint:
      known.source === "git"
        ? `Take its newest commit: chiffon repo pull ${known.name}`
        : "Nothing has to be done.",
  });
}

async function cloneInto(
  state: State,
  from: { url: string; protocol: "https" | "ssh" | "file"; branch: string | null; name: string },
  signal: AbortSignal,
): Promise<{ root: string; commit: string }> {
  if (state.clones >= maxClones)
    throw new ChiffonError(
      "too-many-requests",
      `${maxClones} repositories are being cloned at this moment.`,
      {
        hint: "Try again when they are done.",
      },
    );
  state.clones += 1;
  try {
    await mkdir(state.folder, { recursive: true, mode: 0o700 });
    // A folder that no row names is nothing: the row makes it a repository, and a start without one removes it.
    const root = path.join(state.folder, `${from.name}-${state.deps.newId()}`);
    const { url, protocol, branch } = from;
    const { commit } = await state.deps.clone({ url, protocol, branch, into: root }, signal);
    return { root, commit };
  } finally {
    state.clones -= 1;
  }
}

async function pullRepository(
  state: State,
  caller: Caller,
  { name, signal }: { name: string; signal: AbortSignal },
): Promise<void> {
  const before = getServed(state, name);
  if (before.source !== "git" || before.url === null)
    throw new ChiffonError("bad-input", `${name} is no clone: its folder is read as it is.`, {
      hint: `Change the files in ${before.root}; they are read again with every request.`,
    });
  const from = { ...parseGitAddress(before.url), branch: before.branch, name: shortName(name) };
  const made = await cloneInto(state, from, signal);
  try {
    await state.change(async () => {
      const now = getServed(state, name);
      if (now.commit === made.commit) return await removeFolder(made.root);
      await recordPull(state, caller, { name, from: now.commit, ...made });
    });
  } catch (error) {
    await removeFolder(made.root);
    throw error;
  }
  await removeOlder(state, { name, keep: [before.root, made.root] });
}

async function recordPull(
  state: State,
  caller: Caller,
  pulled: { name: string; from: string | null; commit: string; root: string },
): Promise<void> {
  const { db, clock } = state.deps;
  const { name, from, commit } = pulled;
  await db.transaction().execute(async (tx) => {
    if (!(await moveCheckout(tx, name, { commit, checkout: path.basename(pulled.root) })))
      throw notFound(name);
    const data = { name, from, to: commit };
    await recordAudit(tx, { at: clock.now(), kind: "repository.pulled", actor: caller.actor, data });
  });
}

/** Checkouts of this repository before the last two. */
async function removeOlder(state: State, { name, keep }: { name: string; keep: string[] }): Promise<void> {
  const kept = new Set(
    [...keep, ...state.served.map((each) => each.root)].map((each) => path.basename(each)),
  );
  const own = `${shortName(name)}-`;
  for (const folder of await readdir(state.folder).catch(() => []))
    if (folder.startsWith(own) && folder.length === own.length + 36 && !kept.has(folder))
      await removeFolder(path.join(state.folder, folder));
}

async function removeRepository(state: State, caller: Caller, name: string): Promise<void> {
  const { db, clock } = state.deps;
  const removed = await state.change(async () => {
    const served = getServed(state, name);
    if (served.source === "flag")
      throw new ChiffonError("bad-input", `${name} was given when the server was started.`, {
        hint: "Start it without --repo or --demo for this folder; only added repositories can be removed here.",
      });
    await db.transaction().execute(async (tx) => {
      if (!(await removeRepositoryRow(tx, name))) throw notFound(name);
      const reason = `the repository ${name} was removed`;
      const stale = await makePlansStale(state.deps, tx, { repository: name, reason, actor: caller.actor });
      const { source, url, commit } = served;
      const data = { name, source, url, commit, stale_plans: stale };
      await recordAudit(tx, { at: clock.now(), kind: "repository.removed", actor: caller.actor, data });
    });
    return served;
  });
  if (removed.source !== "git") return;
  await removeFolder(removed.root);
  await removeOlder(state, { name, keep: [] });
}

function getServed(state: State, name: string): ServedRepository {
  const found = state.served.find((each) => each.name === name);
  if (found === undefined) throw notFound(name);
  return found;
}

function notFound(name: string): ChiffonError {
  return new ChiffonError("not-found", `There is no repository ${name.slice(0, 100)}.`, {
    hint: "chiffon repo list shows all.",
  });
}

async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}
