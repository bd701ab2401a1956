import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createLab, finish, playbook, until } from "./testing/lab.ts";

const secret = "c4nary-0f-the-secret";

async function filesWith(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const content = await readFile(path, "latin1").catch(() => "");
    if (content.includes(text)) found.push(path);
  }
  return found;
}

async function processesWith(text: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found: string[] = [];
  for (const pid of pids) {
    for (const part of ["cmdline", "environ"]) {
      const content = await readFile(`/proc/${pid}/${part}`, "latin1").catch(() => "");
      if (content.includes(text)) found.push(`${pid} ${part}`);
    }
  }
  return found;
}

test("a secret can be used by the play, and is in no file, command line or environment", async () => {
  await using lab = await createLab();
  const gate = join(lab.folder, "gate");
  const spec = await lab.spec(
    playbook(
      `{name: use it, assert: {that: ["password | hash('sha1') == expected"]}}`,
      `{name: hide it, debug: {msg: "{{ password }}"}, no_log: true}`,
      `{wait_for: {path: "${gate}", sleep: 1, timeout: 100}}`,
    ),
    {
      secrets: { password: secret },
      extraVars: { expected: createHash("sha1").update(secret).digest("hex") },
    },
  );
  const supervised = await lab.start(spec);
  let looks = 0;
  await until(async () => {
    looks++;
    expect(await processesWith(secret)).toEqual([]);
    expect(await filesWith(lab.folder, secret)).toEqual([]);
    return (await readFile(join(spec.runDir, "events.jsonl"), "utf8")).includes("wait_for");
  });
  expect(looks).toBeGreaterThan(1);
  await writeFile(gate, "");
  const { result, events } = await finish(spec, supervised);
  expect(result.exitCode).toBe(0);
  expect(events.find((event) => event.ev === "task_start" && event.task === "hide it")).toMatchObject({
    no_log: true,
  });
  expect(await filesWith(lab.folder, secret)).toEqual([]);
  expect(await readdir(spec.runDir)).not.toContain("secrets.fifo");
});

test("the results and diffs of a no_log task stay censored", async () => {
  await using lab = await createLab();
  const spec = await lab.spec(
    playbook(
      `{copy: {content: "{{ password }}", dest: "${lab.folder}/outside-of-run"}, no_log: true}`,
      `{command: "echo {{ item }}", no_log: true, loop: ["{{ password }}"]}`,
      `{command: "false {{ password }}", no_log: true, ignore_errors: true}`,
    ),
    { secrets: { password: secret } },
  );
  const { result, events } = await lab.run(spec);
  expect(result.exitCode).toBe(0);
  expect(events.filter((event) => event.ev === "ok" || event.ev === "failed")).toHaveLength(3);
  expect(await filesWith(spec.runDir, secret)).toEqual([]);
});

test("a playbook that fails before it reads its secrets still ends", async () => {
  await using lab = await createLab();
  const spec = await lab.spec("this: [is not a playbook\n", { secrets: { password: secret } });
  const { result } = await lab.run(spec);
  expect(result.reason).toBe("exited");
  expect(result.exitCode).not.toBe(0);
});
