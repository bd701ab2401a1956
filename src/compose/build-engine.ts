import { hash, randomUUID } from "node:crypto";
import { hostname } from "node:os";
import path from "node:path";
import { hashEnvironment } from "../agent/spec.ts";
import type { OpenDatabase } from "../adapters/database/open.ts";
import { createOllamaEmbedder } from "../adapters/embedder/ollama.ts";
import { createOpenAiEmbedder } from "../adapters/embedder/openai-compatible.ts";
import { cloneRepository } from "../adapters/git/clone.ts";
import { openRepository } from "../adapters/git/repository.ts";
import { findTools } from "../adapters/host-tools/find-tools.ts";
import { fingerprintOf, sealTo } from "../adapters/keys/agent-keys.ts";
import { probeBySsh, probeHere } from "../adapters/ssh/probe.ts";
import { scanHostKeys } from "../adapters/ssh/scan-host-keys.ts";
import { createModuleDocs } from "../ansible/process/module-docs.ts";
import { findSandbox, type FoundSandbox } from "../ansible/process/sandbox.ts";
import { digestOfFiles } from "../ansible/snapshot/manifest.ts";
import { createSnapshotStore, type SnapshotStore } from "../ansible/snapshot/store.ts";
import { compileSecrets, createRedactor } from "../domain/redaction/redactor.ts";
import { verifierLine } from "../domain/signed-note.ts";
import { scaleWaits } from "../domain/waits.ts";
import { sha256 as sha256OfBytes } from "../engine/audit/hash.ts";
import { createSequencer } from "../engine/audit/sequencer.ts";
import { verifyLog } from "../engine/audit/verify.ts";
import { createCatalogues, type Catalogues } from "../engine/catalogues.ts";
import type { CoreDeps } from "../engine/core-deps.ts";
import { mendInterrupted } from "../engine/converse/restart.ts";
import { createEngine, type EngineDeps } from "../engine/create-engine.ts";
import { openPreviews, type PreviewDeps, type Previews } from "../engine/preview/previews.ts";
import { endLeftPreviews } from "../engine/preview/sql.ts";
import { alone, inTurn } from "../engine/replicas/locks.ts";
import { joinReplicas } from "../engine/replicas/replica.ts";
import { openRepositories, type Repositories } from "../engine/repositories/repositories.ts";
import { listNeededSnapshots } from "../engine/plan/sql.ts";
import type { Database, Tables } from "../engine/schema.ts";
import { createSecretVault, type SecretVault } from "../engine/secrets/vault.ts";
import { createSemantics, type Semantics } from "../engine/semantic/semantics.ts";
import { createHub } from "../engine/stream/hub.ts";
import { createViewers } from "../engine/stream/viewers.ts";
import type { Clock } from "../ports/clock.ts";
import type { LocalAgentsDeps } from "./agents.ts";
import type { EmbeddedOptions } from "./embedded.ts";
import { openServerKeys, type ServerKey } from "./keys.ts";
import { exampleRoot } from "./repositories.ts";
import { loadOrCreateReplicaId } from "./server-file.ts";
import { isThisMachine } from "./this-machine.ts";
import { createToolFinder } from "./tool-finder.ts";

