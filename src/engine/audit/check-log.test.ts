import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { AuditRecordBody } from "../../contracts/audit.ts";
import { canonicalJson } from "../../domain/canonical-json.ts";
import { appendLeaves, emptyRange, rangeRoot } from "../../domain/merkle/compact-range.ts";
import { leafHash } from "../../domain/merkle/hashing.ts";
import { checkpointText, signNote } from "../../domain/signed-note.ts";
import type { NoteVerifier } from "../../domain/signed-note.ts";
import { createLogChecker } from "./check-log.ts";
import type { LogFinding } from "./check-log.ts";
import type { StoredRecord, StoredRow } from "./check-record.ts";
import { createVerifier, sha256 } from "./hash.ts";
import { locate } from "./locate.ts";
import type { CheckpointRow } from "./log-sql.ts";

/** A log as the database holds it, in memory: the attacker may write all of it, but has no key. */
interface Log {
  rows: StoredRow[];
  checkpoints: CheckpointRow[];
}

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const otherKey = generateKeyPairSync("ed25519").privateKey;
const raw = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
const real = createVerifier({ name: "chiffon/test", publicKey: raw });
// Most edits leave most notes as they are: each signature is computed once.
const known = new Map<string, boolean>();
const verifier: NoteVerifier = {
  ...real,
  verify(bytes, signature) {
    const key = `${Buffer.from(bytes).toString("hex")}:${Buffer.from(signature).toString("hex")}`;
    const result = known.get(key) ?? real.verify(bytes, signature);
    known.set(key, result);
    return result;
  },
};
const signer = { ...verifier, sign: (bytes: Uint8Array) => sign(null, bytes, privateKey) };

const sizes = [5, 6, 14, 24];
const log = makeLog();
const pinned = [log.checkpoints.at(-1)?.note ?? ""];

function makeLog(): Log {
  const rows = Array.from({ length: 24 }, (_, i) => makeRow(i, i % 3 === 0 ? "failed" : "succeeded"));
  const checkpoints = sizes.map((size, i) => {
    const at = new Date(1_790_000_000_000 + size);
    const root = rootOf(rows.slice(0, size));
    const note = signNote(
      sha256,
      signer,
      checkpointText({ origin: signer.name, size, root, at: at.toISOString() }),
    );
    return { size, from: sizes[i - 1] ?? 0, at, root, note };
  });
  return { rows, checkpoints };
}

function rootOf(rows: readonly StoredRow[]): Uint8Array {
  return rangeRoot(
    sha256,
    appendLeaves(
      sha256,
      emptyRange,
      rows.map((row) => row.leaf),
    ),
  );
}

function makeRow(index: number, status: string): StoredRow {
  const actor = { kind: "user", name: "anna", id: null } as const;
  const at = new Date(1_790_000_000_000 + index * 7).toISOString();
  const ids = { request_id: randomUUID(), plan_id: randomUUID(), run_id: null, task_id: randomUUID() };
  return makeStored(index, {
    v: 1,
    id: randomUUID(),
    at,
    kind: "task.finished",
    actor,
    ...ids,
    services: ["kuma"],
    status,
    data: { index },
  });
}

function makeStored(index: number, body: AuditRecordBody): StoredRow {
  const { actor, at, services, ...rest } = body;
  const bytes = Buffer.from(canonicalJson(body), "utf8");
  const record: StoredRecord = {
    ...rest,
    body: bytes,
    atMs: `${Date.parse(at)}.000`,
    actor_kind: actor.kind,
    actor_name: actor.name,
    actor_id: actor.id,
    services: JSON.stringify(services),
  };
  return { index, arrival: index * 2 + 1, leaf: leafHash(sha256, bytes), record };
}

/** The same row with another status everywhere: bytes, columns and hash fit together. */
function forge(row: StoredRow): StoredRow {
  const body = JSON.parse(Buffer.from(row.record?.body ?? []).toString("utf8")) as AuditRecordBody;
  return { ...makeStored(row.index, { ...body, status: "forged" }), arrival: row.arrival };
}

