import { createHash } from "node:crypto";
import { access, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createLab, playbook } from "./testing/lab.ts";
import { prepareAttempt } from "./prepare.ts";
import { startSupervisor } from "./start-supervisor.ts";

test("a successful playbook gives its output, its events with a diff, and what it used", async () => {
  await using lab = await createLab();
  const target = join(lab.folder, "note.txt");
  await writeFile(target, "old\n");
  const spec = await lab.spec(
    playbook(
      `{name: write the note, copy: {content: "new\\n", dest: "${target}"}}`,
      "{name: twice, debug: {msg: 'item {{ item }}'}, loop: [1, 2]}",
      "{name: not now, debug: {msg: never}, when: false}",
    ),
  );
  const { result, output, events } = await lab.run(spec);
  expect(result).toMatchObject({
    reason: "exited",
    exitCode: 0,
    signal: null,
    droppedBytes: 0,
    leftoversKilled: 0,
    daemonsLeft: 0,
  });
  expect(result.cpuMs).toBeGreaterThan(100);
  expect(result.memoryPeakKb).toBeGreaterThan(10_000);
  expect(result.outputBytes).toBe(Buffer.byteLength(output));
  expect(output).toContain("PLAY RECAP");
  expect(output).toContain("\u001B[");
  expect(await readFile(target, "utf8")).toBe("new\n");

  const start = events.find((event) => event.ev === "task_start");
  expect(start).toMatchObject({
    task: "write the note",
    path: `${spec.playbook}:4`,
    role: null,
    handler: false,
  });
  const ok = events.find((event) => event.ev === "ok");
  expect(ok).toMatchObject({
    host: "localhost",
    changed: true,
    task_id: start?.ev === "task_start" ? start.task_id : "",
  });
  expect(events.find((event) => event.ev === "diff")).toMatchObject({
    diffs: [{ before: "old\n", after: "new\n" }],
  });
  expect(
    events.filter((event) => event.ev === "item_ok").map((event) => event.ev === "item_ok" && event.item),
  ).toEqual(["1", "2"]);
  expect(events.some((event) => event.ev === "skipped")).toBe(true);
  expect(events.at(-1)).toMatchObject({
    ev: "stats",
    hosts: { localhost: { ok: 2, changed: 1, failed: 0, skipped: 1 } },
  });
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
});

test("a failing task ends with exit code 2 and says why", async () => {
  await using lab = await createLab();
  const { result, events } = await lab.run(
    await lab.spec(playbook("{name: break, fail: {msg: this is why}}")),
  );
  expect(result).toMatchObject({ reason: "exited", exitCode: 2 });
  expect(events.find((event) => event.ev === "failed")).toMatchObject({
    host: "localhost",
    ignored: false,
    res: { msg: "this is why" },
  });
});

test("a host that nobody answers for is unreachable, and one with an unknown key too", async () => {
  await using lab = await createLab();
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(address !== null && typeof address === "object" ? address.port : 0);
    });
  });
  await new Promise((resolve) => server.close(resolve));
  await writeFile(join(lab.project, "hosts.ini"), `away ansible_host=127.0.0.1 ansible_port=${port}\n`);
  const spec = await lab.spec("- hosts: away\n  gather_facts: false\n  tasks:\n    - ping:\n", {
    limit: ["away"],
  });
  const { result, events } = await lab.run(spec);
  expect(result).toMatchObject({ reason: "exited", exitCode: 4 });
  expect(events.find((event) => event.ev === "unreachable")).toMatchObject({ host: "away" });
  expect(events.at(-1)).toMatchObject({ ev: "stats", hosts: { away: { unreachable: 1 } } });
});

test("check mode changes nothing", async () => {
  await using lab = await createLab();
  const target = join(lab.folder, "note.txt");
  const spec = await lab.spec(playbook(`copy: {content: new, dest: "${target}"}`), { check: true });
  const { result, events } = await lab.run(spec);
  expect(result.exitCode).toBe(0);
  expect(events.find((event) => event.ev === "play_start")).toMatchObject({ check: true });
  expect(events.find((event) => event.ev === "ok")).toMatchObject({ changed: true });
  await expect(access(target)).rejects.toThrow("ENOENT");
});

