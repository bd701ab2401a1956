import { cp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { AuditPage } from "../../src/contracts/audit.ts";
import {
  expectAccessible,
  findViolations,
  fitsWidth,
  setUpIn,
  signInOn,
  startBrowser,
  takePicture,
  type Tab,
  type TestBrowser,
} from "../support/browser.ts";
import { refuseProblems } from "../support/dashboard.ts";
import { lookAtAll } from "../support/looks.ts";
import {
  createWorld,
  findFreePort,
  listProcesses,
  signIn,
  startServer,
  waitUntil,
  type Server,
  type World,
} from "../support/server.ts";

/*
 * The main job as a person does it in the browser, on an empty data directory with the example homelab. The tests follow one
 * another.
 */
let world: World;
let server: Server;
let browser: TestBrowser;
let tab: Tab;
let port: number;
let runAddress: string;
let planAddress: string;

beforeAll(async () => {
  world = await createWorld();
  const homelab = path.join(world.dir, "homelab");
  await cp(path.join(import.meta.dirname, "../../examples/homelab"), homelab, { recursive: true });
  port = await findFreePort();
  const inventory = path.join(homelab, "inventory/hosts.yml");
  const hosts = await readFile(inventory, "utf8");
  await writeFile(inventory, `${hosts.trimEnd()}\n  vars:\n    status_page_port: ${port}\n`);
  [server, browser] = await Promise.all([startServer(world, { args: ["--repo", homelab] }), startBrowser()]);
  tab = await browser.open();
}, 120_000);

afterEach(() => refuseProblems(tab));

afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  const page = (await listProcesses(world)).filter((each) => each.includes("status-page/server.py"));
  for (const each of page) process.kill(Number(each.split(" ")[0]), "SIGKILL");
  await server[Symbol.asyncDispose]();
  await waitUntil(async () => (await listProcesses(world)).length === 0);
  await world[Symbol.asyncDispose]();
});

test("the first user is made in the page with the code that the server printed, and a wrong code is told", async () => {
  const { page } = tab;
  await page.goto(`${server.url}/setup`);
  await page.getByLabel("Set-up code").fill("AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AA");
  await page.getByLabel("User name").fill("ada");
  await page.getByLabel("Password", { exact: true }).fill("a password of words");
  await page.getByRole("button", { name: "Begin" }).click();
  await page.getByRole("alert").waitFor();
  await expectAccessible(page);

  await setUpIn(page, server);
  await page.getByRole("heading", { level: 1, name: "First run" }).waitFor();
});

test("a wrong password is refused in words, and the right one leads to where the person wanted to go", async () => {
  await using other = await browser.open();
  const { page } = other;
  await page.goto(`${server.url}/playbooks`);
  await signInOn(page, "not the password");
  await page.getByRole("alert").waitFor();
  await signInOn(page);
  await page.getByRole("heading", { level: 1, name: "Playbooks" }).waitFor();
  await page.getByText("status-page").first().waitFor();
  expect(other.problems).toEqual([]);
});

test("[UI-01] [UI-02] what is asked for in the chat becomes a plan card with steps, duration and risk", async () => {
  const { page } = tab;
  await page.goto(server.url);
  await page.getByLabel("What should happen?").fill("Deploy the status page");
  await page.getByRole("button", { name: "Send" }).click();
  const card = page.getByRole("article", { name: /^Plan:/ });

  await card.getByText("status-page").first().waitFor();
  const words = await card.innerText();
  expect(words).toContain("Waits for approval");
  expect(words).toMatch(/R[0-4]/);
  expect(words).toMatch(/history|earlier/i);
  await takePicture(page, "chat-plan");
});

test("[UI-01] the conversation and its plan survive a reload", async () => {
  const { page } = tab;
  await page.reload();

  await page
    .getByRole("article", { name: /^Plan:/ })
    .getByText("Waits for approval")
    .waitFor();
  await page.getByText("Deploy the status page").first().waitFor();
});

test("[UI-01] [UI-03] words in the chat change the plan that waits; the answer says what, with the new card below", async () => {
  const { page } = tab;
  await page.getByLabel("What should happen?").fill("change the title to Attic");
  await page.getByRole("button", { name: "Send" }).click();

  const answer = page.getByText(/^Revision 2: status_page_title Homelab -> Attic\.\nI made a plan/);
  await answer.waitFor();
  const card = page.getByRole("article", { name: /^Plan:/ });
  await card.getByText("Attic").first().waitFor();
  expect(await card.count()).toBe(1);
  const [above, below] = await Promise.all([answer.boundingBox(), card.boundingBox()]);
  expect(below?.y).toBeGreaterThan(above?.y ?? Infinity);
  await expectAccessible(page);
  await takePicture(page, "chat-revision");
});