function check({ rows, checkpoints }: Log, notes: readonly string[] = []): LogFinding | undefined {
  const checker = createLogChecker({ verifier, checkpoints, pinned: notes });
  if ("finding" in checker) return checker.finding;
  for (const row of rows) {
    const finding = checker.add(row);
    if (finding !== undefined) return finding;
  }
  return checker.end();
}

/** Numbers and order of writing as the sequencer would have given them. */
const renumber = (rows: readonly StoredRow[]): StoredRow[] =>
  rows.map((row, i) => ({ ...row, index: i, arrival: i * 2 + 1 }));

function flip(bytes: Uint8Array, at: number, mask: number): Uint8Array {
  return bytes.map((byte, i) => (i === at % bytes.length ? byte ^ mask : byte));
}

interface Choice {
  i: number;
  j: number;
  k: number;
  mask: number;
}

const withRow = (row: StoredRow, part: Partial<StoredRow>): StoredRow[] =>
  log.rows.map((other) => (other === row ? { ...row, ...part } : other));
const withBody = (row: StoredRow, body: Uint8Array): StoredRecord | undefined =>
  row.record === undefined ? undefined : { ...row.record, body };

const edits: Record<string, (row: StoredRow, choice: Choice) => Log> = {
  "flip a byte": (row, { k, mask }) => {
    const record = withBody(row, flip(row.record?.body ?? raw, k, mask));
    return { ...log, rows: withRow(row, { record }) };
  },
  "flip a byte and hash it": (row, { k, mask }) => {
    const body = flip(row.record?.body ?? raw, k, mask);
    return { ...log, rows: withRow(row, { record: withBody(row, body), leaf: leafHash(sha256, body) }) };
  },
  "flip a byte of the hash": (row, { k, mask }) => ({
    ...log,
    rows: withRow(row, { leaf: flip(row.leaf, k, mask) }),
  }),
  "forge a record consistently": (row) => ({ ...log, rows: withRow(row, forge(row)) }),
  delete: (row) => ({ ...log, rows: log.rows.filter((other) => other !== row) }),
  "delete and renumber": (row) => ({ ...log, rows: renumber(log.rows.filter((other) => other !== row)) }),
  "delete only the record": (row) => ({ ...log, rows: withRow(row, { record: undefined }) }),
  swap: (row, { j }) => {
    const other = log.rows[j === row.index ? (j + 1) % 24 : j] ?? row;
    return {
      ...log,
      rows: renumber(log.rows.map((item) => (item === row ? other : item === other ? row : item))),
    };
  },
  duplicate: (row) => ({ ...log, rows: renumber(log.rows.toSpliced(row.index, 0, row)) }),
  insert: (row) => ({
    ...log,
    rows: renumber(log.rows.toSpliced(row.index, 0, makeRow(row.index, "inserted"))),
  }),
  "append without a checkpoint": () => ({ ...log, rows: [...log.rows, makeRow(24, "appended")] }),
  truncate: (row) => ({ ...log, rows: log.rows.slice(0, row.index) }),
  "truncate rows and checkpoints": (row) => ({
    rows: log.rows.slice(0, row.index),
    checkpoints: log.checkpoints.filter((checkpoint) => checkpoint.size <= row.index),
  }),
  "rewrite the tail": (row) => ({
    ...log,
    rows: log.rows.map((other) => (other.index < row.index ? other : forge(other))),
  }),
  "rewrite the tail and its roots": (row) => {
    const rows = log.rows.map((other) => (other.index < row.index ? other : forge(other)));
    const checkpoints = log.checkpoints.map((item) => ({ ...item, root: rootOf(rows.slice(0, item.size)) }));
    return { rows, checkpoints };
  },
  "rewrite the tail with notes that another key signed": (row) => {
    const rows = log.rows.map((other) => (other.index < row.index ? other : forge(other)));
    const forger = { ...verifier, sign: (bytes: Uint8Array) => sign(null, bytes, otherKey) };
    const checkpoints = log.checkpoints.map((item) => {
      const root = rootOf(rows.slice(0, item.size));
      const text = checkpointText({ origin: signer.name, size: item.size, root, at: item.at.toISOString() });
      return { ...item, root, note: signNote(sha256, forger, text) };
    });
    return { rows, checkpoints };
  },
  "drop a checkpoint": (_, { k }) => ({ ...log, checkpoints: log.checkpoints.toSpliced(k % 4, 1) }),
  "change a checkpoint's note": (_, { i, k, mask }) => {
    const checkpoints = log.checkpoints.map((item, at) => {
      const note = Buffer.from(flip(Buffer.from(item.note), k, mask)).toString("utf8");
      return at === i % 4 ? { ...item, note } : item;
    });
    return { ...log, checkpoints };
  },
};

