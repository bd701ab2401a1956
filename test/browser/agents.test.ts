import { randomUUID } from "node:crypto";
import type { Locator } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Agent } from "../../src/contracts/agent.ts";
import type { DeadLetter } from "../../src/contracts/dead-letter.ts";
import { queues } from "../../src/contracts/agent-protocol.ts";
import { online, startAgent, type AgentProcess } from "../support/agent.ts";
import type { Tab, TestBrowser } from "../support/browser.ts";
import { closeDashboard, openDashboard, refuseProblems } from "../support/dashboard.ts";
import { connect } from "../support/database.ts";
import { playbook, writeRepository } from "../support/jobs.ts";
import { lookAtAll } from "../support/looks.ts";
import { chiffon, createWorld, waitUntil, type Api, type Server, type World } from "../support/server.ts";

/* The Agents page: an agent is invited, joins, gets no message that it cannot take, and is revoked. The tests follow one another. */

let world: World;
let server: Server;
let browser: TestBrowser;
let tab: Tab;
let api: Api;
let agent: AgentProcess | undefined;

beforeAll(async () => {
  world = await createWorld();
  const say = "    - name: Say\n      ansible.builtin.debug:\n        msg: hi\n";
  const repository = await writeRepository(world, { "page.yml": playbook("page", say) });
  ({ server, browser, tab, api } = await openDashboard(world, repository));
}, 120_000);

afterEach(() => refuseProblems(tab));

afterAll(async () => {
  await agent?.[Symbol.asyncDispose]();
  await closeDashboard({ world, server, browser });
});

const card = (name: string): Locator => tab.page.getByRole("listitem").filter({ hasText: name });

test("an agent is invited on the page, joins by the command and the code that are shown once, and is shown as it is", async () => {
  const { page } = tab;
  await page.goto(`${server.url}/agents`);
  await page.getByRole("button", { name: "Invite an agent" }).click();
  const dialog = page.getByRole("dialog", { name: "Invite an agent" });
  await dialog.getByLabel("Labels").fill("Big Iron");
  await dialog.getByRole("button", { name: "Make the invitation" }).click();
  await dialog.getByText(/a label has only/).waitFor();
  await dialog.getByLabel("Labels").fill("gpu, cellar");
  await dialog.getByLabel("What it does").selectOption({ label: "Reports a machine's resources" });
  await dialog.getByRole("button", { name: "Make the invitation" }).click();

  const command = (await dialog.getByLabel("Command").innerText()).trim();
  const [, ...args] = command.split(" ").slice(1);
  expect(command).toContain(`chiffon agent --join ${server.url} --server-key SHA256:`);
  expect(args.slice(-2)).toEqual(["--type", "desktop"]);
  const code = await dialog.locator("code").innerText();
  expect(await lookAtAll(page, "agents-invite")).toEqual([]);
  await dialog.getByRole("button", { name: "Done" }).click();
  expect(await page.getByText(code).count()).toBe(0);

  agent = startAgent(world, { name: "cellar-box", args, input: `${code}\n` });
  const found = await online(api, "cellar-box");
  await card("cellar-box").getByText("another machine, last from 127.0.0.1").waitFor();
  const words = await card("cellar-box").innerText();
  expect(words).toContain("Online");
  expect(words).toContain("gpu, cellar");
  expect(found.labels).toEqual(["gpu", "cellar"]);
});

test("messages that nobody could take are listed with the reason, given out once more, and thrown away", async () => {
  const { page } = tab;
  const { id } = await online(api, "cellar-box");
  {
    await using database = await connect(world);
    const envelope = { type: "<b>control</b>", from_agent: "server", to_agent: id, message_id: randomUUID() };
    await database.query(
      "INSERT INTO outbox (queue, envelope, available_at, tries, dead, last_error) VALUES ($1, $2, now(), 1000, true, $3)",
      [queues.control(id), JSON.stringify(envelope), "not taken in 1000 tries"],
    );
  }
  await page.reload();
  await page.getByText("Messages that nobody could take (1)").click();
  const list = page.getByRole("list", { name: "Messages that nobody could take" });
  await list.getByText("not taken in 1000 tries").waitFor();
  expect(await list.innerText()).toContain("<b>control</b>");
  expect(await lookAtAll(page, "agents-dead-letters")).toEqual([]);

  // It is no message that the agent could take, so it comes back with the agent's answer.
  await list.getByRole("button", { name: "Replay" }).click();
  const [back] = await waitUntil(async () => {
    const letters = await api.get<DeadLetter[]>("/dead-letters");
    return letters.some(({ reason }) => reason !== "not taken in 1000 tries") ? letters : undefined;
  });
  await page.reload();
  await page.getByText("Messages that nobody could take (1)").click();
  await list.getByText(back?.reason ?? "").waitFor();
  await list.getByRole("button", { name: "Discard" }).click();
  await list.waitFor({ state: "detached" });
  expect(await api.get<DeadLetter[]>("/dead-letters")).toEqual([]);
});

test("an agent is drained and gets work again; the command line does the same and says what is left", async () => {
  const executor = card("Runs playbooks");
  await executor.getByRole("button", { name: "Drain" }).click();
  await executor.getByText("Drained", { exact: true }).waitFor();
  const found = await api.get<Agent[]>("/agents?type=infra");
  expect(found).toMatchObject([{ drainingSince: expect.stringMatching(/^\d{4}-/) }]);
  const id = found[0]?.id ?? "";
  expect((await chiffon(world, ["agents", "show", id])).stdout).toContain("it gets no new work since");
  const ended = await chiffon(world, ["agents", "drain", id, "--end"]);
  expect(ended).toMatchObject({ code: 0, stderr: expect.stringContaining("gets work again.") });
  await executor.getByText("Drained", { exact: true }).waitFor({ state: "detached" });
  const again = await chiffon(world, ["agents", "drain", id, "--reason", "new disk"]);
  expect(again.stderr).toContain("gets no new work. It runs nothing.");
  await executor.getByRole("button", { name: "Give it work again" }).click();
  await executor.getByRole("button", { name: "Drain" }).waitFor();
});

test("an agent is revoked with a reason: its process ends, and the page and the record say so", async () => {
  const { page } = tab;
  await card("cellar-box").getByRole("button", { name: "Revoke" }).click();
  const dialog = page.getByRole("dialog", { name: "Revoke cellar-box?" });
  await dialog.getByLabel("Reason").fill("sold it");
  await dialog.getByRole("button", { name: "Revoke" }).click();
  await card("cellar-box").getByText("Revoked", { exact: true }).waitFor();
  expect(await card("cellar-box").getByRole("button", { name: "Revoke" }).count()).toBe(0);
  expect(await agent?.gone).not.toBe(0);
  expect(agent?.said()).toContain("revoked");
  const { items } = await api.get<{ items: { kind: string; data: unknown }[] }>(
    "/audit/query?kind=agent.revoked",
  );
  expect(items).toMatchObject([{ data: { reason: "sold it" } }]);
});
