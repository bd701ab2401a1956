import type { Locator } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { AuditPage } from "../../src/contracts/audit.ts";
import { type Tab, type TestBrowser } from "../support/browser.ts";
import { closeDashboard, openDashboard, refuseProblems } from "../support/dashboard.ts";
import { connect } from "../support/database.ts";
import { approve, ended, plan, playbook, writeRepository } from "../support/jobs.ts";
import { lookAtAll } from "../support/looks.ts";
import { createWorld, waitUntil, type Api, type Server, type World } from "../support/server.ts";

/* The Record page: what its filters show, what the address keeps, and what the proof says. The tests follow one another. */

let world: World;
let server: Server;
let browser: TestBrowser;
let tab: Tab;
let api: Api;

const reason = "<b>not</b> today \u202Eyadot";

beforeAll(async () => {
  world = await createWorld();
  const task = (name: string) => `    - name: Do it\n      ansible.builtin.${name}:\n        msg: done\n`;
  const repository = await writeRepository(world, {
    "page.yml": playbook("page", task("debug")),
    "wiki.yml": playbook("wiki", task("fail")),
  });
  ({ server, browser, tab, api } = await openDashboard(world, repository));
  const runs = await Promise.all(
    ["Deploy page", "Deploy wiki"].map(async (text) => approve(api, await plan(api, text))),
  );
  await Promise.all(runs.map((id) => ended(api, id)));
  const { id } = await plan(api, "Deploy page");
  await api.post(`/plans/${id}/reject`, { reason });
  // A row says "not numbered yet" for the second that the sequencer takes.
  await waitUntil(async () => {
    const { items } = await api.get<AuditPage>("/audit/query?limit=500");
    return items.every((record) => record.index !== null);
  });
}, 120_000);

afterEach(() => refuseProblems(tab));

afterAll(() => closeDashboard({ world, server, browser }));

const rows = (): Locator =>
  tab.page.getByRole("list", { name: "Records, newest first" }).getByRole("listitem");
const address = (): Record<string, string> => Object.fromEntries(new URL(tab.page.url()).searchParams);

/** Waits until the page shows exactly as many rows as the server has for that query, and gives their words without "just now". */
async function shown(query: string): Promise<string[]> {
  const { items } = await api.get<AuditPage>(`/audit/query?limit=500&${query}`);
  return await waitUntil(async () => {
    const words = await rows().allInnerTexts();
    return words.length === items.length ? words.map(withoutAge) : undefined;
  });
}

const withoutAge = (words: string): string => words.replace(/\n[^\n]*(?:just now|ago)$/, "");

test("[STATE-03] status and service change the rows and the address; a reload and the way back keep them", async () => {
  const { page } = tab;
  await page.goto(`${server.url}/record`);
  const all = await shown("");
  await page.getByLabel("Status").selectOption({ label: "Failed or unknown" });
  const failed = await shown("status=failed,unknown");
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.length).toBeLessThan(all.length);
  for (const row of failed) expect(row).toMatch(/failed|unknown/);
  expect(address()).toEqual({ status: "failed,unknown" });
  await page.getByLabel("Service").fill("page");
  await page.getByText("No record fits.").waitFor();
  expect(address()).toEqual({ status: "failed,unknown", service: "page" });
  await page.getByLabel("Service").fill("wiki");
  const ofWiki = await shown("status=failed,unknown&service=wiki");
  for (const row of ofWiki) expect(row).toContain("wiki");

  await page.reload();
  expect(await shown("status=failed,unknown&service=wiki")).toEqual(ofWiki);
  expect(await page.getByLabel("Status").inputValue()).toBe("failed,unknown");
  expect(await page.getByLabel("Service").inputValue()).toBe("wiki");
  await rows().first().getByRole("link", { name: /^run / }).click();
  await page.waitForURL("**/runs/*");
  await page.goBack();
  expect(address()).toEqual({ status: "failed,unknown", service: "wiki" });
  expect(await shown("status=failed,unknown&service=wiki")).toEqual(ofWiki);
  expect(await page.getByLabel("Service").inputValue()).toBe("wiki");
});

