import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { PlanPreview, PreviewTask, StepPreview } from "../../contracts/preview.ts";
import { finish } from "../../ansible/process/testing/lab.ts";
import { previewSpec } from "../../ansible/preview/spec.ts";
import { prepareAttempt } from "../../ansible/process/prepare.ts";
import { startSupervisor } from "../../ansible/process/start-supervisor.ts";
import { hashExecutables } from "../../ansible/trust/executables.ts";
import { readExecutables } from "../../ansible/trust/read.ts";
import { getPlanRow } from "../plan/sql.ts";
import { caller } from "../request/testing.ts";
import { getTrust, revokeTrust, summarizeTrust, trustRepository } from "../trust/trust.ts";
import { createPreviewWorld, type PreviewWorld } from "./testing.ts";

const timeout = 300_000;
/* One host is no part of any plan, as usual. */
const inventory =
  "[servers]\nlocalhost ansible_connection=local ansible_python_interpreter=/usr/bin/python3\n[others]\nelsewhere ansible_host=192.0.2.1\n";

function stepOf(preview: PlanPreview): StepPreview {
  const [step] = preview.steps;
  if (step === undefined) throw new Error("no step");
  return step;
}

function classesOf(step: StepPreview): Record<string, string> {
  return Object.fromEntries(step.tasks.map((task) => [task.name, classOf(task)]));
}

function classOf(task: PreviewTask): string {
  return [...new Set(task.results.map((result) => result.class))].join("+");
}

/** Runs the step for real, as it was frozen, and tells what each task did. */
async function runForReal(world: PreviewWorld, planId: string): Promise<Map<string, string>> {
  const plan = await getPlanRow(world.core.db, planId);
  const [manifest] = plan.manifests.steps;
  const tools = await world.deps.tools();
  if (manifest === undefined || tools === undefined) throw new Error("nothing to run");
  const { readRun: _held, ...spec } = previewSpec(manifest, {
    id: world.deps.newId(),
    runDir: path.join(world.deps.dataDir, "real"),
    snapshot: await world.deps.snapshots.open(manifest.snapshot),
    tools,
    secrets: {},
    held: { guard: { trusted: true, connections: [], hidden: [] }, sandbox: undefined },
    waitScale: 1,
  });
  const real = { ...spec, check: false, orphanLimitSeconds: 600 };
  const { events } = await finish(real, await startSupervisor(real, await prepareAttempt(real)));
  const places = new Map<string, string>();
  const done = new Map<string, string>();
  for (const event of events) {
    if (event.ev === "task_start") places.set(event.task_id, event.path ?? "");
    if (event.ev === "ok" || event.ev === "failed" || event.ev === "skipped")
      done.set(places.get(event.task_id) ?? "", event.ev === "ok" && event.changed ? "changed" : event.ev);
  }
  return done;
}

/** What was said to change did change; what was said to stay did not. */
function compareWithReal(step: StepPreview, real: ReadonlyMap<string, string>): void {
  for (const task of step.tasks) {
    const done = real.get(task.source);
    if (classOf(task) === "change") expect([task.name, done]).toEqual([task.name, "changed"]);
    if (classOf(task) === "same") expect([task.name, done]).not.toEqual([task.name, "changed"]);
  }
}