interface BuildOptions {
  readonly options: EmbeddedOptions;
  readonly database: OpenDatabase<Tables>;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

export interface BuiltEngine extends AsyncDisposable {
  readonly core: CoreDeps;
  readonly hub: ReturnType<typeof createHub>;
  readonly catalogues: Catalogues;
  readonly served: Repositories;
  readonly previews: Previews;
  readonly engine: ReturnType<typeof createEngine>;
  /** Removes snapshots that no plan needs any more. */
  readonly tidySnapshots: () => Promise<void>;
  /** By which agents know this server; the public key is raw, base64. */
  readonly serverKey: Pick<ServerKey, "publicKey" | "sign">;
  readonly snapshots: SnapshotStore;
  readonly agentDeps: Pick<LocalAgentsDeps, "tools" | "verify" | "snapshots" | "blobs" | "secrets">;
}

/** Between two checkpoints, in ms: each is a signature and a commit. `audit verify` makes one at once. */
const checkpointEvery = 5_000;
/** A snapshot is in a plan this long after it was taken, or never; milliseconds. */
const planWithin = 3_600_000;
/** Longest time for one step. */
const stepTimeoutSeconds = 4 * 3_600;
const sha256 = (text: string) => hash("sha256", text);

/** The engine with its keys, its record and its view of the repositories. */
export async function buildEngine({ options, database, clock, onError }: BuildOptions): Promise<BuiltEngine> {
  const { db, listen } = database;
  await using stack = new AsyncDisposableStack();
  const { auditKey, serverKey, secretKey } = await openServerKeys(options, db);
  const vault = createSecretVault({ db, key: secretKey, clock });
  await vault.checkKey();
  const git = await inTurn(db, { name: "sharedFolder" }, () => openRecordRepository(options));
  const writing = { db, clock, signer: auditKey, git, onError, intervalMs: checkpointEvery };
  const sequencer = stack.use(createSequencer({ ...writing, listen }));
  sequencer.start();
  const sealSecrets = sealerOf(vault);
  const replica = await loadOrCreateReplicaId(options.dataDir);
  const core = createCore({ options, database, clock, replica, sign: serverKey.sign, sealSecrets });
  const name = `${hostname()}:${options.dataDir}`;
  stack.use(await joinReplicas({ ...core, name, onError }, (alive) => settleLeft(core, alive)));
  const { snapshots, tidySnapshots } = openSnapshots(options, db);
  await tidySnapshots("start").catch(onError);
  const tools = createToolFinder(options);
  const hub = createHub();
  const repositories = await openServed(options, core);
  const catalogues = createCatalogues(repositories);
  const semantics = openSemantics({ options, core, catalogues, onError });
  if (semantics !== undefined) stack.use(semantics);
  const sandbox = createSandboxFinder(options);
  const parts = { core, catalogues, snapshots, tools, vault, sandbox, onError };
  const previews = stack.use(await openPreviews(previewDepsOf(options, parts)));
  const deps: EngineDeps = {
    ...core,
    semantics,
    viewers: createViewers({ ...core, hub, onError }),
    sha256,
    snapshots,
    tools,
    stepTimeoutSeconds,
    isThisMachine,
    repositories,
    catalogues,
    previews,
    ...readRunsOf(options, sandbox),
    ...probesOf(options),
    hashEnvironment: (hosts) => hashEnvironment({ hosts: [...hosts] }, sha256),
    ...secretsOf(vault),
    serverKeyFingerprint: fingerprintOf(serverKey.publicKey),
    ...logOf({ db, key: auditKey, git, sequencer }),
  };
  const kept = stack.move();
  return {
    core,
    hub,
    catalogues: deps.catalogues,
    served: repositories,
    previews,
    engine: createEngine(deps),
    serverKey,
    snapshots,
    tidySnapshots: () => tidySnapshots("later"),
    agentDeps: agentDepsOf({ tools, serverKey, snapshots, vault }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function settleLeft({ db, clock }: CoreDeps, alive: readonly string[]): Promise<void> {
  await mendInterrupted(db, clock, alive);
  await endLeftPreviews(db, clock.now(), alive);
}

/**
 * The store of frozen files. Servers share it: nobody removes while somebody takes, and what was taken lately stays, because no plan
 * may name it yet. With the database to itself a server knows at its start that nothing is being planned.
 */
function openSnapshots(
  { sharedDir, databaseUrl }: EmbeddedOptions,
  db: Database,
): { snapshots: SnapshotStore; tidySnapshots: (when: "start" | "later") => Promise<void> } {
  const isSole = databaseUrl === undefined;
  const store = createSnapshotStore({ root: path.join(sharedDir, "snapshots"), isSole });
  const tidy = async (spareFor: number): Promise<void> =>
    void (await store.remove(await listNeededSnapshots(db), { spareFor }));
  if (isSole) return { snapshots: store, tidySnapshots: (when) => tidy(when === "start" ? 0 : planWithin) };
  const take: SnapshotStore["take"] = (wish) =>
    wish.listOnly === true
      ? store.take(wish)
      : inTurn(db, { name: "snapshots", shared: true }, () => store.take(wish));
  return {
    snapshots: { ...store, take },
    tidySnapshots: () => alone(db, "snapshots", () => tidy(planWithin)),
  };
}

function secretsOf(
  vault: SecretVault,
): Pick<EngineDeps, "vault" | "secretVersions" | "redact" | "ensureSecrets"> {
  return {
    vault,
    secretVersions: (names) => (names.length === 0 ? Promise.resolve([]) : vault.listVersions(names)),
    redact: (text) => redactText(vault, text),
    ensureSecrets: (tx, wish) => ensureSecrets(vault, tx, wish),
  };
}

function createCore({
  options,
  database,
  clock,
  ...keys
}: Omit<BuildOptions, "onError"> & Pick<CoreDeps, "replica" | "sign" | "sealSecrets">): CoreDeps {
  return {
    ...keys,
    db: database.db,
    clock,
    waits: scaleWaits(options.waitScale),
    attemptsPerAgent: options.attemptsPerAgent,
    newId: randomUUID,
    random: Math.random,
    listeningSince: clock.now(),
  };
}

/** Secrets go to agents on other machines sealed to their keys. */
function sealerOf(vault: SecretVault): CoreDeps["sealSecrets"] {
  return async (tx, { names, sealingKey, context }) => {
    const wanted = new Set(names);
    const secrets = (await vault.listValues(tx)).filter(({ name }) => wanted.has(name));
    return sealTo(sealingKey, JSON.stringify(secrets), context);
  };
}

/** What is said about the log as a whole, after all that was written so far has got its number. */
function logOf({
  sequencer,
  ...log
}: Omit<Parameters<typeof verifyLog>[0], "signal"> & {
  sequencer: ReturnType<typeof createSequencer>;
}): Pick<EngineDeps, "verifyLog" | "sealLog" | "logKey"> {
  const sealLog = async () => void (await sequencer.runOnce());
  return {
    sealLog,
    logKey: verifierLine(sha256OfBytes, log.key),
    verifyLog: async (signal) => {
      await sealLog();
      return await verifyLog({ ...log, signal });
    },
  };
}

/** Chiffon's own git repository; its identity is part of every commit id and stays as it is. */
function openRecordRepository({ sharedDir, searchPath }: EmbeddedOptions): ReturnType<typeof openRepository> {
  const identity = { name: "Chiffon", email: "record@chiffon.invalid" };
  return openRepository({ dir: path.join(sharedDir, "audit.git"), identity, searchPath });
}

/** What the agents of this process share with its server. */
function agentDepsOf(parts: {
  tools: BuiltEngine["agentDeps"]["tools"];
  serverKey: ServerKey;
  snapshots: SnapshotStore;
  vault: SecretVault;
}): BuiltEngine["agentDeps"] {
  const { tools, serverKey, snapshots, vault } = parts;
  return {
    tools,
    verify: serverKey.verify,
    snapshots: agentStore(snapshots),
    blobs: { list: async (digest) => (await snapshots.open(digest)).files, read: snapshots.readBlob },
    secrets: {
      values: async (_order, refs) => {
        const names = new Set(refs.map((ref) => ref.name));
        return names.size === 0 ? [] : (await vault.listValues()).filter((secret) => names.has(secret.name));
      },
      redacted: async () => (await vault.listValues()).map(({ name, version }) => ({ name, version })),
    },
  };
}

/** A store of snapshots as an agent uses it: the server's, or one of its own. */
export function agentStore({ open, receive, verify }: SnapshotStore): BuiltEngine["agentDeps"]["snapshots"] {
  return { open, receive, verify, digest: digestOfFiles };
}

/** The repositories: those of the command line, and those that were added to this data directory. */
function openServed(options: EmbeddedOptions, core: CoreDeps): Promise<Repositories> {
  const { dataDir, sharedDir, searchPath, home, sshAuthSock } = options;
  const tools = { searchPath, home, ...(sshAuthSock === undefined ? {} : { sshAuthSock }) };
  return openRepositories(
    {
      ...core,
      places: { dataDir, sharedDir, exampleRoot },
      clone: (wish, signal) => cloneRepository(wish, { ...tools, signal }),
    },
    options.repositories,
  );
}

/** The model that orders questions by meaning, where one is configured. Its vectors are made while the server starts. */
function openSemantics(parts: {
  options: EmbeddedOptions;
  core: CoreDeps;
  catalogues: Catalogues;
  onError: (error: unknown) => void;
}): Semantics | undefined {
  const { options, core, catalogues, onError } = parts;
  if (options.embedder === undefined) return undefined;
  const { kind, ...server } = options.embedder;
  const embedder = kind === "ollama" ? createOllamaEmbedder(server) : createOpenAiEmbedder(server);
  const semantics = createSemantics({ db: core.db, clock: core.clock, embedder, sha256, onError });
  void catalogues
    .read()
    .then((read) => semantics.refresh(read.flatMap((each) => each.catalogue.units)))
    .catch(onError);
  return semantics;
}

/** How machines are looked at. */
function probesOf(
  options: EmbeddedOptions,
): Pick<EngineDeps, "scanHostKeys" | "probeBySsh" | "probeHere" | "findToolsHere"> {
  const { searchPath, home, sshAuthSock } = options;
  const tools = { searchPath, home, ...(sshAuthSock === undefined ? {} : { sshAuthSock }) };
  return {
    scanHostKeys: (host) => scanHostKeys(host, { path: searchPath, signal: AbortSignal.timeout(15_000) }),
    probeBySsh: (target, signal) => probeBySsh(target, { ...tools, signal }),
    probeHere: (signal) => probeHere({ ...tools, signal }),
    findToolsHere: () => findTools({ searchPath, home }),
  };
}

/** bubblewrap; tried again after a minute. */
function createSandboxFinder({ searchPath }: EmbeddedOptions): () => Promise<FoundSandbox> {
  let found: Promise<FoundSandbox> | undefined;
  let until = 0;
  return () => {
    if (found === undefined || Date.now() > until) {
      until = Date.now() + 60_000;
      found = findSandbox({ search: searchPath.split(path.delimiter) });
    }
    return found;
  };
}

function problemOf(found: FoundSandbox): string | null {
  return found.kind === "works" ? null : found.why;
}

/** What a read run leaves there when the server is killed is ended and removed at the next start. */
const readRunsIn = (dataDir: string): string => path.join(dataDir, "previews");

function readRunsOf(
  { dataDir, sharedDir }: Pick<EmbeddedOptions, "dataDir" | "sharedDir">,
  sandbox: EngineDeps["sandbox"],
): Pick<EngineDeps, "sandbox" | "sandboxProblem" | "dataDir" | "sharedDir" | "runDirOf"> {
  const sandboxProblem = async () => problemOf(await sandbox());
  return {
    sandbox,
    sandboxProblem,
    dataDir,
    sharedDir,
    runDirOf: (id) => path.join(readRunsIn(dataDir), id),
  };
}

function previewDepsOf(
  options: EmbeddedOptions,
  parts: Pick<PreviewDeps, "snapshots" | "tools" | "sandbox" | "onError"> & {
    core: CoreDeps;
    catalogues: Catalogues;
    vault: SecretVault;
  },
): PreviewDeps {
  const { dataDir, home, waitScale } = options;
  const { core, vault, ...others } = parts;
  const folder = readRunsIn(dataDir);
  const docsConfiguration = path.join(dataDir, "ansible-doc.cfg");
  return {
    ...core,
    ...others,
    folder,
    docsConfiguration,
    moduleDocs: createModuleDocs(docsConfiguration),
    ...readRunsOf(options, parts.sandbox),
    home,
    waitScale,
    secretValues: async (refs) => {
      const values = await vault.valuesFor(refs.map((ref) => ref.name));
      return Object.fromEntries(values.map(({ name, value }) => [name, value]));
    },
    redactor: async () => {
      const patterns = compileSecrets(await vault.listValues());
      return (text) => {
        const redactor = createRedactor(patterns);
        return redactor.push(text) + redactor.end();
      };
    },
  };
}

async function redactText(vault: SecretVault, text: string): Promise<string> {
  const redactor = createRedactor(compileSecrets(await vault.listValues()));
  return redactor.push(text) + redactor.end();
}

const ensureSecrets: (
  vault: SecretVault,
  ...rest: Parameters<EngineDeps["ensureSecrets"]>
) => ReturnType<EngineDeps["ensureSecrets"]> = async (vault, tx, { declarations, actor }) => {
  const missing: string[] = [];
  for (const { service, ...declaration } of declarations) {
    const made = await vault.ensureGenerated(tx, { declarations: [declaration], service, actor });
    missing.push(...made.missing);
  }
  return { missing: [...new Set(missing)] };
};