test("[STATE-03] who, text and time change the rows and the address, and hostile words stay words", async () => {
  const { page } = tab;
  await page.getByRole("button", { name: "Take all filters away" }).click();
  const all = await shown("");
  expect(address()).toEqual({});
  expect(await page.getByLabel("Service").inputValue()).toBe("");
  await page.getByLabel("Who").fill("ada");
  const ofAda = await shown("actor=ada");
  expect(ofAda.length).toBeLessThan(all.length);
  for (const row of ofAda) expect(row).toContain("ada");
  // Two fields in the same moment: none forgets the other.
  await page.getByLabel("Who").fill("chiffon");
  await page.getByLabel("Service").fill("wiki");
  await shown("actor=chiffon&service=wiki");
  expect(address()).toEqual({ actor: "chiffon", service: "wiki" });
  await page.getByLabel("Service").fill("");
  await page.getByLabel("Who").fill("ada");
  await shown("actor=ada");
  await page.getByLabel("Text").fill("<b>not</b> TODAY");
  const [row = ""] = await shown(`actor=ada&q=${encodeURIComponent("<b>not</b> TODAY")}`);
  expect(row).toMatch(/plan\.rejected/);
  expect(address()).toEqual({ actor: "ada", q: "<b>not</b> TODAY" });
  await rows().getByRole("button").click();
  await page.getByText("<b>not</b> today [U+202E]yadot").waitFor();
  expect(await lookAtAll(page, "record-filtered")).toEqual([]);

  await page.getByRole("button", { name: "Take all filters away" }).click();
  await page.getByLabel("From").fill("2020-01-01T00:00");
  // Picked, and not left: the rows follow all the same.
  await page.getByLabel("To", { exact: true }).fill("2020-01-02T00:00");
  await page.getByText("No record fits.").waitFor();
  expect(Object.keys(address())).toEqual(["since", "until"]);
  expect(await lookAtAll(page, "record-nothing")).toEqual([]);
  await page.reload();
  await page.getByText("No record fits.").waitFor();
  expect(await page.getByLabel("From").inputValue()).toBe("2020-01-01T00:00");
  await page.getByLabel("To", { exact: true }).fill("2120-01-01T00:00");
  await page.keyboard.press("Enter");
  await shown("");
  await page.getByLabel("From").fill("2119-01-01T00:00");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Show all records" }).click();
  await shown("");
  expect(address()).toEqual({});
  expect(await page.getByLabel("From").inputValue()).toBe("");
});

test("[STATE-03] all changes to a service: what was planned, who approved it, what ran and how it ended", async () => {
  await tab.page.goto(`${server.url}/record?service=wiki`);
  const kinds = (await shown("service=wiki")).map((row) => /[a-z]+\.[a-z]+/.exec(row)?.[0]);
  expect(new Set(kinds)).toEqual(
    new Set([
      "run.finished",
      "task.finished",
      "task.started",
      "task.dispatched",
      "plan.approved",
      "plan.proposed",
    ]),
  );
  await tab.page.goto(`${server.url}/record?service=page&status=rejected`);
  expect((await shown("service=page&status=rejected"))[0]).toContain("plan.rejected");
});

test("[STATE-03] a time in the address cuts between two records", async () => {
  const { items } = await api.get<AuditPage>("/audit/query?limit=500");
  const middle = items[Math.floor(items.length / 2)]?.at ?? "";
  await tab.page.goto(`${server.url}/record?since=${encodeURIComponent(middle)}`);
  const later = await shown(`since=${encodeURIComponent(middle)}`);
  expect(later.length).toBeLessThan(items.length);
  await tab.page.goto(`${server.url}/record?status=nothing%20of%20the%20kind&q=true`);
  await tab.page.getByText("No record fits.").waitFor();
  expect(await tab.page.getByLabel("Text").inputValue()).toBe("true");
});

test("[E2E-04] the page proves the record whole, and names the record that somebody with the database has changed", async () => {
  const { page } = tab;
  await page.goto(`${server.url}/record`);
  const verify = page.getByRole("button", { name: "Verify" });
  await verify.click();
  await page.getByText(/^Whole: \d+ records fit \d+ seals?$/).waitFor();

  await using db = await connect(world);
  await db.query("ALTER TABLE audit_record DISABLE TRIGGER append_only");
  const { rows: changed } = await db.query<{ idx: string }>(
    `UPDATE audit_record r SET body = convert_to(replace(convert_from(body, 'UTF8'), '"rejected"', '"approved"'), 'UTF8')
     FROM audit_order o WHERE o.arrival = r.arrival AND r.kind = 'plan.rejected' RETURNING o.idx`,
  );
  await db.query("ALTER TABLE audit_record ENABLE ALWAYS TRIGGER append_only");
  expect(changed).toHaveLength(1);
  await verify.click();
  const alert = page.getByRole("alert");
  await alert.getByText(`at record ${changed[0]?.idx ?? ""}`).waitFor();
  expect(await page.getByText(/^Whole:/).count()).toBe(0);
  expect(await lookAtAll(page, "record-broken")).toEqual([]);
});
