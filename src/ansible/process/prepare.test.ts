import { mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { AttemptSpec } from "./attempt-spec.ts";
import { checkSpec } from "./check-spec.ts";
import { ansibleEnvironment, environmentFingerprint } from "./environment.ts";
import { prepareAttempt, removeRunDirectory } from "./prepare.ts";
import { connectionsFolder } from "./run-files.ts";
import { createLab } from "./testing/lab.ts";

const refused = expect.objectContaining({ code: "bad-input" });

test("the run directory and its files belong to us alone, and hold no secret", async () => {
  await using lab = await createLab();
  const spec = await lab.spec("", { secrets: { password: "c4nary" }, knownHosts: "box ssh-ed25519 AAAA\n" });
  await prepareAttempt(spec);
  expect((await stat(spec.runDir)).mode & 0o777).toBe(0o700);
  for (const name of await readdir(spec.runDir)) {
    const info = await stat(join(spec.runDir, name));
    expect(info.mode & 0o077).toBe(0);
    if (info.isFile()) expect(await readFile(join(spec.runDir, name), "utf8")).not.toContain("c4nary");
  }
  expect(await readFile(join(spec.runDir, "known_hosts"), "utf8")).toBe(spec.knownHosts);
  await expect(prepareAttempt(spec)).rejects.toMatchObject({ code: "already-running" });
});

test("what was prepared can be taken back, the folder for the sockets of ssh too, and prepared again", async () => {
  await using lab = await createLab();
  const spec = await lab.spec("", { runDir: join(lab.folder, "a long name".repeat(8), "run") });
  const sockets = connectionsFolder(spec.runDir, spec.attemptId);
  expect(sockets).toMatch(/^\/tmp\/chf-/);
  for (let round = 0; round < 2; round += 1) {
    await prepareAttempt(spec);
    expect((await stat(sockets)).mode & 0o777).toBe(0o700);
    await removeRunDirectory(spec.runDir, spec.attemptId);
  }
  for (const gone of [sockets, spec.runDir])
    await expect(stat(gone)).rejects.toMatchObject({ code: "ENOENT" });
});

test("a playbook that leads out of the project is refused, one that is missing is not found", async () => {
  await using lab = await createLab();
  await writeFile(join(lab.folder, "outside.yml"), "[]");
  await symlink(join(lab.folder, "outside.yml"), join(lab.project, "link.yml"));
  await mkdir(join(lab.project, "folder.yml"));
  const spec = await lab.spec("");
  await expect(prepareAttempt({ ...spec, playbook: "link.yml" })).rejects.toMatchObject({
    code: "bad-input",
  });
  await expect(prepareAttempt({ ...spec, playbook: "folder.yml" })).rejects.toMatchObject({
    code: "bad-input",
  });
  await expect(prepareAttempt({ ...spec, playbook: "none.yml" })).rejects.toMatchObject({
    code: "not-found",
  });
});

test("what could mean something else on the command line is refused", async () => {
  await using lab = await createLab();
  const spec = await lab.spec("");
  expect(() => checkSpec(spec)).not.toThrow();
  expect(() =>
    checkSpec({ ...spec, limit: ["box-1.example.org", "fe80::1"], tags: ["web, db".slice(0, 3)] }),
  ).not.toThrow();
  const bad: Partial<AttemptSpec>[] = [
    { attemptId: "../x" },
    { runDir: "relative" },
    { runDir: "/tmp/a'b" },
    { projectDir: "/tmp/a:b" },
    { rolesPath: ["/tmp/{{ x }}"] },
    { playbook: "../x.yml" },
    { playbook: "/x.yml" },
    { playbook: "-x.yml" },
    { playbook: "x.txt" },
    { playbook: "x\n.yml" },
    { inventory: "a,b" },
    { inventory: "-x" },
    { inventory: "../hosts" },
    { limit: [] },
    ...["all", "ungrouped", "a,b", "@file", "-x", "web*", "!a", "a:b", "~a", "a[0]", "", "a\n"].map(
      (host) => ({ limit: [host] }),
    ),
    ...["", "a*", "a?", "[a]", "{{ a }}", "a\nb", "a".repeat(301)].map((startAt) => ({ startAt })),
    ...["-x", "@x", "a,b", "", "a\nb", "{{x}}"].map((tag) => ({ tags: [tag] })),
    { inputs: [{ path: "relative", sha256: "0".repeat(64) }] },
    { inputs: [{ path: "/x", sha256: "0" }] },
    { timeoutSeconds: 0 },
    { waitScale: Number.NaN },
    { outputCapBytes: 0.5 },
  ];
  for (const change of bad)
    expect(() => checkSpec({ ...spec, ...change }), JSON.stringify(change)).toThrow(refused);
});

test("no host or tag that is accepted can break out of its argument", async () => {
  await using lab = await createLab();
  const spec = await lab.spec("");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      for (const change of [{ limit: [text] }, { tags: [text] }]) {
        try {
          checkSpec({ ...spec, ...change });
        } catch {
          continue;
        }
        expect(text).toMatch(/^[^-@,!&~*\p{C}][^,\p{C}[\]!&*{}]*$/u);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("the fingerprint is the same for every machine and attempt, and differs by roles and by where it runs", async () => {
  await using lab = await createLab();
  const one = await lab.spec("", { rolesPath: [join(lab.project, "roles")] });
  const other = { ...(await lab.spec("")), projectDir: "/elsewhere", rolesPath: ["/elsewhere/roles"] };
  const print = environmentFingerprint(one);
  expect(environmentFingerprint(other)).toEqual(print);
  expect(JSON.stringify(print)).not.toContain(lab.folder);
  expect(JSON.stringify(print)).not.toContain(one.attemptId);
  expect(environmentFingerprint({ ...one, rolesPath: [] })).not.toEqual(print);
  expect(environmentFingerprint({ ...one, limit: ["box"] })).not.toEqual(print);
  // The fingerprint names every variable that an attempt gets.
  expect(Object.keys(print.env).sort()).toEqual(Object.keys(ansibleEnvironment(one)).sort());
});