test(
  "[UI-02] in the sandbox each task of a playbook gets its class, with the diff, and the run does what was said",
  async () => {
    await using world = await createPreviewWorld({
      "hosts.ini": inventory,
      "notes.yml": `# chiffon:service=notes
- name: Write the notes
  hosts: servers
  gather_facts: false
  vars:
    notes_dir: "{{ playbook_dir | regex_replace('/data/.*', '/target') }}"
  tasks:
    - name: make the folder
      ansible.builtin.file: {path: "{{ notes_dir }}", state: directory, mode: "0755"}
    - name: write it
      ansible.builtin.copy: {content: "new\\n", dest: "{{ notes_dir }}/note.txt", mode: "0644"}
    - name: keep that
      ansible.builtin.copy: {content: "as it was\\n", dest: "{{ notes_dir }}/kept.txt", mode: "0644"}
    - name: run a program
      ansible.builtin.command: /bin/echo hello
      register: said
      notify: after the program
    - name: use what it said
      ansible.builtin.copy: {content: "{{ said.stdout | default('') }}\\n", dest: "{{ notes_dir }}/said.txt", mode: "0644"}
    - name: only once
      ansible.builtin.command: {cmd: touch done, chdir: "{{ notes_dir }}", creates: "{{ notes_dir }}/done"}
    - name: not wanted
      ansible.builtin.copy: {content: x, dest: "{{ notes_dir }}/never", mode: "0644"}
      when: false
    - name: for real
      ansible.builtin.command: touch {{ notes_dir }}/unchecked
      check_mode: false
    - name: a program that keeps its result to itself
      ansible.builtin.command: /bin/echo {{ item }}
      loop: [one, two]
      no_log: true
      register: kept
    - name: use what it kept
      ansible.builtin.copy: {content: "{{ kept.results | default([]) | length }}\\n", dest: "{{ notes_dir }}/kept-secret.txt", mode: "0644"}
    - name: one that is not wanted
      ansible.builtin.command: /bin/echo
      no_log: true
      when: false
    - name: try
      block:
        - name: a program that may fail
          ansible.builtin.command: /bin/false
      rescue:
        - name: clean up
          ansible.builtin.copy: {content: x, dest: "{{ notes_dir }}/failed.txt", mode: "0644"}
  handlers:
    - name: after the program
      ansible.builtin.copy: {content: x, dest: "{{ notes_dir }}/after.txt", mode: "0644"}
`,
    });
    const target = path.join(world.root, "..", "target");
    await mkdir(target);
    await writeFile(path.join(target, "note.txt"), "old\n", { mode: 0o644 });
    await writeFile(path.join(target, "kept.txt"), "as it was\n", { mode: 0o644 });
    const planId = await world.plan("deploy notes");
    await world.previews.tend(true);
    await world.previews.settled();
    const step = stepOf(await world.previews.get(planId));
    expect(step).toMatchObject({ state: "done", held: "sandbox", startedBy: "chiffon" });
    expect(classesOf(step)).toEqual({
      "make the folder": "same",
      "write it": "change",
      "keep that": "same",
      "run a program": "unknown",
      "use what it said": "unknown",
      "only once": "change",
      "not wanted": "same",
      "for real": "unknown",
      "a program that keeps its result to itself": "unknown",
      "use what it kept": "unknown",
      "one that is not wanted": "same",
      "a program that may fail": "unknown",
      "clean up": "unknown",
      "after the program": "unknown",
    });
    expect(step.counts).toEqual({ change: 2, same: 4, unknown: 8 });
    expect(step.coverage).toBeCloseTo(6 / 14);
    expect(step.tasks.filter((task) => task.handler).map((task) => task.name)).toEqual(["after the program"]);
    expect(step.tasks[1]?.diffs).toEqual([
      { hosts: ["localhost"], text: expect.stringContaining("-old\n+new") },
    ]);
    expect(step.tasks.filter((task) => task.unchecked).map((task) => task.name)).toEqual(["for real"]);
    await expect(readFile(path.join(target, "unchecked"))).rejects.toThrow("ENOENT");
    expect(await readFile(path.join(target, "note.txt"), "utf8")).toBe("old\n");
    compareWithReal(step, await runForReal(world, planId));
    expect(await readFile(path.join(target, "note.txt"), "utf8")).toBe("new\n");
  },
  timeout,
);

