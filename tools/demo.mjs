// The flagship sentence in one terminal: starts a server of its own, makes its first user, asks, shows the plan, lets a person
// approve it (or approves it itself with --approve), follows the real run and verifies the record. What it deploys stays; its
// data lies in .chiffon/demo (or --data DIR), so a second time finds everything as it should be.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { createInterface } from "node:readline/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { root } from "./setup/places.mjs";

const sentence = "Deploy Uptime Kuma and add our existing portals to the config";
const user = "demo";
const main = path.join(root, "src", "main.ts");
const exitCodes = { succeeded: 0, failed: 1, rejected: 3, cancelled: 4, unknown: 5, waiting: 6 };

const usage = `Usage: npm run demo [-- OPTIONS]

  --approve    approve the plan as shown, without asking
  --json       one line of JSON on stdout at the end; everything else goes to stderr
  --data DIR   where the demo keeps its data (default: .chiffon/demo)
  --repo DIR   your playbooks instead of the example
  --yes        install what is missing without asking
  --help       show this`;

const flags = readFlags();
const data = path.resolve(flags.data);
const secretFile = path.join(data, "demo-password");
const tokenFile = path.join(data, "demo-token");
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stopping.abort(signal));

let server;
try {
  process.exitCode = await demo();
} catch (error) {
  if (!stopping.signal.aborted) say(`demo: ${error.message}`);
  process.exitCode = stopping.signal.aborted ? 130 : 1;
} finally {
  rmSync(tokenFile, { force: true });
  await stopServer();
}

function readFlags() {
  try {
    const { values } = parseArgs({
      options: {
        approve: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        yes: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
        data: { type: "string", default: path.join(root, ".chiffon", "demo") },
        repo: { type: "string" },
      },
    });
    if (!values.help) return values;
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  } catch (error) {
    say(`demo: ${error.message}\n\n${usage}`);
    process.exit(2);
  }
}

async function demo() {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const { url, setupCode } = await startServer();
  const api = createApi(url, await signIn(url, setupCode));
  say(`\n> ${sentence}\n`);
  const request = await api("POST", "/requests", { text: sentence });
  if (request.planId === null) return noPlan(request);
  const plan = await api("GET", `/plans/${request.planId}`);
  await show(url, ["plan", "show", plan.id]);
  const decision = await decide(api, plan);
  if (decision !== "approved") return finish({ plan, run: null, outcome: decision });
  const { runId } = await api("POST", `/plans/${plan.id}/approve`, {
    hash: plan.hash,
    ...(plan.approvalForm.typed === null ? {} : { typed: plan.approvalForm.typed }),
  });
  const watched = await show(url, ["run", "watch", runId]);
  const run = await api("GET", `/runs/${runId}`);
  const monitors = readMonitors(await api("GET", `/runs/${runId}/hosts`));
  const verified = await show(url, ["audit", "verify"]);
  return finish({
    plan,
    run,
    monitors,
    verified: verified === 0,
    outcome: watched === 0 ? "succeeded" : run.state,
  });
}

/** A server of its own on a free port, with the example homelab or the given repository. */
async function startServer() {
  const repository = flags.repo === undefined ? ["--demo"] : ["--repo", path.resolve(flags.repo)];
  server = spawn(process.execPath, [main, "up", "--data", data, "--port", "0", ...repository], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [server.stdout, server.stderr])
    stream.setEncoding("utf8").on("data", (text) => (said += text));
  while (!/ready after [\d.]+ s: \S+\n[\s\S]*or listen there/.test(said)) {
    if (server.exitCode !== null) throw new Error(`the server did not start:\n${said}`);
    await sleep(100, undefined, { signal: stopping.signal });
  }
  const url = /ready after [\d.]+ s: (\S+)/.exec(said)?.[1] ?? "";
  say(`a server of this demo's own runs at ${url} (data: ${data})`);
  return { url, setupCode: /set-up code: (\S+)/.exec(said)?.[1] };
}

