import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { expectAccessible, fitsWidth, takePicture, type Tab, type TestBrowser } from "../support/browser.ts";
import { closeDashboard, openDashboard, refuseProblems } from "../support/dashboard.ts";
import { plan, writeRepository } from "../support/jobs.ts";
import { createWorld, type Api, type Server, type World } from "../support/server.ts";

/* What would change, in the browser: the Diff tab before and after trust, and the page of the trust itself. */

let world: World;
let server: Server;
let browser: TestBrowser;
let tab: Tab;
let api: Api;

beforeAll(async () => {
  world = await createWorld();
  const repository = await writeRepository(world, {
    "hosts.yml":
      "all:\n  hosts:\n    one: {ansible_connection: local}\n    two: {ansible_connection: local}\n",
    "lamp.yml": `# chiffon:service=lamp
- name: Deploy lamp
  hosts: all
  gather_facts: false
  vars:
    lamp_colour: "{{ 'green' | shade }}"
  tasks:
    - name: Write the settings
      ansible.builtin.copy:
        content: "colour {{ lamp_colour }}\\n"
        dest: ${path.join(world.dir, "lamp.txt")}
        mode: "0644"
    - name: Switch it on
      ansible.builtin.command: /bin/true
      check_mode: false
`,
    "slow.yml": `# chiffon:service=clock
- name: Deploy clock
  hosts: all
  gather_facts: false
  tasks:
    - name: Wind it up
      ansible.builtin.debug: {msg: "{{ 'brass' | shade }}"}
    - name: Listen to it for a while
      ansible.builtin.pause: {seconds: 600}
    - name: Hang it up
      ansible.builtin.debug: {msg: it hangs}
`,
    "filter_plugins/shade.py":
      'class FilterModule:\n    def filters(self):\n        return {"shade": lambda text: "dark " + text}\n',
  });
  await writeFile(path.join(world.dir, "lamp.txt"), "colour red\n");
  ({ server, browser, tab, api } = await openDashboard(world, repository));
}, 180_000);

afterEach(() => refuseProblems(tab));

afterAll(() => closeDashboard({ world, server, browser }));

test("[UI-02] a plan says why it has no preview, the repository is trusted after its code was shown, and then the changes are there", async () => {
  const shown = await plan(api, "Deploy lamp");
  const { page } = tab;
  await page.goto(`${server.url}/plans/${shown.id}#diff`);
  await page.getByRole("button", { name: "Preview this step" }).click();
  await page.getByText(/no preview: repository has files that would run as code/).waitFor();
  await expectAccessible(page);
  await page.getByRole("link", { name: "Look at what would run, and trust it" }).click();
  await page.getByText("filter_plugins/shade.py").click();
  await page.getByText('return {"shade"').waitFor();
  await expectAccessible(page);
  await takePicture(page, "trust");
  await page.getByRole("button", { name: "Trust exactly these files" }).click();
  await page.getByText(/^Trusted by ada/).waitFor();

  await page.goto(`${server.url}/plans/${shown.id}#diff`);
  await page.getByRole("button", { name: "Preview this step" }).click();
  await page.getByText("2 would change").waitFor({ timeout: 120_000 });
  await page.getByText("+colour dark green").waitFor();
  await page.getByText(/2 hosts the same/).waitFor();
  await page.getByText(/would run for real even in check mode/).waitFor();
  await page.getByText("Cannot be known before it runs").waitFor();
  await expectAccessible(page);
  await takePicture(page, "plan-diff");
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await fitsWidth(page)).toBe(true);
  await takePicture(page, "plan-diff-narrow");
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(`${server.url}/plans/${shown.id}`);
  await page.getByText(/2 would change, 0 would not, 2 cannot be known/).waitFor();
}, 240_000);

test("[UI-02] while a preview runs the page says which task runs, of how many and where, and it can be stopped", async () => {
  const shown = await plan(api, "Deploy clock");
  const { page } = tab;
  await page.goto(`${server.url}/plans/${shown.id}#diff`);
  await page.getByRole("button", { name: "Preview this step" }).click();
  await page.getByText(/^Task 2 of 3: Listen to it for a while on \w+$/).waitFor();
  await page.getByRole("progressbar", { name: "Tasks looked at" }).waitFor();
  await expectAccessible(page);
  await takePicture(page, "plan-diff-running");
  await page.getByRole("button", { name: "Stop looking" }).click();
  await page.getByText("the preview was cancelled").waitFor();
  expect(await page.getByRole("progressbar").count()).toBe(0);
}, 240_000);
