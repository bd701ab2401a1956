import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Plan } from "../../src/contracts/plan.ts";
import { expectAccessible, signInOn, type Tab, type TestBrowser } from "../support/browser.ts";
import { closeDashboard, openDashboard, refuseProblems } from "../support/dashboard.ts";
import { connect } from "../support/database.ts";
import { ended, plan, writeRepository } from "../support/jobs.ts";
import { lookAtAll } from "../support/looks.ts";
import { createWorld, password, type Api, type Server, type World } from "../support/server.ts";

/* Approvals that take more than a click, and the record of what was decided. The tests follow one another. */

let world: World;
let server: Server;
let browser: TestBrowser;
let tab: Tab;
let api: Api;

/** Opaque to a preview, and so of risk R3 on one host, and of R4 on all. */
const opaque = (service: string, hosts: string) => `# chiffon:service=${service}
- name: Deploy ${service}
  hosts: ${hosts}
  gather_facts: false
  tasks:
    - name: Say
      ansible.builtin.command: echo ${service}
      changed_when: false
`;

beforeAll(async () => {
  world = await createWorld();
  const repository = await writeRepository(world, {
    "hosts.yml":
      "all:\n  hosts:\n    one: {ansible_connection: local}\n    two: {ansible_connection: local}\n",
    "Cellar.yml": opaque("cellar", "one"),
    "attic.yml": opaque("attic", "all"),
    "porch.yml": opaque("porch", "one"),
  });
  ({ server, browser, tab, api } = await openDashboard(world, repository));
}, 120_000);

afterEach(() => refuseProblems(tab));

afterAll(() => closeDashboard({ world, server, browser }));

test("[UI-03] a plan of risk R3 is approved only by typing the exact name, which the button says it waits for", async () => {
  const shown = await plan(api, "Deploy cellar");
  expect(shown).toMatchObject({ risk: "R3", approvalForm: { kind: "type", typed: "Cellar" } });
  const { page } = tab;
  await page.goto(`${server.url}/plans/${shown.id}`);
  await page.getByText("Approving asks you to type Cellar.").waitFor();
  await page.getByRole("button", { name: "Approve…" }).click();
  const dialog = page.getByRole("dialog", { name: "Approve this plan?" });
  const approve = dialog.getByRole("button", { name: "Approve and run" });
  const field = dialog.getByLabel("Type Cellar to approve");
  await dialog.getByText("tasks cannot be previewed").waitFor();
  const why = async () =>
    await page.locator(`[id="${(await approve.getAttribute("aria-describedby")) ?? "none"}"]`).innerText();
  for (const typed of ["", "cellar", "Cella", "Cellar1"]) {
    await field.fill(typed);
    expect(await approve.isDisabled()).toBe(true);
    expect(await why()).toMatch(typed === "" ? /^Type Cellar exactly/ : /^This is not exactly Cellar;/);
    await field.press("Enter");
  }
  await field.fill("cellar");
  expect(await lookAtAll(page, "approve-r3-wrong")).toEqual([]);
  expect((await api.get<Plan>(`/plans/${shown.id}`)).state).toBe("proposed");

  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await page.locator(":focus", { hasText: "Approve…" }).waitFor();
  await page.keyboard.press("Enter");
  // What was typed before does not count for a later look.
  expect(await field.inputValue()).toBe("");
  await field.fill("Cellar");
  expect(await approve.isEnabled()).toBe(true);
  await field.press("Enter");
  await page.locator(":focus", { hasText: "Open run" }).waitFor();
  const { runId, approval } = await api.get<Plan>(`/plans/${shown.id}`);
  expect(approval?.by).toBe("ada");
  expect((await ended(api, runId ?? "")).state).toBe("succeeded");
});

