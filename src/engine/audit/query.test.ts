import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openAuditLog, record, taskEntries } from "../../../test/support/audit-log.ts";
import type { AuditLog } from "../../../test/support/audit-log.ts";
import { AuditRecord } from "../../contracts/audit.ts";
import { findCheckpointNow, listTaskRecords, queryAudit, queryFailures } from "./query.ts";

let log: AuditLog;
const task = randomUUID();
const day = (n: number): Date => new Date(Date.UTC(2026, 10, n, 12));

beforeAll(async () => {
  log = await openAuditLog();
  const [, end = {}] = taskEntries("failed", task);
  await log.seal([
    { at: day(1), kind: "request.created", data: { text: 'Deploy the "Status Page" 100%_now' } },
    { at: day(2), ...end },
    { at: day(18), ...taskEntries("unknown")[1], services: ["dns", "status-page"] },
    { at: day(19), ...taskEntries("succeeded")[1], services: ["dns"] },
  ]);
  await record(log.db, {
    at: day(20),
    actor: { kind: "system", name: "chiffon", id: null },
    status: "failed",
  });
});
afterAll(() => log[Symbol.asyncDispose]());

const days = async (query: Parameters<typeof queryAudit>[1]): Promise<number[]> =>
  (await queryAudit(log.db, query)).items.map((item) => new Date(item.at).getUTCDate());

test("[STATE-03] records are found by time, service, status, actor, kind, task and text, newest first", async () => {
  expect(await days({})).toEqual([20, 19, 18, 2, 1]);
  expect(await days({ service: "status-page" })).toEqual([18, 2]);
  expect(await days({ status: "failed" })).toEqual([20, 2]);
  expect(await days({ status: "failed, unknown", service: "dns" })).toEqual([18]);
  expect(await days({ actor: "chiffon" })).toEqual([20]);
  expect(await days({ actor: "anna", kind: "request.created" })).toEqual([1]);
  expect(await days({ task })).toEqual([2]);
  expect(await days({ since: day(2).toISOString(), until: day(18).toISOString() })).toEqual([18, 2]);
  expect(await days({ q: 'the "status page" 100%_NOW' })).toEqual([1]);
  expect(await days({ q: "100x" })).toEqual([]);
});

test("[STATE-03] all failures of the last week are one question", async () => {
  const page = await queryFailures(log.db, { now: day(21), days: 7 });
  expect(page.items.map((item) => item.status)).toEqual(["failed", "unknown"]);
  const dns = await queryFailures(log.db, { now: day(21), days: 7, service: "dns" });
  expect(dns.items).toHaveLength(1);
});

test("pages follow one another without gap or repeat, and a foreign cursor is refused", async () => {
  const seen: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await queryAudit(log.db, { limit: 2, cursor });
    seen.push(...page.items.map((item) => new Date(item.at).getUTCDate()));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  expect(seen).toEqual([20, 19, 18, 2, 1]);
  await expect(queryAudit(log.db, { cursor: "1; DROP TABLE" })).rejects.toMatchObject({ code: "bad-input" });
});

test("what is found is a whole record with its number, null while it has none", async () => {
  const { items } = await queryAudit(log.db, {});
  expect(items.map((item) => AuditRecord.parse(item).index)).toEqual([null, 3, 2, 1, 0]);
  expect(await listTaskRecords(log.db, task)).toMatchObject([{ task_id: task, index: 1, status: "failed" }]);
  expect(await findCheckpointNow(log.db)).toMatchObject({ size: 4 });
});
