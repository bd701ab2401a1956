import { cp, readFile, writeFile } from "node:fs/promises";
import { createServer, type Server as WebServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { AuditVerifyResult } from "../../src/contracts/audit.ts";
import { readInstalled, signIn as signInToKuma } from "../homelab/kuma-client.ts";
import { kumaCache } from "../homelab/lab.ts";
import {
  expectAccessible,
  setUpIn,
  startBrowser,
  takePicture,
  type Tab,
  type TestBrowser,
} from "../support/browser.ts";
import { approve, ended, plan } from "../support/jobs.ts";
import {
  createWorld,
  findFreePort,
  listProcesses,
  signIn,
  startServer,
  waitUntil,
  type Api,
  type Server,
  type World,
} from "../support/server.ts";

/* The flagship sentence in the browser, with a genuine Uptime Kuma. The tests follow one another. */
const sentence = "Deploy Uptime Kuma and add our existing portals to the config";
// The first deployment of a checkout compiles for minutes.
const compileLimit = 900_000;
let world: World;
let server: Server;
let browser: TestBrowser;
let tab: Tab;
let web: WebServer;
let portalsFile: string;
let portals: { name: string; url: string }[];

const writePortals = () =>
  writeFile(
    portalsFile,
    `---\nportals:\n${portals.map(({ name, url }) => `  - name: ${name}\n    url: ${url}\n`).join("")}`,
  );

beforeAll(async () => {
  world = await createWorld();
  const homelab = path.join(world.dir, "homelab");
  await cp(path.join(import.meta.dirname, "../../examples/homelab"), homelab, { recursive: true });
  web = createServer((_, answer) => answer.end("here"));
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  portals = ["Wiki", "Photos"].map((name) => ({ name, url: `${address}/${name.toLowerCase()}` }));
  portalsFile = path.join(homelab, "inventory/group_vars/all/portals.yml");
  await writePortals();
  const inventory = path.join(homelab, "inventory/hosts.yml");
  const vars = { kuma_port: await findFreePort(), kuma_method: "npm", kuma_supervision: "supervisor" };
  const lines = Object.entries({ ...vars, kuma_cache: kumaCache }).map(
    ([name, value]) => `    ${name}: ${value}`,
  );
  await writeFile(
    inventory,
    `${(await readFile(inventory, "utf8")).trimEnd()}\n  vars:\n${lines.join("\n")}\n`,
  );
  [server, browser] = await Promise.all([startServer(world, { args: ["--repo", homelab] }), startBrowser()]);
  tab = await browser.open();
}, 120_000);

afterEach(() => {
  if (tab.problems.length > 0) throw new Error(`the page has problems: ${tab.problems.join("; ")}`);
});

afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  // Its supervisor first: it would start Uptime Kuma again.
  for (const wanted of ["supervisord", ""])
    for (const each of (await listProcesses(world)).filter((found) => found.includes(wanted)))
      process.kill(Number(each.split(" ")[0]), "SIGKILL");
  await waitUntil(async () => (await listProcesses(world)).length === 0);
  web.closeAllConnections();
  await new Promise((resolve) => web.close(resolve));
  await world[Symbol.asyncDispose]();
});

test("[E2E-02] the flagship sentence becomes two steps, with the portals of the repository, their file and line", async () => {
  const { page } = tab;
  await setUpIn(page, server);
  await page.goto(server.url);
  await page.getByLabel("What should happen?").fill(sentence);
  await page.getByRole("button", { name: "Send" }).click();
  const card = page.getByRole("article", { name: /^Plan:/ });

  await card.getByText("uptime-kuma-monitors").first().waitFor();
  const words = await card.innerText();
  for (const { name, url } of portals) {
    expect(words).toContain(name);
    expect(words).toContain(url);
  }
  expect(words).toContain("inventory/group_vars/all/portals.yml:3");
  expect(words).toMatch(/previewed after step 1/);
  await expectAccessible(page);
  await takePicture(page, "flagship-plan");
});

test(
  "[UI-03] [E2E-03] the run stops before step 2, shows its preview, and goes on after the second approval",
  { timeout: compileLimit },
  async () => {
    const { page } = tab;
    await page.getByRole("button", { name: "Approve…" }).click();
    const dialog = page.getByRole("dialog");
    const read = dialog.getByLabel(/I have read/);
    if ((await read.count()) > 0) await read.check();
    await dialog.getByRole("checkbox", { name: /step 2/ }).check();
    await dialog.getByRole("button", { name: "Approve and run" }).click();
    await page.getByRole("link", { name: "Open run" }).click();
    await page.waitForURL("**/runs/*");
    const go = page.getByRole("button", { name: "Approve step 2" });
    await go.waitFor({ timeout: compileLimit });
    await page
      .getByText(/would change/)
      .first()
      .waitFor({ timeout: 120_000 });
    await page.locator("button:enabled", { hasText: "Approve step 2" }).waitFor({ timeout: 120_000 });
    await expectAccessible(page);
    await takePicture(page, "flagship-stop");
    await go.click();
    await dialog.getByRole("button", { name: "Approve step 2" }).click();

    await page.getByRole("heading", { name: /^Stopped before step 2/ }).waitFor({ state: "hidden" });
    // The run itself, then each of its two steps.
    await page.getByText("Succeeded").nth(2).waitFor({ timeout: 240_000 });
    await page.getByRole("log", { name: "Output of Ansible" }).getByText("PLAY RECAP").last().waitFor();
    await expectAccessible(page);
    await takePicture(page, "flagship-run");
  },
);

test("[E2E-03] Uptime Kuma itself names the portals as its monitors", async () => {
  const api = await signIn(server);
  const { value } = await api.post<{ value: string }>("/secrets/kuma_admin_password/reveal");
  using kuma = await signInToKuma(await readInstalled(world.home), value);

  expect(await kuma.listMonitors()).toMatchObject(portals);
});

test(
  "[E2E-03] again it changes nothing, with one portal edited it changes one thing, and the record verifies",
  { timeout: 480_000 },
  async () => {
    const api = await signIn(server);
    expect(await runAgain(api)).toBe(0);
    portals = portals.map((portal, index) =>
      index === 0 ? { ...portal, url: `${portal.url}/new` } : portal,
    );
    await writePortals();
    expect(await runAgain(api)).toBe(1);

    const verified = await api.post<AuditVerifyResult>("/audit/verify");
    expect(verified.ok).toBe(true);
  },
);

/** How many things a further run of the sentence changes. */
async function runAgain(api: Api): Promise<number> {
  const run = await ended(api, await approve(api, await plan(api, sentence)), 240_000);
  expect(run).toMatchObject({ state: "succeeded" });
  const recaps = run.tasks.flatMap((task) => Object.values(task.attempts.at(-1)?.recap ?? {}));
  return recaps.reduce((sum, recap) => sum + recap.changed, 0);
}
