import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Plan } from "../../src/contracts/plan.ts";
import { type Tab, type TestBrowser } from "../support/browser.ts";
import { closeDashboard, openDashboard, refuseProblems } from "../support/dashboard.ts";
import { approve, ended, plan, writeRepository } from "../support/jobs.ts";
import { lookAtAll } from "../support/looks.ts";
import { createWorld, type Api, type Server, type World } from "../support/server.ts";

/* A plan that is changed by values, compared, run and taken back. The tests follow one another. */

let world: World;
let server: Server;
let browser: TestBrowser;
let tab: Tab;
let api: Api;

const play = (name: string, task: string): string => `# chiffon:service=wiki
- name: ${name} the wiki
  hosts: all
  gather_facts: false
  vars:
    wiki_port: 8080
    wiki_public: false
  tasks:
    - name: ${name} its settings
${task}`;

beforeAll(async () => {
  world = await createWorld();
  const settings = path.join(world.dir, "wiki.conf");
  const repository = await writeRepository(world, {
    "hosts.yml":
      "all:\n  hosts:\n    web1: {ansible_connection: local}\n    web2: {ansible_connection: local}\n",
    "wiki.yml": play(
      "Deploy",
      `      ansible.builtin.copy:\n        content: "{{ wiki_port }} {{ wiki_public }}"\n        dest: ${settings}\n        mode: "0644"\n`,
    ),
    "remove-wiki.yml": play(
      "Remove",
      `      ansible.builtin.file:\n        path: ${settings}\n        state: absent\n`,
    ),
  });
  ({ server, browser, tab, api } = await openDashboard(world, repository));
}, 120_000);

afterEach(() => refuseProblems(tab));

afterAll(() => closeDashboard({ world, server, browser }));

const planOfPage = async (): Promise<Plan> =>
  await api.get<Plan>(`/plans/${new URL(tab.page.url()).pathname.split("/").at(-1) ?? ""}`);

test("[UI-03] values and hosts of a plan are edited in a form, which refuses what cannot be and keeps what was entered", async () => {
  const first = await plan(api, "Deploy wiki with port 81");
  const { page } = tab;
  await page.goto(`${server.url}/plans/${first.id}`);
  await page.getByText("remove-wiki removes it").waitFor();
  await page.getByRole("button", { name: "Edit values…" }).click();
  const dialog = page.getByRole("dialog", { name: "Edit values" });
  const make = dialog.getByRole("button", { name: "Make a new plan" });
  expect(await make.isDisabled()).toBe(true);
  await dialog.getByLabel("wiki_port").fill("82");
  await dialog.getByLabel("Hosts").fill("wbe2");
  await make.click();
  await dialog.getByRole("alert").getByText("did you mean web2").waitFor();
  expect(await dialog.getByLabel("wiki_port").inputValue()).toBe("82");
  await dialog.getByText("1 more variable of the playbook").click();
  await dialog.getByText("The playbook's own value: false").waitFor();
  expect(await lookAtAll(page, "edit-values")).toEqual([]);
  await dialog.getByLabel("wiki_public").fill("true");
  await dialog.getByLabel("Hosts").fill("web2");
  await make.click();
  await dialog.waitFor({ state: "hidden" });

  await page.getByText("revision 2").first().waitFor();
  const second = await planOfPage();
  expect(second).toMatchObject({ revision: 2, state: "proposed" });
  expect(second.steps[0]).toMatchObject({
    hosts: ["web2"],
    vars: [
      { name: "wiki_port", value: 82, source: "person" },
      { name: "wiki_public", value: true, source: "person" },
    ],
  });
  await page.getByRole("tab", { name: "Changes" }).click();
  const changes = page.getByRole("region", { name: "What changed since revision 1" });
  await changes.getByText('wiki_port: "81" → 82').waitFor();
  await changes.getByText("wiki_public: its own value → true").waitFor();
  await changes.getByText("− web1").waitFor();
  await page.getByText("Nothing has been run with these playbooks yet.").waitFor();
  expect(await lookAtAll(page, "plan-changes")).toEqual([]);
});

test("[UI-03] a run is taken back from its page: a plan to read, never by itself; and the next plan says what differs from it", async () => {
  const second = await planOfPage();
  const runId = await approve(api, second);
  await ended(api, runId);
  const { page } = tab;
  await page.goto(`${server.url}/runs/${runId}`);
  await page.getByRole("button", { name: "Roll back…" }).click();
  const dialog = page.getByRole("dialog", { name: "Take this run back?" });
  expect(await lookAtAll(page, "roll-back")).toEqual([]);
  await dialog.getByRole("button", { name: "Make the plan" }).click();
  await page
    .getByRole("heading", { name: /remove-wiki/ })
    .first()
    .waitFor();
  const back = await planOfPage();
  expect(back).toMatchObject({ risk: "R3", state: "proposed", steps: [{ verb: "remove", hosts: ["web2"] }] });
  await page.getByText("Approving asks you to type remove-wiki.").waitFor();

  const again = await plan(api, "Deploy wiki on web2 with port 82");
  await page.goto(`${server.url}/plans/${again.id}#changes`);
  const last = page.getByRole("region", { name: "Compared with the last approved run" });
  await last.getByText("wiki_public: true → its own value").waitFor();
  await last.getByRole("link", { name: "Open that run" }).waitFor();
  expect(await lookAtAll(page, "plan-last-run")).toEqual([]);
});
