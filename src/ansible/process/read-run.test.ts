import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { ReadRun } from "./attempt-spec.ts";
import { guardLog, parseGuardNotes, type GuardNote } from "./guard.ts";
import { findSandbox, hiddenPlaces, type SandboxPlan } from "./sandbox.ts";
import { createLab, playbook, type Finished, type Lab } from "./testing/lab.ts";

async function planFor(lab: Lab, changes: Partial<SandboxPlan> = {}): Promise<SandboxPlan> {
  const found = await findSandbox({ search: (process.env["PATH"] ?? "").split(delimiter) });
  if (found.kind !== "works") throw new Error(`These tests need bubblewrap: ${found.why}`);
  const dataDir = join(lab.folder, "data");
  await mkdir(dataDir, { recursive: true });
  return { program: found.program, sees: "machine", network: true, dataDir, readable: [], ...changes };
}

/** Runs it as a preview would be run; its run directory lies in the data directory. */
async function look(
  lab: Lab,
  text: string,
  held: Pick<ReadRun, "sandbox"> & { trusted: boolean },
): Promise<Finished & { notes: GuardNote[] }> {
  const spec = await lab.spec(text);
  const { sandbox, trusted } = held;
  const hidden = sandbox === undefined ? [] : hiddenPlaces(sandbox, spec.tools.home);
  const runDir = join(lab.folder, "data", "previews", spec.attemptId);
  const found = await lab.run({
    ...spec,
    runDir,
    check: true,
    readRun: { guard: { trusted, connections: ["local"], hidden }, sandbox, snapshot: lab.project },
  });
  const notes = parseGuardNotes(await readFile(join(runDir, guardLog), "utf8").catch(() => ""));
  return { ...found, notes };
}

test("in the sandbox a playbook sees the machine, and neither the data directory nor what is private", async () => {
  await using lab = await createLab();
  const sandbox = await planFor(lab);
  await writeFile(join(sandbox.dataDir, "secret"), "s3cret\n");
  const text = playbook(
    `{stat: {path: /usr/bin/env}, register: there}`,
    `{stat: {path: "${sandbox.dataDir}/secret"}, register: data}`,
    `{stat: {path: "${lab.project}/hosts.ini"}, register: own}`,
    '{debug: {msg: "{{ there.stat.exists }} {{ data.stat.exists }} {{ own.stat.exists }}"}}',
  );
  const { result, output, notes } = await look(lab, text, { sandbox, trusted: false });
  expect(output).toContain("True False True");
  expect(result).toMatchObject({ reason: "exited", exitCode: 0 });
  expect(notes.filter((note) => note.kind === "hidden").map((note) => note.what)).toEqual([
    `${sandbox.dataDir}/secret`,
  ]);
}, 240_000);

test("nothing of a playbook leaves check mode, whatever it says, and nothing can be written", async () => {
  await using lab = await createLab();
  const marker = join(lab.folder, "marker");
  const text = [
    "- hosts: localhost",
    "  gather_facts: false",
    "  check_mode: false",
    "  tasks:",
    `    - {command: "touch ${marker}", check_mode: false}`,
    `    - {copy: {content: x, dest: "${marker}"}, check_mode: "{{ false }}"}`,
    `    - {block: [{file: {path: "${marker}", state: touch}}], check_mode: no}`,
    `    - action: shell touch ${marker}`,
    "      loop: [1, 2]",
    "",
  ].join("\n");
  for (const sandbox of [await planFor(lab), undefined]) {
    const { result, notes, events } = await look(lab, text, { sandbox, trusted: true });
    expect(result).toMatchObject({ reason: "exited", exitCode: 0 });
    expect(notes.filter((note) => note.kind === "unchecked")).toHaveLength(4);
    expect(events.filter((event) => event.ev === "skipped")).toHaveLength(2);
    await expect(readFile(marker)).rejects.toThrow("ENOENT");
  }
}, 240_000);

test("a lookup that runs a program stops an untrusted run, also when its name is put together", async () => {
  await using lab = await createLab();
  const marker = `/var/lib/chiffon-marker-${process.pid}`;
  onTestFinished(() => rm(marker, { force: true }));
  const pipe = `'pipe', 'touch ${marker}'`;
  for (const task of [
    `{debug: {msg: "{{ lookup(${pipe}) }}"}}`,
    `{set_fact: {x: "{{ '{' ~ '{ look' ~ 'up(\\"pipe\\", \\"touch ${marker}\\") }' ~ '}' }}"}}`,
    `{debug: {msg: "{{ query('ansible.builtin.' ~ 'pi' ~ 'pe', 'touch ${marker}') }}"}}`,
    `{debug: {msg: "{{ item }}"}, with_pipe: "touch ${marker}"}`,
  ]) {
    await look(lab, playbook(task, "{debug: {msg: \"{{ x | default('') }}\"}}"), {
      sandbox: undefined,
      trusted: false,
    });
    await expect(readFile(marker)).rejects.toThrow("ENOENT");
  }
  const trusted = await look(lab, playbook(`{debug: {msg: "{{ lookup(${pipe}) }}"}}`), {
    sandbox: undefined,
    trusted: true,
  });
  expect(trusted.result).toMatchObject({ exitCode: 0 });
  expect(await readFile(marker, "utf8")).toBe("");
}, 240_000);
