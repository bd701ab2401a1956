import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Plan } from "../contracts/plan.ts";
import { at, hash, ids, makePlan, makeQuestion, makeRequest, makeRun } from "./testing/examples.ts";
import { startScriptedServer, type Scripted, type ScriptedServer } from "./testing/scripted-server.ts";
import { openTerminal, type Terminal } from "./testing/terminal.ts";

/*
 * The real command on a pseudo-terminal: questions, and what Ctrl-C does.
 */

const main = path.resolve(import.meta.dirname, "../main.ts");
const enter = "\r";
const ctrlC = "\u0003";
const arrowDown = "\u001b[B";

let dataDir: string;
let server: ScriptedServer;
beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), "chiffon-terminal-"));
});
afterEach(async () => {
  await server.close();
  await rm(dataDir, { recursive: true });
});

async function serve(answer: (call: string, query: URLSearchParams) => Scripted | undefined): Promise<void> {
  const problem = {
    type: "x",
    title: "x",
    status: 404,
    detail: "nothing here",
    code: "not-found",
    retryable: false,
    hint: null,
  };
  server = await startScriptedServer({
    script: ({ method, path: address }) => {
      const { pathname, searchParams } = new URL(address, "http://server");
      return (
        answer(`${method} ${pathname.replace("/api/v1", "")}`, searchParams) ?? { status: 404, json: problem }
      );
    },
  });
  await writeFile(
    path.join(dataDir, "server.json"),
    JSON.stringify({ url: server.url, pid: process.pid, fingerprint: null }),
  );
  await writeFile(path.join(dataDir, "cli-token"), "token");
}

const chiffon = (...args: string[]): Terminal =>
  openTerminal([process.execPath, main, ...args], { CHIFFON_DATA: dataDir, NO_COLOR: "1" });
const sent = (call: string): unknown[] =>
  server.received
    .filter(({ method, path: address }) => `${method} ${address}` === call)
    .map(({ body }) => body);

const approval = `POST /api/v1/plans/${ids.plan}/approve`;

describe("approving on a terminal", () => {
  const servePlan = (plan: Plan): Promise<void> =>
    serve((call) => {
      if (call === "GET /plans/15c4a236") return { json: plan };
      return call === `POST /plans/${ids.plan}/approve`
        ? { json: { ...plan, state: "approved", runId: ids.run } }
        : undefined;
    });

  test("shows the whole plan first, and Enter alone approves nothing", async () => {
    await servePlan(makePlan());
    await using terminal = chiffon("plan", "approve", "15c4a236");
    await terminal.see("deploy status-page");
    await terminal.see(`Hash:     ${hash.slice(0, 12)}`);
    await terminal.see("Approve exactly this plan?");
    terminal.type(enter);
    await terminal.see("Nothing was approved");
    expect(await terminal.ended).toBe(6);
    expect(sent(approval)).toEqual([]);
  });

  test("approves after a yes", async () => {
    await servePlan(makePlan());
    await using terminal = chiffon("plan", "approve", "15c4a236");
    await terminal.see("Approve exactly this plan?");
    terminal.type("y");
    expect(await terminal.ended).toBe(0);
    expect(sent(approval)).toEqual([{ hash }]);
  });

  test("asks to type the name of a risky plan, and takes no other word for it", async () => {
    await servePlan(makePlan({ risk: "R3", approvalForm: { kind: "type", typed: "status-page" } }));
    await using terminal = chiffon("plan", "approve", "15c4a236");
    await terminal.see("To approve it, type status-page");
    terminal.type(`yes${enter}`);
    await terminal.see("or press Ctrl-C to approve nothing");
    terminal.type("\u0015");
    terminal.type(`status-page${enter}`);
    expect(await terminal.ended).toBe(0);
    expect(sent(approval)).toEqual([{ hash, typed: "status-page" }]);
  });

  test("approves nothing after Ctrl-C", async () => {
    await servePlan(makePlan());
    await using terminal = chiffon("plan", "approve", "15c4a236");
    await terminal.see("Approve exactly this plan?");
    terminal.type(ctrlC);
    expect(await terminal.ended).toBe(130);
    expect(sent(approval)).toEqual([]);
  });
});