test("the log as it was written has no finding", () => {
  expect(check(log)).toBeUndefined();
  expect(check(log, [pinned[0] ?? "", log.checkpoints[1]?.note ?? ""])).toBeUndefined();
});

test("of thousands of random edits by someone without the key none is missed", { timeout: 120_000 }, () => {
  const names = Object.keys(edits);
  const counts = new Map(names.map((name) => [name, 0]));
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.record({ i: fc.nat(23), j: fc.nat(23), k: fc.nat(2_000), mask: fc.integer({ min: 1, max: 255 }) }),
      (name, choice) => {
        const row = log.rows[choice.i];
        const edit = edits[name];
        if (row === undefined || edit === undefined) throw new Error("no such edit");
        const finding = check(edit(row, choice), pinned);
        if (finding === undefined) throw new Error(`missed: ${name} at ${choice.i}`);
        counts.set(name, (counts.get(name) ?? 0) + 1);
      },
    ),
    { numRuns: 3_000 },
  );
  expect(Math.min(...counts.values())).toBeGreaterThan(20);
});

test("an edit of one record alone is found at exactly that number", () => {
  const exact = ["flip a byte", "flip a byte of the hash", "delete", "delete only the record"];
  for (const name of exact) {
    for (const row of log.rows) {
      const finding = check(edits[name]?.(row, { i: 0, j: 0, k: 17, mask: 4 }) ?? log);
      // The last row's end is told by the checkpoint, at the same number.
      expect(finding).toMatchObject({ index: row.index });
    }
  }
});

test("a second copy of the hashes tells which record was forged, added, removed or moved, and a forged copy tells nothing", () => {
  const sealed = log.rows.slice(6, 14).map((row) => Buffer.from(row.leaf).toString("hex"));
  const copy = `${sealed.join("\n")}\n`;
  const before = appendLeaves(
    sha256,
    emptyRange,
    log.rows.slice(0, 6).map((row) => row.leaf),
  );
  const other = createHash("sha256").update("other").digest();
  const leaves = log.rows.slice(6, 14).map((row) => row.leaf);
  const suspects = { before, leaves, size: 14, root: rootOf(log.rows.slice(0, 14)) };
  const found = (list: Uint8Array[]): unknown => locate({ ...suspects, leaves: list }, copy);
  expect(found(leaves.with(3, other))).toMatchObject({ kind: "changed", index: 9 });
  expect(found(leaves.toSpliced(3, 0, other).slice(0, 8))).toMatchObject({ kind: "added", index: 9 });
  expect(found([...leaves.toSpliced(3, 1), other])).toMatchObject({ kind: "missing", index: 9 });
  expect(found(leaves.toReversed())).toMatchObject({ kind: "reordered", index: 6 });
  expect(
    locate(
      { ...suspects, leaves: leaves.with(3, other) },
      copy.replace(sealed[1] ?? "", other.toString("hex")),
    ),
  ).toBeUndefined();
  expect(locate(suspects, "")).toBeUndefined();
});