test(
  "what a probe finds after a change, and what a role's condition reads, cannot be known; the run bears out the rest",
  async () => {
    await using world = await createPreviewWorld({
      "hosts.ini": inventory,
      "page.yml": `# chiffon:service=page
- name: Deploy the page
  hosts: servers
  gather_facts: false
  vars:
    page_dir: "{{ playbook_dir | regex_replace('/data/.*', '/page') }}"
    page_is_there: "{{ page_found.stat.exists }}"
  roles:
    - role: page
`,
      "roles/page/tasks/main.yml": `- name: look before
  ansible.builtin.stat: {path: "{{ page_dir }}/index.html"}
  register: page_before
- name: say so
  ansible.builtin.debug: {msg: first time}
  when: not page_before.stat.exists
- name: make the folder
  ansible.builtin.file: {path: "{{ page_dir }}", state: directory, mode: "0755"}
- name: look after
  ansible.builtin.stat: {path: "{{ page_dir }}"}
  register: page_found
- name: write the mark
  ansible.builtin.copy: {content: mark, dest: "{{ playbook_dir | regex_replace('/data/.*', '/mark') }}", mode: "0600"}
  when: page_is_there | bool
- name: bring the rest
  ansible.builtin.import_tasks: rest.yml
  when: page_found.stat.exists
- name: ask for it
  ansible.builtin.include_tasks: more.yml
- name: write the page
  ansible.builtin.template: {src: index.j2, dest: "{{ playbook_dir | regex_replace('/data/.*', '/index') }}", mode: "0644"}
  notify: tell
`,
      "roles/page/tasks/rest.yml": `- name: the rest
  ansible.builtin.debug: {msg: rest}
`,
      "roles/page/tasks/more.yml": `- name: one more file
  ansible.builtin.copy: {content: more, dest: "{{ playbook_dir | regex_replace('/data/.*', '/more') }}", mode: "0644"}
`,
      "roles/page/handlers/main.yml": `- name: tell
  ansible.builtin.debug: {msg: told}
`,
      "roles/page/templates/index.j2": "hello hunter2 {{ page_dir | basename }}\n",
    });
    const planId = await world.plan("deploy page");
    const step = stepOf(await world.look(planId));
    expect(step.state).toBe("done");
    const found = classesOf(step);
    expect(found).toMatchObject({
      "page : look before": "same",
      "page : say so": "same",
      "page : make the folder": "change",
      "page : look after": "same",
      "page : write the mark": "unknown",
      "page : the rest": "unknown",
      "page : one more file": "change",
      "page : write the page": "change",
      "page : tell": "same",
    });
    expect(step.tasks.find((task) => task.name.endsWith("one more file"))?.listed).toBe(false);
    expect(JSON.stringify(step)).not.toContain("hunter2");
    expect(JSON.stringify(step)).toContain("«secret:db»");
    compareWithReal(step, await runForReal(world, planId));
  },
  timeout,
);