test("a secret is asked for without being shown, and so is the password that the server wants", async () => {
  const refused = {
    type: "x",
    title: "x",
    status: 403,
    detail: "needs the password",
    code: "not-allowed",
    retryable: false,
    hint: null,
  };
  const me = { kind: "cli", name: "cli on server, uid 0", permissions: ["read"], passwordUntil: null };
  let known = false;
  await serve((call) => {
    if (call === "GET /me") return { json: me };
    if (call === "POST /password") {
      known = true;
      return { json: { ...me, passwordUntil: at } };
    }
    if (call !== "PUT /secrets/DB_PASSWORD") return undefined;
    return known ? { status: 204, json: null } : { status: 403, json: refused };
  });
  await using terminal = chiffon("secret", "set", "DB_PASSWORD");
  await terminal.see("Value of DB_PASSWORD");
  terminal.type(`the hidden value${enter}`);
  await terminal.see("User name");
  terminal.type(`ada${enter}`);
  await terminal.see("Password of ada");
  terminal.type(`the hidden password${enter}`);
  await terminal.see("secret DB_PASSWORD is set");
  expect(await terminal.ended).toBe(0);
  expect(terminal.shown()).not.toContain("the hidden");
  expect(sent("POST /api/v1/password")).toEqual([{ username: "ada", password: "the hidden password" }]);
  expect(sent("PUT /api/v1/secrets/DB_PASSWORD")).toContainEqual({ value: "the hidden value" });
});

test("questions are asked one after the other, and Enter alone accepts no host key", async () => {
  const unit = makeQuestion();
  const key = makeQuestion({
    id: "host_key:web1:22",
    kind: "host_key",
    text: "Is it the right machine?",
    options: [
      { value: "SHA256:x", label: "yes, accept this key from now on" },
      { value: "no", label: "no" },
    ],
  });
  await serve((call) => {
    if (call === "POST /requests")
      return { json: makeRequest({ status: "needs_clarification", planId: null, questions: [unit, key] }) };
    if (call === `POST /requests/${ids.request}/answer`) return { json: makeRequest() };
    return call === `GET /plans/${ids.plan}` ? { json: makePlan() } : undefined;
  });
  await using terminal = chiffon("ask", "deploy the page");
  await terminal.see("What should run");
  terminal.type(arrowDown);
  terminal.type(enter);
  await terminal.see("Is it the right machine?");
  terminal.type(enter);
  await terminal.see("plan approve 15c4a236");
  expect(await terminal.ended).toBe(6);
  expect(sent(`POST /api/v1/requests/${ids.request}/answer`)).toEqual([
    {
      answers: [
        { question: "unit:0", value: "leave out" },
        { question: "host_key:web1:22", value: "no" },
      ],
    },
  ]);
});

describe("Ctrl-C while watching", () => {
  const event = (seq: number, body: object) => ({
    topic: `run:${ids.run}`,
    seq,
    at: new Date().toISOString(),
    ...body,
  });
  const cell = { taskId: ids.task, attempt: 1, key: "k" };

  async function serveRun(): Promise<void> {
    const events = [
      event(1, {
        type: "ansible.task",
        data: { ...cell, name: "Install", module: "apt", source: "a:1", handler: false },
      }),
      event(2, {
        type: "host.started",
        data: { ...cell, host: "web1", at: new Date(Date.now() - 60_000).toISOString() },
      }),
      event(3, {
        type: "output",
        data: { taskId: ids.task, attempt: 1, offset: 0, length: 9, text: "TASK [a]\n" },
      }),
    ];
    let state: "running" | "cancelled" = "running";
    await serve((call, query) => {
      if (call === `POST /runs/${ids.run}/cancel`) {
        state = "cancelled";
        events.push(event(4, { type: "run.state", data: { state, reason: null } }));
      }
      if (call === `GET /runs/${ids.run}/events`) {
        return { json: { items: events.filter(({ seq }) => seq > Number(query.get("after"))) } };
      }
      return call.includes("/runs/") ? { json: makeRun({ state }) } : undefined;
    });
  }

  test("stops the watching and not the run; the line at the bottom tells what runs", async () => {
    await serveRun();
    await using terminal = chiffon("run", "watch", "e6775852");
    await terminal.see("TASK [a]");
    await terminal.see("running: Install on web1 1 min 0");
    terminal.type(ctrlC);
    await terminal.see("The run goes on. Watch it again: ./chiffon run watch e6775852");
    expect(await terminal.ended).toBe(130);
    expect(sent(`POST /api/v1/runs/${ids.run}/cancel`)).toEqual([]);
  });

  test("pressed twice stops the run after a yes", async () => {
    await serveRun();
    await using terminal = chiffon("run", "watch", "e6775852");
    await terminal.see("TASK [a]");
    terminal.type(ctrlC);
    await terminal.see("Ctrl-C again within 3 s");
    terminal.type(ctrlC);
    await terminal.see("Stop the run?");
    terminal.type("y");
    await terminal.see("run e6775852 cancelled");
    expect(await terminal.ended).toBe(4);
    expect(sent(`POST /api/v1/runs/${ids.run}/cancel`)).toEqual([
      { reason: "stopped from the command line" },
    ]);
  });
});
