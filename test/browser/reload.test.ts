import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Plan } from "../../src/contracts/plan.ts";
import type { Run } from "../../src/contracts/run.ts";
import { findViolations, fitsWidth, takePicture, type Tab, type TestBrowser } from "../support/browser.ts";
import { closeDashboard, openDashboard, refuseProblems } from "../support/dashboard.ts";
import { connect } from "../support/database.ts";
import { approve, ended, plan, playbook, writeRepository } from "../support/jobs.ts";
import {
  chiffon,
  createWorld,
  findSupervisor,
  startServer,
  waitUntil,
  type Api,
  type Server,
  type World,
} from "../support/server.ts";

/* Every state in which a run or a plan can lie, before and after a reload of the page. */

let world: World;
let server: Server;
let browser: TestBrowser;
let tab: Tab;
let api: Api;
let repository: string;
let failedRun: string;

const say = "    - name: Say\n      ansible.builtin.debug:\n        msg: here\n";
const gate = () => path.join(world.dir, "gate");

const writing = () => `    - name: Write
      ansible.builtin.copy:
        content: "wanted\\n"
        dest: ${path.join(world.dir, "wanted.conf")}
        mode: "0644"
`;

const holding = () => `    - name: Write what was wanted
      ansible.builtin.copy:
        content: "half\\n"
        dest: ${path.join(world.dir, "half.conf")}
        mode: "0644"
    - name: Wait for the gate
      ansible.builtin.wait_for:
        path: ${gate()}
        timeout: 120
        sleep: 1
`;

const failing = `    - name: Say before
      ansible.builtin.debug:
        msg: it went well so far
    - name: Fail on purpose
      ansible.builtin.fail:
        msg: no space left on the disk
`;

beforeAll(async () => {
  world = await createWorld();
  repository = await writeRepository(world, {
    "plain.yml": playbook("plain", say),
    "second.yml": playbook("second", writing()),
    "changing.yml": playbook("changing", say),
    "broken.yml": playbook("crash", failing),
    "holding.yml": playbook("holding", holding()),
  });
  ({ server, browser, tab, api } = await openDashboard(world, repository));
}, 120_000);

afterEach(() => refuseProblems(tab));

afterAll(() => closeDashboard({ world, server, browser }));

/** What a person reads and can press, without the times that go on. */
interface Sight {
  readonly words: string;
  /** Names of what can be pressed, whether at the moment or not. */
  readonly buttons: readonly string[];
  readonly links: readonly string[];
}

const clock = /just now|\d+(?:\.\d+)? (?:ms|s|min|h)(?: \d+ (?:s|min))?(?: ago)?/g;

async function look(): Promise<Sight> {
  const main = tab.page.getByRole("main");
  const texts = async (role: "button" | "link") =>
    (await main.getByRole(role).allInnerTexts()).map((text) => text.trim()).filter(Boolean);
  const words = (await main.innerText()).replaceAll(clock, "…").replaceAll(/\s+/g, " ");
  return { words, buttons: await texts("button"), links: await texts("link") };
}

/** Opens the page, waits for the words that it must come to, and shows that a reload leads to the very same. */
async function reloaded(address: string, wanted: readonly string[]): Promise<Sight> {
  const { page } = tab;
  const arrived = async () => {
    for (const text of wanted) await page.getByRole("main").getByText(text).first().waitFor();
  };
  await page.goto(`${server.url}${address}`);
  await arrived();
  await page.waitForLoadState("networkidle");
  const before = await look();
  await page.reload();
  await arrived();
  await expect.poll(async () => (await look()).words).toBe(before.words);
  const { buttons, links } = await look();
  expect({ buttons: buttons.map(timeless), links }).toEqual({
    buttons: before.buttons.map(timeless),
    links: before.links,
  });
  return before;
}

const timeless = (text: string): string => text.replaceAll(clock, "…");

const looks = { narrow: [390, "dark"], wide: [1280, "light"] } as const;
type Look = keyof typeof looks;

