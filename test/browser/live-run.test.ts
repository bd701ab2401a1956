import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Plan } from "../../src/contracts/plan.ts";
import type { Run } from "../../src/contracts/run.ts";
import { expectAccessible, signInOn, type Tab, type TestBrowser } from "../support/browser.ts";
import { closeDashboard, openDashboard } from "../support/dashboard.ts";
import { approve, ended, plan, playbook, running, writeRepository } from "../support/jobs.ts";
import { createWorld, startServer, waitUntil, type Api, type Server, type World } from "../support/server.ts";

/* Runs seen in a real Chromium while things go wrong around them. */

let world: World;
let server: Server;
let browser: TestBrowser;
let tab: Tab;
let api: Api;
let repository: string;

const hostile = String.raw`    - name: "<img src=x onerror=alert(1)> {{ '\u202e' }}drawkcab"
      ansible.builtin.debug:
        msg: "<script>document.title='pwned'</script> {{ '\u001b[2J\u001b]0;pwned\u0007' }}"
    - name: Write a long line
      ansible.builtin.debug:
        msg: "{{ 'x' * 1000000 }}"
    - name: Fail on purpose
      ansible.builtin.fail:
        msg: "no <b>space</b> left"
`;

/** Goes on until a file says that it may end, so that no test depends on how fast a machine is. */
function waiting(gate: string): string {
  return `    - name: Say before
      ansible.builtin.debug:
        msg: before the gate
    - name: Wait for the gate
      ansible.builtin.wait_for:
        path: "${gate}"
        timeout: 120
        sleep: 1
    - name: Say after
      ansible.builtin.debug:
        msg: after the gate
`;
}

beforeAll(async () => {
  world = await createWorld();
  const gate = (name: string): string => path.join(world.dir, name);
  repository = await writeRepository(world, {
    "hostile.yml": playbook("hostile", hostile),
    "steady.yml": playbook("steady", waiting(gate("steady-gate"))),
    "lasting.yml": playbook("lasting", waiting(gate("lasting-gate"))),
    "double.yml": playbook("double", "    - name: Say\n      ansible.builtin.debug:\n        msg: once\n"),
  });
  ({ server, browser, tab, api } = await openDashboard(world, repository));
}, 120_000);

afterAll(() => closeDashboard({ world, server, browser }));

test("[UI-03] two tabs that approve the same plan at once make one run, and both show it", async () => {
  const shown = await plan(api, "Deploy double");
  await using second = await browser.open({ beside: tab });
  const pages = [tab.page, second.page];
  await Promise.all(
    pages.map(async (page) => {
      await page.goto(`${server.url}/plans/${shown.id}`);
      await page.getByRole("button", { name: "Approve…" }).click();
      const dialog = page.getByRole("dialog");
      const read = dialog.getByLabel(/I have read/);
      if (shown.approvalForm.kind === "review") await read.check();
      if (shown.approvalForm.typed !== null) await dialog.getByLabel(/^Type /).fill(shown.approvalForm.typed);
    }),
  );
  const press = (page: Tab["page"]) => page.getByRole("button", { name: "Approve and run" }).click();
  await Promise.all(pages.map((page) => press(page).catch(() => undefined)));

  const { runId } = await waitUntil(async () => {
    const now = await api.get<Plan>(`/plans/${shown.id}`);
    return now.state === "approved" ? now : undefined;
  });
  await ended(api, runId ?? "");
  const runs = await api.get<{ items: Run[] }>("/runs");
  expect(runs.items.filter((run) => run.planId === shown.id)).toHaveLength(1);
  for (const page of pages) {
    await page.reload();
    await page.getByRole("link", { name: "Open run" }).waitFor();
  }
});