test("[UI-03] approving is done in a dialog that repeats what runs, and leads to the run", async () => {
  const { page } = tab;
  planAddress = (await page.getByRole("link", { name: "Whole plan" }).getAttribute("href")) ?? "";
  await page.getByRole("button", { name: "Approve…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("this-machine").first().waitFor();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await page.locator(":focus", { hasText: "Approve…" }).waitFor();

  await page.getByRole("button", { name: "Approve…" }).click();
  const read = dialog.getByLabel(/I have read/);
  if ((await read.count()) > 0) await read.check();
  const typed = dialog.getByLabel(/^Type /);
  if ((await typed.count()) > 0) await typed.fill("status-page");
  await dialog.getByRole("button", { name: "Approve and run" }).click();
  await page.getByRole("link", { name: "Open run" }).click();
  await page.waitForURL("**/runs/*");
  runAddress = page.url();
});

test("[UI-04] the run is seen live to its end: state, steps, table of hosts and Ansible's own output", async () => {
  const { page } = tab;
  await page.getByRole("heading", { level: 1, name: "Deploy the status page" }).waitFor();
  const log = page.getByRole("log", { name: "Output of Ansible" });
  await log.getByText("PLAY [Deploy the status page]").waitFor({ timeout: 60_000 });
  // Nobody reloads: the end comes by itself.
  await page.getByText("Succeeded").first().waitFor({ timeout: 90_000 });

  await log.getByText("PLAY RECAP").waitFor();
  const table = page.getByRole("table");
  await table.getByRole("button", { name: /Check that the page answers/ }).waitFor();
  await table.getByRole("columnheader", { name: "this-machine" }).waitFor();
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain("is up.");
  await takePicture(page, "run-succeeded");
});

test("[UI-04] choosing a row of the table shows only its output, and search counts places", async () => {
  const { page } = tab;
  const log = page.getByRole("log", { name: "Output of Ansible" });
  const row = page.getByRole("table").getByRole("button", { name: /Check that the page answers/ });
  await row.click();
  await log.getByText(/TASK \[status_page : Check that the page answers\]/).waitFor();
  expect(await log.innerText()).not.toContain("PLAY RECAP");
  expect(await row.getAttribute("aria-pressed")).toBe("true");
  await page.getByRole("button", { name: "Show everything" }).click();
  await log.getByText("PLAY RECAP").waitFor();

  await page.keyboard.press("/");
  await page.keyboard.type("play recap");
  await page.getByText("1 of 1").waitFor();
  await page.getByLabel("Search the output").fill("");
});

test("[UI-04] a reload of a run that has ended shows the same, and the download is Ansible's whole output", async () => {
  const { page } = tab;
  await page.reload();
  await page.getByText("Succeeded").first().waitFor();
  await page.getByRole("log", { name: "Output of Ansible" }).getByText("PLAY RECAP").waitFor();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download" }).click(),
  ]);
  const text = await readFile(await download.path(), "utf8");

  expect(text).toContain("TASK [status_page : Check that the page answers]");
  expect(text).not.toContain("\u001b");
});

test("[E2E-04] the record tells what happened and verifies in the page", async () => {
  const { page } = tab;
  await page.goto(`${server.url}/record`);
  await page
    .getByText(/run finished|run\.finished/i)
    .first()
    .waitFor();
  await page.getByRole("button", { name: /^Verify/ }).click();
  await page
    .getByText(/whole|intact|verified/i)
    .last()
    .waitFor();
  await takePicture(page, "record");
});

/** Titles in the order of the list; it is there at once, and its texts when they have come. */
async function listed(): Promise<string[]> {
  const list = tab.page.getByRole("complementary", { name: "Conversations" });
  const titles = await list
    .getByRole("listitem")
    .getByRole("link")
    .locator("span:first-child")
    .allInnerTexts();
  return titles.map((title) => title.trim());
}

async function say(text: string): Promise<void> {
  await tab.page.getByLabel("What should happen?").fill(text);
  await tab.page.getByRole("button", { name: "Send" }).click();
}

