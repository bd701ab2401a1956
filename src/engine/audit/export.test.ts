import { createHash, createPublicKey, verify } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verifierLine } from "../../domain/signed-note.ts";
import { openAuditLog, record, tamper, type AuditLog } from "../../../test/support/audit-log.ts";
import { exportLog } from "./export.ts";
import { proveRecord } from "./proof.ts";

/* Whoever checks these has only the text and RFC 6962: nothing here uses Chiffon's own tree. */

const sha256 = (...parts: Uint8Array[]): Buffer => createHash("sha256").update(Buffer.concat(parts)).digest();
const zero = Buffer.from([0]);
const one = Buffer.from([1]);
const leafOf = (body: string): Buffer => sha256(zero, Buffer.from(body, "utf8"));

/** The largest power of two that is smaller than n. */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** MTH of RFC 6962, section 2.1, as it is written there. */
function treeHash(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return only;
  const k = split(leaves.length);
  return sha256(one, treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
}

/** What the path of section 2.1.1 leads to, from the top down: its last hash is the one beside the whole half. */
function climb(leaf: Buffer, at: { index: number; size: number }, path: readonly Buffer[]): Buffer {
  if (at.size === 1) {
    expect(path).toEqual([]);
    return leaf;
  }
  const k = split(at.size);
  const beside = path.at(-1) ?? Buffer.alloc(0);
  const rest = path.slice(0, -1);
  return at.index < k
    ? sha256(one, climb(leaf, { index: at.index, size: k }, rest), beside)
    : sha256(one, beside, climb(leaf, { index: at.index - k, size: at.size - k }, rest));
}

/** Size and root of a signed checkpoint, by the key of a line `name+hash+base64(1 || key)`. */
function openCheckpoint(note: string, key: string): { size: number; root: string } {
  const [, encoded = ""] = /^[^+]+\+[0-9a-f]{8}\+(.+)$/.exec(key) ?? [];
  const raw = Buffer.from(encoded, "base64").subarray(1);
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw]);
  const publicKey = createPublicKey({ key: der, format: "der", type: "spki" });
  const [text = "", signed = ""] = note.split("\n\n");
  const signature = Buffer.from(signed.trim().split(" ").at(-1) ?? "", "base64").subarray(4);
  expect(verify(null, Buffer.from(`${text}\n`), publicKey, signature)).toBe(true);
  const [, size, root = ""] = text.split("\n");
  return { size: Number(size), root: Buffer.from(root, "base64").toString("hex") };
}

let log: AuditLog;
let key: string;

beforeAll(async () => {
  log = await openAuditLog();
  key = verifierLine((bytes) => sha256(bytes), log.signer);
  // Several checkpoints, over more than two pages, with texts of every kind.
  for (const count of [1, 6, 250, 1, 170])
    await log.seal(
      Array.from({ length: count }, (_, n) => ({
        data: { n, text: n % 7 === 0 ? 'ä "quoted" \n 🔒' : "plain" },
      })),
    );
});
afterAll(async () => {
  await log[Symbol.asyncDispose]();
});

const size = 428;
const exported = async (): Promise<string[]> => {
  const lines: string[] = [];
  for await (const line of exportLog(log.db, key)) lines.push(JSON.stringify(line));
  return lines;
};

test("the exported file alone gives the root of every checkpoint in it, with good signatures", async () => {
  await record(log.db, { data: { text: "has no number yet" } });
  const lines = (await exported()).map((line) => JSON.parse(line) as Record<string, unknown>);

  expect(lines[0]).toEqual({ type: "log", v: 1, key, size });
  expect(lines.at(-1)).toEqual({ type: "end", records: size, checkpoints: 5 });
  const leaves: Buffer[] = [];
  const sizes: number[] = [];
  for (const line of lines) {
    if (line["type"] === "record") {
      expect(line["index"]).toBe(leaves.length);
      leaves.push(leafOf(line["body"] as string));
    }
    if (line["type"] !== "checkpoint") continue;
    const said = openCheckpoint(line["note"] as string, lines[0]?.["key"] as string);
    expect(said).toEqual({ size: leaves.length, root: treeHash(leaves).toString("hex") });
    expect(line).toMatchObject(said);
    sizes.push(said.size);
  }
  expect(sizes).toEqual([1, 7, 257, 258, size]);
  expect(leaves).toHaveLength(size);
  expect(JSON.parse(lines[1]?.["body"] as string)).toMatchObject({ kind: "plan.approved", data: { n: 0 } });
});

test("every record is proved against every checkpoint that covers it, by RFC 6962 alone", async () => {
  const newest = await log.db
    .selectFrom("audit_checkpoint")
    .select("root")
    .where("size", "=", size as never)
    .executeTakeFirstOrThrow();
  for (const of of [1, 7, 257, 258, undefined])
    for (const index of [0, 1, 6, 7, 128, 255, 256, 257, 300, size - 1].filter(
      (each) => each < (of ?? size),
    )) {
      const proof = await proveRecord(log.db, { index, size: of });
      const { checkpoint } = proof;
      expect(leafOf(proof.body).toString("hex")).toBe(proof.leaf);
      const path = proof.proof.map((hash) => Buffer.from(hash, "hex"));
      const root = climb(leafOf(proof.body), { index, size: checkpoint.size }, path).toString("hex");
      expect(openCheckpoint(checkpoint.note, key)).toEqual({ size: of ?? size, root });
      expect(checkpoint.root).toBe(root);
      if (of === undefined) expect(Buffer.from(newest.root).toString("hex")).toBe(root);
    }
});

test("what has no checkpoint, no record or no such checkpoint is told, with what there is", async () => {
  await expect(proveRecord(log.db, { index: size + 5 })).rejects.toMatchObject({
    code: "not-found",
    hint: "records are counted from 0: this one ends with 427",
  });
  await expect(proveRecord(log.db, { index: 3, size: 8 })).rejects.toMatchObject({
    code: "not-found",
    hint: expect.stringContaining("the newest one has 428"),
  });
  await using empty = await openAuditLog();
  await expect(proveRecord(empty.db, { index: 0 })).rejects.toMatchObject({ code: "not-found" });
  const lines = [];
  for await (const line of exportLog(empty.db, key)) lines.push(line);
  expect(lines).toEqual([
    { type: "log", v: 1, key, size: 0 },
    { type: "end", records: 0, checkpoints: 0 },
  ]);
});

test("a changed log proves nothing, and a record that is gone is named in the export", async () => {
  await using other = await openAuditLog();
  await other.seal([{ data: { n: 0 } }, { data: { n: 1 } }, { data: { n: 2 } }]);
  await tamper(
    other.db,
    "UPDATE audit_record SET body = replace(convert_from(body, 'UTF8'), '\"n\":1', '\"n\":7')::bytea",
  );
  await expect(proveRecord(other.db, { index: 1 })).rejects.toMatchObject({ code: "hash-mismatch" });
  expect(await proveRecord(other.db, { index: 0 })).toMatchObject({ index: 0 });
  await tamper(other.db, "UPDATE audit_order SET leaf = decode(repeat('00', 32), 'hex') WHERE idx = 0");
  await expect(proveRecord(other.db, { index: 2 })).rejects.toMatchObject({ code: "hash-mismatch" });
  await tamper(
    other.db,
    "DELETE FROM audit_record WHERE arrival IN (SELECT arrival FROM audit_order WHERE idx = 2)",
  );
  const lines = [];
  for await (const line of exportLog(other.db, key)) lines.push(line);
  expect(lines).toContainEqual({ type: "lost", index: 2, leaf: expect.stringMatching(/^[0-9a-f]{64}$/) });
});