test("[UI-04] hostile names, colours, controls and a line of one megabyte do nothing, and the failure names its place", async () => {
  const runId = await approve(api, await plan(api, "Deploy hostile"));
  const { page } = tab;
  await page.goto(`${server.url}/runs/${runId}`);
  await ended(api, runId);
  const panel = page.getByRole("region", { name: "What failed" });
  await panel.getByText("no <b>space</b> left").waitFor();

  expect(await panel.innerText()).toMatch(/this-machine failed in Fail on purpose[\s\S]*hostile\.yml:\d+/);
  expect(await page.title()).not.toContain("pwned");
  expect(await page.locator("img[src=x]").count()).toBe(0);
  await panel.getByRole("button", { name: "Show its output" }).click();
  await page.getByRole("log", { name: "Output of Ansible" }).getByText("FAILED!").waitFor();
  await expectAccessible(page);
  expect(tab.problems).toEqual([]);
});

test("[UI-04] a reload in the middle of a run shows what was before and what comes after, and cancelling asks first", async () => {
  const runId = await approve(api, await plan(api, "Deploy steady"));
  const { page } = tab;
  await running(api, runId);
  await page.goto(`${server.url}/runs/${runId}`);
  const log = page.getByRole("log", { name: "Output of Ansible" });
  await log.getByText("before the gate").waitFor();
  await page.reload();
  await log.getByText("before the gate").waitFor();
  await page.getByRole("table").getByText("Running").waitFor();
  await expectAccessible(page);

  await page.getByRole("button", { name: "Cancel run" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason").fill("seen enough");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Cancel run" }).click();
  await page.getByText("Cancelled").first().waitFor();
  expect((await ended(api, runId)).state).toBe("cancelled");
});

test("[UI-04] a server that is killed and comes back during a run is caught up with, without a gap", async () => {
  const runId = await approve(api, await plan(api, "Deploy lasting"));
  const { page } = tab;
  await page.goto(`${server.url}/runs/${runId}`);
  const log = page.getByRole("log", { name: "Output of Ansible" });
  await log.getByText("before the gate").waitFor();
  const { port } = new URL(server.url);
  await server.kill();
  server = await startServer(world, { args: ["--repo", repository, "--port", port] });
  await writeFile(path.join(world.dir, "lasting-gate"), "");

  await page.getByText("Succeeded").first().waitFor({ timeout: 90_000 });
  await log.getByText("after the gate").waitFor();
  const stored = await api.get<{ text: string }>(`/runs/${runId}/log`);
  // The whole log is on the page: nothing was lost while the server was away.
  const lines = stored.text.trimEnd().split("\n").length;
  await log.getByText(String(lines), { exact: true }).waitFor();
});

test("a session that has ended asks for the password over the page and keeps what was typed", async () => {
  await using own = await browser.open();
  const { page } = own;
  await page.goto(`${server.url}/login`);
  await signInOn(page);
  await page.getByLabel("What should happen?").fill("Deploy double, but not today");
  await page.context().clearCookies();
  await page.getByRole("button", { name: "Send" }).click();
  const dialog = page.getByRole("dialog", { name: "Your session has ended" });
  await dialog.waitFor();
  await expectAccessible(page);
  await signInOn(page);

  await dialog.waitFor({ state: "hidden" });
  expect(await page.getByLabel("What should happen?").inputValue()).toBe("Deploy double, but not today");
});

test("[UI-03] the whole way from question to approval works by keyboard alone", async () => {
  await using own = await browser.open();
  const { page } = own;
  await page.goto(`${server.url}/login`);
  await signInOn(page);
  await page.getByLabel("What should happen?").focus();
  await page.keyboard.type("Deploy double");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Approve…" }).waitFor();
  await page.evaluate("document.activeElement.blur()");
  await page.keyboard.press("a");
  const dialog = page.getByRole("dialog", { name: "Approve this plan?" });
  await dialog.waitFor();
  const at = (what: string) => page.evaluate<string>(`document.activeElement.${what} ?? ""`);
  for (let press = 0; press < 12; press += 1) {
    if ((await at("textContent")) === "Approve and run") break;
    if ((await at("type")) === "checkbox") await page.keyboard.press("Space");
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");

  await dialog.waitFor({ state: "hidden" });
  await page.locator(":focus", { hasText: "Open run" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("Succeeded").first().waitFor({ timeout: 60_000 });
});