test("[UI-01] conversations are kept and listed, an older one is continued, and goes to the top by that", async () => {
  const { page } = tab;
  await page.goto(server.url);
  await say("hello there");
  await page.waitForURL(/\/chat\//);
  await page.getByRole("link", { name: "New conversation" }).click();
  await say("what failed this week?");
  const first = "Deploy the status page";
  await expect.poll(listed).toEqual(["what failed this week?", "hello there", first]);
  expect(await lookAtAll(page, "conversations")).toEqual([]);

  await page.getByRole("link", { name: first }).click();
  await page.getByText(/^Revision 2: status_page_title/).waitFor();
  await say("when was the status page deployed?");
  await expect.poll(listed).toEqual([first, "what failed this week?", "hello there"]);
  await page.reload();
  await page.getByText("when was the status page deployed?").waitFor();
  await page.getByText(/^Revision 2: status_page_title/).waitFor();
  expect(await listed()).toEqual([first, "what failed this week?", "hello there"]);
});

test("[UI-01] a search finds conversations by words of their messages, and says when nothing has them", async () => {
  const { page } = tab;
  const field = page.getByLabel("Search conversations");
  await field.fill("attic");
  await expect.poll(listed).toEqual(["Deploy the status page"]);
  await field.fill("HELLO");
  await expect.poll(listed).toEqual(["hello there"]);
  await field.fill("<b>100%_</b>");
  await page.getByText("Nothing has these words.").waitFor();
  expect(await listed()).toEqual([]);
  await expectAccessible(page);
  await field.fill("");
  await expect.poll(async () => (await listed()).length).toBe(3);
});

test("[UI-01] a conversation is deleted after a question, with its plans, its runs and the record staying", async () => {
  const { page } = tab;
  const here = page.url();
  const first = "Deploy the status page";
  await page.getByRole("button", { name: `Delete the conversation ${first}` }).click();
  const dialog = page.getByRole("dialog", { name: "Delete this conversation?" });
  await dialog.getByText("Its plans, its runs and the record stay as they are.").waitFor();
  await expectAccessible(page);
  await takePicture(page, "conversation-delete");
  await dialog.getByRole("button", { name: "Keep it" }).click();
  await dialog.waitFor({ state: "hidden" });
  expect(await listed()).toContain(first);

  await page.getByRole("button", { name: `Delete the conversation ${first}` }).click();
  await dialog.getByRole("button", { name: "Delete", exact: true }).click();
  // It was open: the page that is left is that of a new one.
  await page.waitForURL((url) => url.pathname === "/");
  await expect.poll(listed).toEqual(["what failed this week?", "hello there"]);
  await page.reload();
  await expect.poll(listed).toEqual(["what failed this week?", "hello there"]);

  const api = await signIn(server);
  await expect(api.get(new URL(here).pathname.replace("/chat/", "/conversations/"))).rejects.toThrow("404");
  const { items } = await api.get<AuditPage>("/audit/query?kind=conversation.deleted");
  expect(items).toMatchObject([{ actor: { name: "ada" } }]);
  await page.goto(runAddress);
  await page.getByText("Succeeded").first().waitFor();
});

const screens = [
  ["chat", () => "/"],
  ["inbox", () => "/inbox"],
  ["plans", () => "/plans"],
  ["plan", () => planAddress],
  ["runs", () => "/runs"],
  ["run", () => new URL(runAddress).pathname],
  ["agents", () => "/agents"],
  ["playbooks", () => "/playbooks"],
  ["record", () => "/record"],
  ["first-run", () => "/first-run"],
] as const;

// Colours and width have nothing to do with each other: two pictures of a screen show both of each.
test.each([
  ["light", 1280],
  ["dark", 390],
] as const)(
  "every screen is free of axe's violations in %s at %i pixels and needs no sideways scrolling",
  async (look, width) => {
    await using own = await browser.open({ look, width });
    const { page } = own;
    await page.goto(`${server.url}/login`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await expectAccessible(page);
    await signInOn(page);
    await page.waitForURL((url) => url.pathname !== "/login");
    // All screens are looked at before anything is told, so that one run tells everything.
    const found: string[] = [];
    for (const [name, address] of screens) {
      await page.goto(`${server.url}${address()}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForLoadState("networkidle");
      await takePicture(page, `${name}-${look}-${width}`);
      if (!(await fitsWidth(page))) found.push(`${name}: wider than the window`);
      for (const violation of await findViolations(page)) found.push(`${name}: ${violation}`);
    }
    expect(found).toEqual([]);
    expect(own.problems).toEqual([]);
  },
);