async function stopServer() {
  if (server === undefined || server.exitCode !== null) return;
  const gone = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGTERM");
  await gone;
}

/** The first time it makes the user with a random password, which only this user's own file holds. */
async function signIn(url, setupCode) {
  if (setupCode !== undefined)
    writeFileSync(secretFile, randomBytes(24).toString("base64url"), { mode: 0o600 });
  const password = readFileSync(secretFile, "utf8");
  const call = createApi(url);
  const { token } =
    setupCode === undefined
      ? await call("POST", "/login", { username: user, password })
      : await call("POST", "/setup", { code: setupCode, username: user, password });
  writeFileSync(tokenFile, token, { mode: 0o600 });
  return token;
}

function createApi(url, token) {
  return async (method, at, body) => {
    const answer = await fetch(`${url}/api/v1${at}`, {
      method,
      signal: stopping.signal,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const result = await answer.json();
    if (!answer.ok) throw new Error([result.detail ?? result.title, result.hint].filter(Boolean).join(" "));
    return result;
  };
}

/** One command of the command line, as a person would type it; with --json what it prints goes to stderr. */
async function show(url, args) {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ["ignore", flags.json ? 2 : 1, 2],
    env: { ...process.env, CHIFFON_URL: url, CHIFFON_TOKEN_FILE: tokenFile },
  });
  stopping.signal.addEventListener("abort", () => child.kill("SIGINT"), { once: true });
  return await new Promise((resolve) => child.once("close", resolve));
}

async function decide(api, plan) {
  if (flags.approve) return "approved";
  if (!process.stdin.isTTY || flags.json) {
    say("A person must decide: run it in a terminal, or give --approve.");
    return "waiting";
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(
    `\nApprove exactly this plan (hash ${plan.hash.slice(0, 12)})? [y/N] `,
    {
      signal: stopping.signal,
    },
  );
  terminal.close();
  if (/^y(?:es)?$/i.test(answer.trim())) return "approved";
  await api("POST", `/plans/${plan.id}/reject`, { reason: "not approved in the demo" });
  return "rejected";
}

function noPlan(request) {
  const { problem, questions } = request;
  say(
    problem === null
      ? questions.map((question) => question.text).join("\n")
      : `${problem.message}\n${problem.hint}`,
  );
  return finish({ plan: null, run: null, outcome: problem === null ? "waiting" : "failed" });
}

/** What the second step read back from Uptime Kuma's own API, as its last task says it; null when it did not get there. */
function readMonitors(results) {
  const told = results.findLast(({ name }) => name.endsWith("Show the monitors"));
  try {
    return JSON.parse(told?.message ?? "null");
  } catch {
    return null;
  }
}

function finish({ plan, run, monitors = null, verified = false, outcome }) {
  const recaps = (run?.tasks ?? []).flatMap((task) => Object.values(task.attempts.at(-1)?.recap ?? {}));
  const changed = recaps.reduce((sum, recap) => sum + recap.changed, 0);
  const ok = outcome === "succeeded" && verified;
  if (flags.json)
    process.stdout.write(
      `${JSON.stringify({ ok, outcome, sentence, plan: plan && { id: plan.id, hash: plan.hash }, run: run && { id: run.id, state: run.state }, changed, monitors, verified })}\n`,
    );
  else if (ok) say(`\nDone: changed=${changed}, record verified. ${describe(monitors)}`);
  else say(`\nEnded as ${outcome}.`);
  return ok ? exitCodes.succeeded : (exitCodes[outcome] ?? exitCodes.failed) || exitCodes.failed;
}

function describe(monitors) {
  if (monitors === null) return "";
  const { added, changed, unchanged } = monitors;
  return `Uptime Kuma watches ${added.length + changed.length + unchanged.length} portals (${added.length} added, ${changed.length} changed, ${unchanged.length} unchanged).`;
}

function say(text) {
  process.stderr.write(`${text}\n`);
}
