import type { Actor } from "../../contracts/actor.ts";
import { SecretDeclaration } from "../../contracts/catalogue.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { findSecretProblem } from "../../domain/redaction/redactor.ts";
import type { Clock } from "../../ports/clock.ts";
import { recordAudit } from "../audit/record.ts";
import type { Database, Tx } from "../schema.ts";
import { generateValue } from "./generate-value.ts";
import { createSealing, type SecretKey, type Sealing } from "./sealing.ts";
import {
  findLockedSecret,
  insertPlaceholder,
  isHeld,
  listHeldSecrets,
  updateSecret,
  type HeldSecretRow,
} from "./sql.ts";
import type { SecretOrigin } from "./tables.ts";

/** A secret without its value. */
export interface SecretInfo {
  readonly name: string;
  readonly version: number;
  readonly origin: SecretOrigin;
  readonly service: string | null;
  readonly changedBy: Actor;
  readonly changedAt: Date;
  /** When its value was shown; once per version. */
  readonly revealedAt: Date | null;
}

/** A secret with its value: for handing to an attempt and for redaction, never for storing. */
export interface SecretWithVersion {
  readonly name: string;
  readonly version: number;
  readonly value: string;
}

export interface SecretVault {
  /** Sets or replaces a value. A value that could not be redacted is refused ("bad-input"). Part of `tx` when given. */
  set(
    change: { name: string; value: string; actor: Actor },
    tx?: Tx,
  ): Promise<{ name: string; version: number }>;
  /** Forgets a value; throws "not-found" when there is none. */
  remove(change: { name: string; actor: Actor }, tx?: Tx): Promise<void>;
  /** By name; never values. */
  list(): Promise<SecretInfo[]>;
  /** The value, once per version: a second time throws "conflict". Recorded before it is shown. */
  reveal(request: { name: string; actor: Actor }): Promise<SecretWithVersion>;
  /** Values of these names, in their order; throws "not-found" that names every missing one. */
  valuesFor(names: readonly string[], tx?: Tx): Promise<SecretWithVersion[]>;
  /** All values, for a redactor of texts that belong to no unit. */
  listValues(tx?: Tx): Promise<SecretWithVersion[]>;
  /** Versions of those names that have a value. */
  listVersions(names: readonly string[], tx?: Tx): Promise<{ name: string; version: number }[]>;
  /** Makes the values that a unit declares with `generate=` and that do not exist; names what a person must set. */
  ensureGenerated(tx: Tx, wish: GenerateWish): Promise<{ generated: string[]; missing: string[] }>;
  /** HMAC-SHA256 of the current value, as records hold it; undefined when there is none. */
  findHmac(name: string): Promise<string | undefined>;
  /** The same of any text: whether a value was ever set is found in the records without storing it. */
  hmac(value: string): string;
  /** Throws "setup-needed" when the key file does not belong to the stored secrets. */
  checkKey(): Promise<void>;
}

export interface GenerateWish {
  readonly declarations: readonly SecretDeclaration[];
  /** The service that asks for them. */
  readonly service: string;
  readonly actor: Actor;
}

interface VaultParts {
  readonly db: Database;
  readonly sealing: Sealing;
  readonly clock: Clock;
}

export function createSecretVault(deps: { db: Database; key: SecretKey; clock: Clock }): SecretVault {
  const sealing = createSealing(deps.key);
  const parts: VaultParts = { db: deps.db, sealing, clock: deps.clock };
  const within = <T>(tx: Tx | undefined, work: (tx: Tx) => Promise<T>): Promise<T> =>
    tx === undefined ? deps.db.transaction().execute(work) : work(tx);
  return {
    set: ({ name, value, actor }, tx) =>
      within(tx, (inner) => store(parts, inner, { name, value, actor, origin: "set", service: null })),
    remove: (change, tx) => within(tx, (inner) => removeSecret(parts, inner, change)),
    list: async () => (await listHeldSecrets(deps.db)).map(toInfo),
    reveal: (request) => deps.db.transaction().execute((tx) => revealSecret(parts, tx, request)),
    valuesFor: (names, tx) => openSecrets(parts, tx ?? deps.db, names),
    listValues: async (tx) => (await listHeldSecrets(tx ?? deps.db)).map((row) => openRow(sealing, row)),
    listVersions: async (names, tx) => {
      const rows = await listHeldSecrets(tx ?? deps.db, names);
      return rows.map(({ name, version }) => ({ name, version }));
    },
    ensureGenerated: (tx, wish) => ensureGenerated(parts, tx, wish),
    findHmac: async (name) => (await listHeldSecrets(deps.db, [name]))[0]?.digest,
    hmac: sealing.digest,
    checkKey: async () => {
      for (const row of await listHeldSecrets(deps.db)) openRow(sealing, row);
    },
  };
}

interface Storing {
  readonly name: string;
  readonly value: string;
  readonly actor: Actor;
  readonly origin: SecretOrigin;
  readonly service: string | null;
}

