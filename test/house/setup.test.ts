import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { root } from "./linter.ts";

let folder: string;
let children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "chiffon-setup-"));
  cpSync(path.join(root, "tools", "setup"), path.join(folder, "tools", "setup"), { recursive: true });
  // Holds the lock until its input ends, and says when it has it.
  writeFileSync(
    path.join(folder, "hold.mjs"),
    `import { withLock } from "./tools/setup/lock.mjs";
     await withLock(async () => {
       process.stdout.write("held");
       for await (const _ of process.stdin);
     });`,
  );
});

afterEach(() => {
  for (const child of children) child.kill("SIGKILL");
  children = [];
  rmSync(folder, { recursive: true, force: true });
});

test("a second set-up of the same checkout waits for the first", async () => {
  const first = hold();
  await first.has("held");
  const second = hold();
  await second.has("waiting for another set-up");

  expect(second.said()).not.toContain("held");
  first.child.stdin?.end();
  await second.has("held");
  second.child.stdin?.end();
  await vi.waitFor(() => expect(existsSync(path.join(folder, ".setup-lock"))).toBe(false), {
    timeout: 10_000,
  });
});

test("the lock of a set-up that was killed with -9 is taken over", async () => {
  const killed = hold();
  await killed.has("held");
  killed.child.kill("SIGKILL");
  await vi.waitFor(() => expect(killed.child.signalCode).toBe("SIGKILL"), {
    timeout: 10_000,
  });

  const next = hold();

  await next.has("held");
  expect(next.said()).not.toContain("waiting");
});

test("a lock is not taken over while the npm or apt that the killed set-up had started still works", async () => {
  writeFileSync(
    path.join(folder, "orphan.mjs"),
    `import { withLock } from "./tools/setup/lock.mjs";
     import { run } from "./tools/setup/processes.mjs";
     await withLock(() => {
       const done = run("sleep", ["600"]);
       process.stdout.write("held");
       return done;
     });`,
  );
  const killed = start("orphan.mjs");
  await killed.has("held");
  const orphan = Number(readFileSync(path.join(folder, ".setup-lock", "child"), "utf8").split(" ")[0]);
  killed.child.kill("SIGKILL");

  const next = start("hold.mjs");

  try {
    await next.has("waiting");
    expect(next.said()).not.toContain("held");
  } finally {
    process.kill(orphan, "SIGKILL");
  }
  await next.has("held");
});

test.each([
  { tools: ["apt-get", "sudo"], starts: "sudo apt-get " },
  { tools: ["apt-get"], starts: 'su - -c "apt-get ' },
])("a user who is not root gets one command that works with $tools", async ({ tools, starts }) => {
  mkdirSync(path.join(folder, "bin"));
  for (const tool of tools) writeFileSync(path.join(folder, "bin", tool), "", { mode: 0o755 });
  writeFileSync(
    path.join(folder, "command.mjs"),
    `process.getuid = () => 1000;
     process.env.PATH = ${JSON.stringify(path.join(folder, "bin"))};
     const { commandFor } = await import("./tools/setup/system.mjs");
     console.log(commandFor(["ansible-playbook", "ssh"]), "end");`,
  );

  const { has, said } = start("command.mjs");

  await has("end");
  expect(said().startsWith(starts), said()).toBe(true);
  expect(said()).toMatch(/apt-get install -y ansible-core openssh-client"? end/);
});

function hold() {
  return start("hold.mjs");
}

function start(script: string) {
  const child = spawn(process.execPath, [script], { cwd: folder, stdio: "pipe" });
  let output = "";
  children.push(child);
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  return {
    child,
    said: () => output,
    has: (text: string) => vi.waitFor(() => expect(output).toContain(text), { timeout: 10_000 }),
  };
}