test("[UI-03] a session that ends while a name is typed asks for the password over the dialog and keeps the name", async () => {
  const shown = await plan(api, "Deploy porch");
  await using own = await browser.open();
  const { page } = own;
  await page.goto(`${server.url}/plans/${shown.id}`);
  await signInOn(page);
  await page.getByRole("button", { name: "Approve…" }).click();
  await page.getByLabel("Type porch to approve").fill("porch");
  await page.getByLabel("Comment (optional)").fill("after lunch");
  await page.context().clearCookies();
  await page.getByRole("button", { name: "Approve and run" }).click();
  const again = page.getByRole("dialog", { name: "Your session has ended" });
  await again.waitFor();
  await expectAccessible(page);
  await signInOn(page);
  await again.waitFor({ state: "hidden" });
  expect(await page.getByLabel("Type porch to approve").inputValue()).toBe("porch");
  expect((await api.get<Plan>(`/plans/${shown.id}`)).state).toBe("proposed");
  await page.getByRole("button", { name: "Approve and run" }).click();
  await page.getByRole("link", { name: "Open run" }).waitFor();
  expect((await api.get<Plan>(`/plans/${shown.id}`)).approval?.comment).toBe("after lunch");
  expect(own.problems).toEqual([]);
});

test("[UI-03] a plan of risk R4 tells a user who is alone when it can be approved, and then lets it be", async () => {
  const shown = await plan(api, "Deploy attic");
  expect(shown).toMatchObject({
    risk: "R4",
    approvalForm: { kind: "type-and-second-person", typed: "attic" },
  });
  const { page } = tab;
  await page.goto(`${server.url}/plans/${shown.id}`);
  await page.getByRole("button", { name: "Approve…" }).click();
  const dialog = page.getByRole("dialog", { name: "Approve this plan?" });
  await dialog.getByLabel("Type attic to approve").fill("attic");
  await dialog.getByRole("button", { name: "Approve and run" }).click();
  const alert = dialog.getByRole("alert");
  await alert.waitFor();
  expect(await alert.innerText()).toMatch(/10 minutes after it was made[\s\S]*approve it in \d+ minutes/);
  await dialog.getByText(/Where there is only one user, that user can approve it in \d+ minutes/).waitFor();
  expect(await lookAtAll(page, "approve-r4-alone")).toEqual([]);
  expect((await api.get<Plan>(`/plans/${shown.id}`)).state).toBe("proposed");

  await using db = await connect(world);
  await db.query("UPDATE plan SET created_at = created_at - interval '10 minutes' WHERE id = $1", [shown.id]);
  await page.keyboard.press("Escape");
  await page.reload();
  await page.getByRole("button", { name: "Approve…" }).click();
  await dialog.getByText("now: 10 minutes have passed").waitFor();
  await dialog.getByLabel("Type attic to approve").fill("attic");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Open run" }).waitFor();
});

test("[UI-03] where there are two people, who asked for a plan of risk R4 cannot approve it, and the other one can", async () => {
  await api.post("/users", { username: "grace", password, role: "approver" });
  const shown = await plan(api, "Deploy attic");
  const { page } = tab;
  await page.goto(`${server.url}/plans/${shown.id}`);
  await page.getByRole("button", { name: "Approve…" }).click();
  const dialog = page.getByRole("dialog", { name: "Approve this plan?" });
  await dialog.getByLabel("Type attic to approve").fill("attic");
  await dialog.getByRole("button", { name: "Approve and run" }).click();
  await dialog.getByRole("alert").getByText("needs a second person").waitFor();
  await dialog.getByText("somebody else than ada has to approve it").waitFor();
  await page.keyboard.press("Escape");
  await page.locator(":focus", { hasText: "Approve…" }).waitFor();

  await using other = await browser.open();
  await other.page.goto(`${server.url}/plans/${shown.id}`);
  await other.page.getByLabel("User name").fill("grace");
  await other.page.getByLabel("Password", { exact: true }).fill(password);
  await other.page.getByRole("button", { name: "Sign in" }).click();
  await other.page.getByRole("button", { name: "Approve…" }).click();
  await other.page.getByLabel("Type attic to approve").fill("attic");
  await other.page.getByRole("button", { name: "Approve and run" }).click();
  await other.page.getByRole("link", { name: "Open run" }).waitFor();
  // The first person's page follows by itself.
  await page.getByRole("link", { name: "Open run" }).waitFor();
  await ended(api, (await api.get<Plan>(`/plans/${shown.id}`)).runId ?? "");
  expect(other.problems).toEqual([]);
});
