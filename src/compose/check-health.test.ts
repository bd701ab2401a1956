import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCli, type CliResult } from "../cli/testing/run-cli.ts";
import { startScriptedServer } from "../cli/testing/scripted-server.ts";
import { readConfig } from "../config.ts";
import { findAgentHealth, openAgentState } from "./agent-state.ts";
import { registerHealth } from "./check-health.ts";
import { readInvitation } from "./invitation.ts";

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), "chiffon-health-"));
});
afterEach(() => rm(dataDir, { recursive: true }));

const chiffon = (...args: string[]): Promise<CliResult> =>
  runCli(["health", ...args], {
    register: (program, context) =>
      registerHealth(program, {
        ...context,
        // An address elsewhere must not count: the question is about this machine.
        config: { ...readConfig({}), url: "http://127.0.0.1:1", dataDir, agentDataDir: dataDir },
      }),
  });

const open = () =>
  openAgentState(dataDir, {
    name: "nas",
    server: "box:7707",
    silence: 90_000,
    onError: (error) => expect(error).toBeUndefined(),
  });
const stateFile = (): string => path.join(dataDir, "agent-state.json");
const at = async (now = Date.now()): Promise<string> => (await findAgentHealth(dataDir, now)).message;

test("an agent is well when it is connected and was heard; otherwise it is said what is wrong", async () => {
  expect(await chiffon("agent")).toMatchObject({ code: 1, stdout: expect.stringContaining("no agent runs") });
  {
    await using state = await open();
    expect(await at()).toContain("not connected to box:7707: it is still trying");
    state.onState({ connected: false, why: "connect ECONNREFUSED" });
    await expect.poll(() => at()).toContain("not connected to box:7707: connect ECONNREFUSED");
    state.onState({ connected: true, why: null });
    await expect.poll(() => at()).toContain("which has not heard of it yet");
    state.onHeard();
    await expect.poll(() => at()).toContain("connected to box:7707 as nas, heard");
    expect((await stat(stateFile())).mode & 0o777).toBe(0o600);
    expect(await chiffon("agent")).toMatchObject({ code: 0, stdout: expect.stringMatching(/^well:\s/) });
    expect(JSON.parse((await chiffon("agent", "--json")).stdout)).toMatchObject({ well: true });

    // Whether it stands still or the clock was changed: what was said last is old.
    for (const now of [Date.now() + 91_000, Date.now() - 91_000])
      expect(await findAgentHealth(dataDir, now)).toMatchObject({
        well: false,
        message: expect.stringContaining("took the last sign of life of the agent 91 s ago"),
      });
    state.onState({ connected: false, why: "the connection ended" });
    await expect.poll(() => at()).toContain("not connected to box:7707: the connection ended");
  }
  expect(await at()).toContain("no agent runs");
});

test("a file that an ended agent left, or that no agent wrote, is told as that", async () => {
  const state = await open();
  const left = JSON.parse(await readFile(stateFile(), "utf8")) as Record<string, unknown>;
  await state[Symbol.asyncDispose]();
  const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"], { stdio: "ignore" });
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
  const write = (value: unknown): Promise<void> => writeFile(stateFile(), JSON.stringify(value));
  await write({ ...left, pid: child.pid });
  expect(await at()).toContain("the agent has ended without a word");
  // The same number, given to another process since.
  await write({ ...left, startTime: "1" });
  expect(await at()).toContain("the agent has ended without a word");

  for (const garbage of ["", "{", "null", "[]", '{"pid":"1"}', JSON.stringify({ ...left, pid: -1 })]) {
    await writeFile(stateFile(), garbage);
    expect(await chiffon("agent")).toMatchObject({
      code: 1,
      stdout: `not well: ${stateFile()} was not written by an agent\n`,
    });
  }
  await writeFile(stateFile(), JSON.stringify({ ...left, why: "x".repeat(20_000) }));
  expect(await at()).toContain("was not written by an agent");
});

test("a server is well when it and its database answer; otherwise it is said what is wrong", async () => {
  expect(await chiffon("server")).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("server.json tells of none"),
  });
  let answer: object = { ready: true, database: true, checkpointSize: 1, runningTasks: 0, agentsOnline: 1 };
  await using server = await startScriptedServer({ script: () => ({ json: answer }) });
  const found = { url: server.url, pid: process.pid, fingerprint: null };
  await writeFile(path.join(dataDir, "server.json"), JSON.stringify(found));
  expect(await chiffon("server")).toMatchObject({ code: 0, stdout: `well: ${server.url}\n` });
  answer = { ...answer, ready: false, database: false };
  expect(await chiffon("server")).toMatchObject({
    code: 1,
    stdout: `not well: ${server.url}: its database does not answer\n`,
  });
  answer = { hello: "I am another program" };
  expect(await chiffon("server")).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("what answers is not Chiffon"),
  });
});

test("an invitation is what the command printed, and nothing else", async () => {
  const file = path.join(dataDir, "invitation.json");
  const refused = async (): Promise<string> => await readInvitation(file).then(String, String);
  expect(await refused()).toContain("no such file");
  await writeFile(file, "\n");
  expect(await refused()).toContain("There is no invitation yet");
  for (const garbage of ["{", "null", '{"code":"ABCD"}', `${" ".repeat(70_000)}{}`]) {
    await writeFile(file, garbage);
    expect(await refused()).toMatch(/does not hold an invitation|no invitation yet/);
    expect(await refused()).not.toContain("ABCD");
  }
  const invited = { code: "ABCD-1234", serverKey: "SHA256:x", type: "infra" };
  await writeFile(file, JSON.stringify({ ...invited, command: "chiffon agent --join http://x" }));
  expect(await readInvitation(file)).toEqual(invited);
});