async function store({ sealing, clock }: VaultParts, tx: Tx, wanted: Storing) {
  const { name, value, actor, origin, service } = wanted;
  checkName(name);
  const problem = findSecretProblem(value);
  if (problem !== undefined) {
    throw new ChiffonError("bad-input", `The value of ${name} cannot be kept as a secret: ${problem}.`, {
      hint: "Choose another value; `openssl rand -base64 24` makes a good one.",
    });
  }
  const at = clock.now();
  await insertPlaceholder(tx, { name, actor, at });
  const before = await findLockedSecret(tx, name);
  const version = (before?.version ?? 0) + 1;
  const sealed = sealing.seal({ name, version }, value);
  const change = {
    version,
    ...sealed,
    origin,
    service,
    changed_by: JSON.stringify(actor),
    changed_at: at,
    revealed_at: null,
  };
  await updateSecret(tx, name, change);
  const kind = origin === "set" ? "secret.set" : "secret.generated";
  const services = service === null ? {} : { services: [service] };
  await recordAudit(tx, {
    at,
    kind,
    actor,
    ...services,
    data: { name, version, hmac_sha256: sealed.digest },
  });
  return { name, version };
}

async function removeSecret(
  parts: VaultParts,
  tx: Tx,
  change: { name: string; actor: Actor },
): Promise<void> {
  const { name, actor } = change;
  const row = await findLockedSecret(tx, name);
  if (row === undefined || !isHeld(row)) throw unknownSecrets([name]);
  const at = parts.clock.now();
  const nothing = { key_id: null, nonce: null, sealed: null, digest: null, revealed_at: null };
  await updateSecret(tx, name, { ...nothing, changed_by: JSON.stringify(actor), changed_at: at });
  const data = { name, version: row.version, hmac_sha256: row.digest };
  await recordAudit(tx, { at, kind: "secret.removed", actor, data });
}

async function revealSecret(
  parts: VaultParts,
  tx: Tx,
  request: { name: string; actor: Actor },
): Promise<SecretWithVersion> {
  const { name, actor } = request;
  const row = await findLockedSecret(tx, name);
  if (row === undefined || !isHeld(row)) throw unknownSecrets([name]);
  if (row.revealed_at !== null) {
    throw new ChiffonError(
      "conflict",
      `The value of ${name} was already shown, on ${row.revealed_at.toISOString()}; it is shown once.`,
      {
        hint: `Set a new value with: chiffon secret set ${name}`,
      },
    );
  }
  const opened = openRow(parts.sealing, row);
  const at = parts.clock.now();
  await updateSecret(tx, name, { revealed_at: at });
  await recordAudit(tx, { at, kind: "secret.revealed", actor, data: { name, version: row.version } });
  return opened;
}

async function openSecrets(
  parts: VaultParts,
  db: Database | Tx,
  names: readonly string[],
): Promise<SecretWithVersion[]> {
  const rows = new Map((await listHeldSecrets(db, names)).map((row) => [row.name, row]));
  const missing = names.filter((name) => !rows.has(name));
  if (missing.length > 0) throw unknownSecrets(missing);
  return names.flatMap((name) => {
    const row = rows.get(name);
    return row === undefined ? [] : [openRow(parts.sealing, row)];
  });
}

async function ensureGenerated(parts: VaultParts, tx: Tx, wish: GenerateWish) {
  const generated: string[] = [];
  const missing: string[] = [];
  // In the order of names, so that two callers that wait for each other's rows cannot wait forever.
  for (const { name, generate } of wish.declarations.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (generate !== null) await insertPlaceholder(tx, { name, actor: wish.actor, at: parts.clock.now() });
    const row = await findLockedSecret(tx, name);
    if (row !== undefined && isHeld(row)) continue;
    if (generate === null) {
      missing.push(name);
      continue;
    }
    const value = generateValue(generate);
    await store(parts, tx, { name, value, actor: wish.actor, origin: "generated", service: wish.service });
    generated.push(name);
  }
  return { generated, missing };
}

function openRow(sealing: Sealing, row: HeldSecretRow): SecretWithVersion {
  const { name, version } = row;
  return { name, version, value: sealing.open({ name, version }, row) };
}

function toInfo(row: HeldSecretRow): SecretInfo {
  const { name, version, origin, service } = row;
  return {
    name,
    version,
    origin,
    service,
    changedBy: row.changed_by,
    changedAt: row.changed_at,
    revealedAt: row.revealed_at,
  };
}

function checkName(name: string): void {
  if (SecretDeclaration.shape.name.safeParse(name).success) return;
  throw new ChiffonError("bad-input", `${JSON.stringify(name.slice(0, 80))} is not a name for a secret.`, {
    hint: "Use letters, digits and underscores, not a digit first, at most 64: the name becomes an Ansible variable.",
  });
}

function unknownSecrets(names: readonly string[]): ChiffonError {
  const text = names.join(", ");
  const message = names.length === 1 ? `There is no secret ${text}.` : `There are no secrets ${text}.`;
  return new ChiffonError("not-found", message, {
    hint: `Set it with: chiffon secret set ${names[0] ?? "NAME"}`,
  });
}