/** Fails on anything that axe objects to or that is wider than the window. */
async function expectFit(name: string, ...wanted: Look[]): Promise<void> {
  const { page } = tab;
  const found: string[] = [];
  for (const which of wanted) {
    const [width, colorScheme] = looks[which];
    await page.setViewportSize({ width, height: width < 600 ? 844 : 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    if (!(await fitsWidth(page))) found.push(`${name}, ${which}: wider than the window`);
    for (const violation of await findViolations(page)) found.push(`${name}, ${which}: ${violation}`);
    await takePicture(page, `${name}-${which}`);
  }
  expect(found).toEqual([]);
}

/** Approves and waits until Ansible stands at the gate. */
async function hold(text: string): Promise<string> {
  const runId = await approve(api, await plan(api, text));
  await waitUntil(async () => {
    const log = await api.get<{ text: string }>(`/runs/${runId}/log`);
    return log.text.includes("TASK [Wait for the gate]");
  }, 60_000);
  return runId;
}

/** Buttons that decide something about a run; the others only look at it. */
function decisions({ buttons }: Sight): string[] {
  return buttons.filter((text) => /Cancel|Approve|Ask again/.test(text));
}

test("[UI-04] a failed run says after a reload what failed and why, what did not run, and that it can be asked for again", async () => {
  failedRun = await approve(api, await plan(api, "Deploy crash and then deploy plain"));
  await ended(api, failedRun);
  const seen = await reloaded(`/runs/${failedRun}`, ["What failed", "PLAY RECAP"]);

  expect(seen.words).toContain(
    'step 1 failed. "Fail on purpose" failed on this-machine: no space left on the disk',
  );
  expect(seen.words).toContain("this-machine failed in Fail on purpose (step 1) broken.yml:9");
  expect(seen.words).toContain("no space left on the disk");
  expect(seen.words).toContain("2. plain Skipped on this-machine step 1 failed");
  expect(seen.words).toContain("What was changed before stays changed");
  expect(decisions(seen)).toEqual(["Ask again"]);
  await expectFit("run-failed", "narrow", "wide");
  // A transition of a moment would hold back the places of lines in a log that grows.
  expect(await tab.page.evaluate("getComputedStyle(document.body).transitionProperty")).toBe("none");

  await tab.page.getByRole("button", { name: "Ask again" }).click();
  const box = tab.page.getByLabel("What should happen?");
  await box.waitFor();
  expect(await box.inputValue()).toBe("Deploy crash and then deploy plain");
  await box.fill("");
});

test("[UI-04] a run whose end nobody knows says after a reload what is known and what a person can decide", async () => {
  const runId = await hold("Deploy holding and then deploy plain");
  const supervisor = await findSupervisor(world);
  process.kill(Number(supervisor), "SIGKILL");
  await ended(api, runId);
  const seen = await reloaded(`/runs/${runId}`, [
    "Nobody knows how this ended",
    "The last that Ansible said",
  ]);

  expect(seen.words).toContain(
    "Deploy holding and then deploy plain Unknown Roll back… step 1: we do not know",
  );
  expect(seen.words).toContain("Last seen at work Wait for the gate on this-machine");
  expect(seen.words).toContain("Has been changed this-machine");
  expect(seen.words).toMatch(/The last that Ansible said: .*TASK \[Wait for the gate\]/);
  expect(seen.words).toContain("Its agent has looked: nothing of it runs any more.");
  expect(seen.words).toContain("2. plain Waits on this-machine");
  expect(seen.words).not.toMatch(/Running|Left not known/);
  expect(decisions(seen)).toEqual(["Ask again", "Cancel the rest"]);
  await expectFit("run-unknown", "narrow", "wide");

  const { page } = tab;
  await page.getByRole("button", { name: "Cancel the rest" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel run" }).click();
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  const rest = await reloaded(`/runs/${runId}`, ["2. plain", "It was cancelled"]);
  expect(rest.words).toContain("2. plain Cancelled");
  // Nothing is left that a further cancelling could do.
  expect(decisions(rest)).toEqual(["Ask again"]);
});

test("[UI-04] [UI-03] a run that waits, its approved plan, and both when it is cancelled or runs out are the same after a reload", async () => {
  const holder = await hold("Deploy holding");
  const [waiting, late] = await Promise.all([plan(api, "Deploy plain"), plan(api, "Deploy second")]);
  const runId = await approve(api, waiting);
  const lateRun = await approve(api, late);
  const queued = await reloaded(`/runs/${runId}`, ["waiting for host this-machine"]);
  expect(queued.words).toContain(
    `Deploy plain Queued Cancel run waiting for host this-machine: locked by run ${holder.slice(0, 8)}`,
  );
  expect(queued.words).toContain("It begins by itself when that is over.");
  expect(queued.links).toContain("Open the run that it waits for");
  expect(decisions(queued)).toEqual(["Cancel run"]);
  await expectFit("run-queued", "narrow");
  const approved = await reloaded(`/plans/${waiting.id}`, ["Approved by ada", "Queued"]);
  expect(approved.words).toContain("it runs once. Queued waiting for host this-machine");
  expect(approved.links).toContain("Open run");
  expect(decisions(approved)).toEqual([]);
  await expectFit("plan-approved", "wide");

  await expire(lateRun);
  const expired = await reloaded(`/plans/${late.id}`, ["Expired", "within 24 hours"]);
  expect(decisions(expired)).toEqual(["Ask again"]);
  expect(expired.links).toContain("Open run");
  await expectFit("plan-expired", "narrow");

  await tab.page.goto(`${server.url}/runs/${runId}`);
  await tab.page.getByRole("button", { name: "Cancel run" }).click();
  const dialog = tab.page.getByRole("dialog");
  await dialog.getByText("It has not begun").waitFor();
  await dialog.getByLabel("Reason").fill("not today");
  await dialog.getByRole("button", { name: "Cancel run" }).click();
  const never = await reloaded(`/runs/${runId}`, ["cancelled by ada: not today"]);
  expect(never.words).toContain("Nothing was changed on any host.");
  expect(never.words).toContain("Ansible was not started.");
  expect(decisions(never)).toEqual(["Ask again"]);

  await api.post(`/runs/${holder}/cancel`, { reason: "enough" });
  await ended(api, holder);
  const stopped = await reloaded(`/runs/${holder}`, ["cancelled by ada: enough", "Wait for the gate"]);
  expect(stopped.words).toContain("Deploy holding Cancelled Roll back… stopped: cancelled by ada: enough");
  expect(stopped.words).toContain("What was changed before it was stopped stays changed.");
  expect(decisions(stopped)).toEqual(["Ask again"]);
  await expectFit("run-cancelled", "wide");
});

/** A day goes by in which the run could not begin. */
async function expire(runId: string): Promise<void> {
  await using database = await connect(world);
  await database.query("UPDATE run SET created_at = created_at - interval '25 hours' WHERE id = $1", [runId]);
  await ended(api, runId);
}

test("[UI-04] [E2E-03] a run that stopped before a step shows after a reload what the step would change, and both decisions", async () => {
  const shown = await plan(api, "Deploy plain and then deploy second");
  const { typed } = shown.approvalForm;
  const body = { hash: shown.hash, stopBefore: [1], ...(typed === null ? {} : { typed }) };
  const { runId } = await api.post<Plan>(`/plans/${shown.id}/approve`, body);
  const previewId = await waitUntil(async () => {
    const run = await api.get<Run>(`/runs/${runId}`);
    return run.state === "paused" ? (run.stops[0]?.previewRunId ?? undefined) : undefined;
  }, 60_000);
  await ended(api, previewId);
  const seen = await reloaded(`/runs/${runId}`, ["would change: Write", "+wanted"]);

  expect(seen.words).toContain("Paused Cancel run stopped before step 2 as asked");
  expect(seen.words).toContain("Stopped before step 2, second Succeeded The preview as a run of its own");
  expect(seen.words).toContain("The step runs only when somebody approves it.");
  expect(seen.words).toContain("1. plain Succeeded");
  expect(decisions(seen)).toEqual(["Cancel run", "Approve step 2", "Cancel instead"]);
  await expectFit("run-paused", "narrow", "wide");
  const linked = await reloaded(`/plans/${shown.id}`, ["Paused", "waits for you"]);
  expect(linked.links).toContain("Look at the preview");

  await tab.page.goto(`${server.url}/runs/${runId}`);
  await tab.page.getByRole("button", { name: "Approve step 2" }).click();
  await tab.page.getByRole("dialog").getByRole("button", { name: "Approve step 2" }).click();
  await ended(api, runId ?? "");
  const done = await reloaded(`/runs/${runId}`, ["Write", "PLAY RECAP"]);
  expect(done.words).toContain("Deploy plain and then deploy second Succeeded");
  expect(decisions(done)).toEqual([]);
  const preview = await reloaded(`/runs/${previewId}`, ["This is a preview in check mode", "PLAY RECAP"]);
  expect(decisions(preview)).toEqual([]);
});

test("[UI-03] rejected, out of date and replaced plans say after a reload why, and what leads on", async () => {
  const [rejected, stale, old] = [
    await plan(api, "Deploy plain"),
    await plan(api, "Deploy changing"),
    await plan(api, "Deploy second"),
  ];
  await api.post(`/plans/${rejected.id}/reject`, { reason: "not in this week" });
  const no = await reloaded(`/plans/${rejected.id}`, ["Rejected by ada"]);
  expect(no.words).toContain("it never runs. not in this week");
  expect(decisions(no)).toEqual(["Ask again"]);
  expect(no.buttons).not.toContain("Approve…");
  await expectFit("plan-rejected", "wide");

  await writeFile(path.join(repository, "changing.yml"), playbook("changing", writing()));
  await expect(api.post(`/plans/${stale.id}/approve`, { hash: stale.hash })).rejects.toThrow("plan-stale");
  const past = await reloaded(`/plans/${stale.id}`, ["Out of date", "files have changed since"]);
  expect(past.words).toContain("files have changed since it was made: changing.yml");
  expect(decisions(past)).toEqual(["Ask again"]);
  await expectFit("plan-stale", "narrow");

  const { page } = tab;
  await page.goto(`${server.url}/plans/${old.id}`);
  await page.getByRole("button", { name: "Change…" }).click();
  await page.getByLabel("What should be different").fill("and then deploy plain");
  await page.getByRole("button", { name: "Make a new plan" }).click();
  await page.waitForURL((url) => url.pathname.startsWith("/plans/") && !url.pathname.endsWith(old.id));
  const next = page.url();
  const replaced = await reloaded(`/plans/${old.id}`, ["Replaced", "Open the newest plan"]);
  expect(replaced.words).toContain("A newer plan took its place: this one never runs.");
  expect(decisions(replaced)).toEqual([]);
  await expectFit("plan-superseded", "wide");
  await page.getByRole("link", { name: "Open the newest plan" }).click();
  await page.waitForURL(next);
  await page.getByRole("button", { name: "Approve…" }).waitFor();
});

test("[UI-04] a run whose output was removed after its time says so after a reload, with all that stays of it", async () => {
  {
    await using database = await connect(world);
    const old = "UPDATE run SET ended_at = ended_at - interval '91 days' WHERE id = $1";
    await database.query(old, [failedRun]);
  }
  await tab.page.goto("about:blank");
  const { port } = new URL(server.url);
  await server[Symbol.asyncDispose]();
  server = await startServer(world, { args: ["--repo", repository, "--port", port] });
  const { removed } = await waitUntil(async () => {
    const run = await api.get<Run>(`/runs/${failedRun}`);
    return run.removed == null ? undefined : run;
  });
  expect(removed?.reason).toMatch(/^removed after 90 days on \d{4}-\d\d-\d\d$/);
  const seen = await reloaded(`/runs/${failedRun}`, ["The output is no longer stored.", "What failed"]);

  expect(seen.words).toContain(
    `Output and events were ${removed?.reason}. The record and the results per host stay.`,
  );
  expect(seen.words).toContain("this-machine failed in Fail on purpose (step 1) broken.yml:9");
  expect(seen.words).toContain("2. plain Skipped on this-machine step 1 failed");
  expect(seen.buttons).not.toContain("Download");
  expect(decisions(seen)).toEqual(["Ask again"]);
  await expectFit("run-removed", "narrow");
  const log = await chiffon(world, ["run", "logs", failedRun]);
  expect(log).toMatchObject({
    code: 0,
    stdout: "",
    stderr: expect.stringContaining(removed?.reason ?? "no"),
  });
  const watched = await chiffon(world, ["run", "watch", failedRun]);
  expect(watched).toMatchObject({ code: 1, stderr: expect.stringContaining(removed?.reason ?? "no") });
  expect(await chiffon(world, ["audit", "verify"])).toMatchObject({ code: 0 });
});
