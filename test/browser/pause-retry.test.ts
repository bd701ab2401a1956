import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Tab, type TestBrowser } from "../support/browser.ts";
import { closeDashboard, openDashboard, refuseProblems } from "../support/dashboard.ts";
import { approve, ended, plan, playbook, running, writeRepository } from "../support/jobs.ts";
import { lookAtAll } from "../support/looks.ts";
import { createWorld, type Api, type Server, type World } from "../support/server.ts";

/* A run that is paused and resumed on its page, and one of which a part is tried again. */

let world: World;
let server: Server;
let browser: TestBrowser;
let tab: Tab;
let api: Api;

const hold = () => path.join(world.dir, "hold");
const first = () => `    - name: Wait while somebody holds it
      ansible.builtin.wait_for:
        path: ${hold()}
        state: absent
        timeout: 60
`;
const second = () => `    - name: Look whether it is broken
      ansible.builtin.command:
        cmd: test ! -e ${path.join(world.dir, "broken")}
      changed_when: false
`;

beforeAll(async () => {
  world = await createWorld();
  const repository = await writeRepository(world, {
    "wiki.yml": playbook("wiki", first()),
    "forum.yml": playbook("forum", second()),
  });
  ({ server, browser, tab, api } = await openDashboard(world, repository));
}, 120_000);

afterEach(() => refuseProblems(tab));

afterAll(() => closeDashboard({ world, server, browser }));

test("a run is paused and resumed on its page, and what failed of it is tried again by a plan", async () => {
  const { page } = tab;
  await writeFile(hold(), "");
  await writeFile(path.join(world.dir, "broken"), "");
  const runId = await approve(api, await plan(api, "Deploy wiki and then deploy forum"));
  await running(api, runId);
  await page.goto(`${server.url}/runs/${runId}`);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText(/^paused by \S+; step 1 still runs$/).waitFor();
  expect(await lookAtAll(page, "run-paused")).toEqual([]);

  await rm(hold());
  await page
    .getByText(/^paused by \S+$/)
    .first()
    .waitFor();
  await page.getByRole("button", { name: "Resume" }).click();
  expect(await ended(api, runId)).toMatchObject({
    state: "failed",
    reason: expect.stringMatching(/^step 2/),
  });

  await page.getByRole("button", { name: "Retry…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("What").selectOption("1");
  await dialog.getByLabel("Begin at the Ansible task").fill("Look whether it is broken");
  expect(await lookAtAll(page, "run-retry")).toEqual([]);
  await dialog.getByRole("button", { name: "Make the plan" }).click();
  await page
    .getByRole("link", { name: `run ${runId.slice(0, 8)}`, exact: true })
    .first()
    .waitFor();
  await page.getByText("Begins at").first().waitFor();
  await page
    .getByText(/from the Ansible task "Look whether it is broken" on/)
    .first()
    .waitFor();
});
