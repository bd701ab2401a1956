import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { AuditVerifyResult } from "../../src/contracts/audit.ts";
import { readInstalled, signIn as signInToKuma } from "../homelab/kuma-client.ts";
import {
  copyExample,
  endServices,
  startPortals,
  type ExampleCopy,
  type Portal,
  type Portals,
} from "../homelab/lab.ts";
import {
  expectAccessible,
  setUpIn,
  startBrowser,
  takePicture,
  type Tab,
  type TestBrowser,
} from "../support/browser.ts";
import { refuseProblems } from "../support/dashboard.ts";
import { approve, ended, plan } from "../support/jobs.ts";
import { createWorld, signIn, startServer, type Api, type Server, type World } from "../support/server.ts";

/* The flagship sentence in the browser, with a genuine Uptime Kuma. The tests follow one another. */
const sentence = "Deploy Uptime Kuma and add our existing portals to the config";
// The first deployment of a checkout compiles for minutes.
const compileLimit = 900_000;
let world: World;
let server: Server;
let browser: TestBrowser;
let tab: Tab;
let web: Portals;
let example: ExampleCopy;
let portals: Portal[];

beforeAll(async () => {
  world = await createWorld();
  example = await copyExample(world.dir);
  web = await startPortals(["Wiki", "Photos"]);
  ({ portals } = web);
  await example.writePortals(portals);
  [server, browser] = await Promise.all([
    startServer(world, { args: ["--repo", example.folder] }),
    startBrowser(),
  ]);
  tab = await browser.open();
}, 120_000);

afterEach(() => refuseProblems(tab));

afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await endServices(world.dir);
  await web[Symbol.asyncDispose]();
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
  expect(words).toMatch(/Method\s+by npm, version 2\.0\.0-dev\.0, set in the inventory/);
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
  "[E2E-03] again with one portal edited it changes one thing, and the record verifies",
  { timeout: 480_000 },
  async () => {
    const api = await signIn(server);
    portals = portals.map((portal, index) =>
      index === 0 ? { ...portal, url: `${portal.url}/new` } : portal,
    );
    await example.writePortals(portals);
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