test(
  "a repository with code of its own is looked at only under trust, which a change of that code ends",
  async () => {
    const world = await createPreviewWorld({
      "hosts.ini": `${inventory}[all:vars]\nansible_become_exe=/opt/sudo\n`,
      "shout.yml": `# chiffon:service=shout
- name: Shout
  hosts: servers
  gather_facts: false
  tasks:
    - name: write loudly
      ansible.builtin.copy: {content: "{{ 'hello' | shout }}", dest: "{{ playbook_dir | regex_replace('/data/.*', '/loud') }}", mode: "0644"}
    - name: break off
      ansible.builtin.command: /bin/true
      async: 10
      poll: 1
    - name: after that
      ansible.builtin.debug: {msg: here}
`,
      "filter_plugins/shout.py":
        'class FilterModule:\n    def filters(self):\n        return {"shout": lambda text: text.upper()}\n',
    });
    await using _ = world;
    const planId = await world.plan("deploy shout");
    const inShort = (): ReturnType<typeof summarizeTrust> =>
      summarizeTrust(world.deps, { name: "homelab", root: world.root });
    expect(await inShort()).toEqual({ state: "none", files: 2, trustedAt: null });
    const before = stepOf(await world.look(planId));
    expect(before).toMatchObject({
      state: "unavailable",
      hint: expect.stringContaining("repo trust homelab"),
    });
    expect(before.reason).toContain("filter_plugins/shout.py");
    const shown = await getTrust(world.deps, "homelab");
    expect(shown).toMatchObject({
      state: "none",
      files: [
        { path: "filter_plugins/shout.py", change: "added" },
        { path: "hosts.ini", change: "added" },
      ],
    });
    await expect(
      trustRepository(world.deps, caller, { name: "homelab", hash: "0".repeat(64) }),
    ).rejects.toMatchObject({ code: "hash-mismatch" });
    await trustRepository(world.deps, caller, { name: "homelab", hash: shown.hash });

    expect(await inShort()).toMatchObject({ state: "trusted", files: 2, trustedAt: expect.any(String) });
    const trusted = stepOf(await world.look(planId));
    expect(trusted).toMatchObject({ state: "stopped", held: "trust" });
    expect(trusted.reason).toContain("could not continue past task 2");
    expect(trusted.reason).not.toMatch(/will fail/);
    expect(classesOf(trusted)).toMatchObject({
      "write loudly": "change",
      "break off": "unknown",
      "after that": "unknown",
    });
    expect(trusted.tasks[0]?.diffs[0]?.text).toContain("+HELLO");

    await writeFile(path.join(world.root, "filter_plugins/shout.py"), "# other\n");
    const ended = await getTrust(world.deps, "homelab");
    expect(ended).toMatchObject({ state: "ended", files: [{ change: "changed" }, { change: "same" }] });
    expect(ended.files[0]?.diff).toContain("+# other");
    expect(await inShort()).toMatchObject({ state: "ended", files: 2 });
    expect(stepOf(await world.look(planId))).toMatchObject({ state: "unavailable" });
    const hash = hashExecutables(await readExecutables(world.root));
    await trustRepository(world.deps, caller, { name: "homelab", hash });
    expect(await revokeTrust(world.deps, caller, "homelab")).toMatchObject({ state: "revoked" });
    const records = await world.core.db.selectFrom("audit_record").select("kind").execute();
    const kinds = records.map((record) => record.kind);
    for (const kind of [
      "repository.trusted",
      "repository.trust-revoked",
      "preview.started",
      "preview.finished",
    ])
      expect(kinds).toContain(kind);
  },
  timeout,
);

test(
  "a preview that hangs is cancelled at once, leaves no process, and a plan that was decided is not looked at",
  async () => {
    await using world = await createPreviewWorld({
      "hosts.ini": inventory,
      "slow.yml": `# chiffon:service=slow
- name: Wait
  hosts: servers
  gather_facts: false
  tasks:
    - name: wait long
      ansible.builtin.pause: {seconds: 300}
`,
    });
    const planId = await world.plan("deploy slow");
    await world.previews.start(caller, planId, {});
    await expect
      .poll(async () => readFile(path.join(await runDir(world), "events.jsonl"), "utf8").catch(() => ""), {
        timeout: 120_000,
      })
      .toContain("wait long");
    // Where it is comes from the same events.
    await expect
      .poll(async () => stepOf(await world.previews.get(planId)).progress)
      .toEqual({ task: 1, of: 1, name: "wait long", host: "localhost" });
    const step = stepOf(await world.previews.cancel(caller, planId));
    expect(step).toMatchObject({ state: "cancelled" });
    expect(step.progress).toBeUndefined();
    await expect(readFile(path.join(await runDir(world), "job.json"))).rejects.toThrow("ENOENT");
  },
  timeout,
);

async function runDir(world: PreviewWorld): Promise<string> {
  const row = await world.core.db.selectFrom("plan_preview").select("id").executeTakeFirstOrThrow();
  return world.deps.runDirOf(row.id);
}