test("an input that changed after the approval is refused with 5007, and nothing runs", async () => {
  await using lab = await createLab();
  const witness = join(lab.folder, "ran");
  const text = playbook(`copy: {content: x, dest: "${witness}"}`);
  const spec = await lab.spec(text);
  const path = join(lab.project, spec.playbook);
  const sha256 = createHash("sha256").update(text).digest("hex");
  const prepared = await prepareAttempt({ ...spec, inputs: [{ path, sha256 }] });
  await writeFile(path, `${text}# one more line\n`);
  const end = await (await startSupervisor(spec, prepared)).ended;
  expect(end).toMatchObject({
    kind: "finished",
    result: { reason: "refused", startedAt: null, exitCode: null, refused: { code: 5007 } },
  });
  expect(end.kind === "finished" && end.result.refused?.message).toBe(
    `${path} has changed since it was approved.`,
  );
  await expect(access(witness)).rejects.toThrow("ENOENT");

  const unchanged = await lab.spec(text);
  const inputs = [{ path: join(lab.project, unchanged.playbook), sha256 }];
  expect((await lab.run({ ...unchanged, inputs })).result.exitCode).toBe(0);
});

test("an attempt that comes too late, after a sleep of the machine, does not begin", async () => {
  await using lab = await createLab();
  const spec = await lab.spec(playbook("debug: {msg: hello}"));
  const late = await lab.run({ ...spec, offeredAt: Date.now() - 61_000 });
  expect(late.result).toMatchObject({ reason: "spawn-failed", refused: { code: null } });
  expect(late.output).toBe("");
  const again = await lab.spec(playbook("debug: {msg: hello}"));
  expect((await lab.run({ ...again, offeredAt: Date.now() - 1_000 })).result.reason).toBe("exited");
});

test("a value that looks like a template stays text", async () => {
  await using lab = await createLab();
  const witness = join(lab.folder, "touched");
  const trap = `{{ lookup('pipe', 'touch ${witness}') }}`;
  const spec = await lab.spec(playbook("debug: {msg: 'got {{ one }} and {{ two.deep[0] }}'}"), {
    extraVars: { one: trap, two: { deep: [trap] } },
    secrets: { three: trap },
  });
  const { result, events } = await lab.run(spec);
  expect(result.exitCode).toBe(0);
  expect(events.find((event) => event.ev === "ok")).toMatchObject({
    res: { msg: `got ${trap} and ${trap}` },
  });
  await expect(access(witness)).rejects.toThrow("ENOENT");
});

test("output beyond the limit loses its middle and says how much", async () => {
  await using lab = await createLab();
  const spec = await lab.spec(
    playbook(
      "debug: {msg: first words}",
      "debug: {msg: \"{{ 'x' * 90 }}\"}\n      loop: '{{ range(300) | list }}'",
      "debug: {msg: last words}",
    ),
    { outputCapBytes: 16_384 },
  );
  const { result, output } = await lab.run(spec);
  const dropped = Number(/^\[chiffon: (\d+) bytes dropped in the middle\]$/m.exec(output)?.[1]);
  expect(dropped).toBe(result.droppedBytes);
  expect(dropped).toBeGreaterThan(1_000);
  const marker = `\n[chiffon: ${dropped} bytes dropped in the middle]\n`;
  expect(Buffer.byteLength(output)).toBe(result.outputBytes - dropped + marker.length);
  expect(Buffer.byteLength(output)).toBeLessThan(16_384 + marker.length);
  expect(output).toContain("first words");
  expect(output).toContain("last words");
  expect(output).toContain("PLAY RECAP");
});

test("the repository's ansible.cfg is not used", async () => {
  await using lab = await createLab();
  await writeFile(
    join(lab.project, "ansible.cfg"),
    "[defaults]\ninventory = /nowhere\nhost_key_checking = False\nforks = 77\n",
  );
  const spec = await lab.spec(
    playbook(
      "debug: {msg: \"{{ lookup('config', 'DEFAULT_FORKS') }} {{ lookup('config', 'HOST_KEY_CHECKING') }}\"}",
    ),
  );
  const { events } = await lab.run(spec);
  expect(events.find((event) => event.ev === "ok")).toMatchObject({ res: { msg: "5 True" } });
});

test("only listed variables of the environment reach the playbook", async () => {
  await using lab = await createLab();
  const spec = await lab.spec(
    playbook("{command: env, register: found}", "debug: {msg: '{{ found.stdout_lines }}'}"),
  );
  process.env["CHIFFON_TEST_CANARY"] = "must-not-travel";
  const { output, events } = await lab.run(spec);
  delete process.env["CHIFFON_TEST_CANARY"];
  expect(output + JSON.stringify(events)).not.toContain("must-not-travel");
  expect(output).toContain(`CHIFFON_ATTEMPT=${spec.attemptId}`);
});
