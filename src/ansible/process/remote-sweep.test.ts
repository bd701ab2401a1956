import { existsSync, readFileSync } from "node:fs";
import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AttemptSpec } from "./attempt-spec.ts";
import { sweepAttempt } from "./processes.ts";
import { sweepRemote } from "./remote-sweep.ts";
import { createLab, finish, playbook, until, type Lab } from "./testing/lab.ts";
import { listRemote, runThere, sshdPath, startSshd, type Sshd } from "./testing/sshd.ts";

const onBox = (...tasks: string[]): string =>
  ["- hosts: box", "  gather_facts: false", "  tasks:", ...tasks.map((task) => `    - ${task}`), ""].join(
    "\n",
  );
const shell = (script: string): string => `shell: ${JSON.stringify(script)}`;
/** One that ends when it is told to, and one in a session of its own that does not. */
const stubborn = shell(`setsid sh -c 'trap "" TERM HUP INT; while :; do sleep 1; done' & sleep 301`);

async function specOn(
  { lab, server, more = "" }: { lab: Lab; server: Sshd; more?: string },
  play: string,
): Promise<AttemptSpec> {
  await writeFile(join(lab.project, "hosts.ini"), `${server.inventory} ${more}\n`);
  return await lab.spec(play, { limit: ["box"], knownHosts: server.knownHosts, runsHere: false });
}

/** The process number that a remote task writes down. It has no mark, so it is ended by hand. */
async function unmarked(lab: Lab): Promise<{ pid: number } & Disposable> {
  const text = await until(async () => {
    const found = await readFile(join(lab.folder, "pid"), "utf8").catch(() => "");
    return found.endsWith("\n") ? found : undefined;
  }, 90);
  const pid = Number(text);
  return { pid, [Symbol.dispose]: () => void process.kill(pid, "SIGKILL") };
}

const writesPid = (lab: Lab): string => shell(`echo $$ > ${lab.folder}/pid; exec sleep 300`);

/** Somebody who is not root and can log in: who runs the tests, or the first such user of the machine. */
const account =
  userInfo().uid === 0
    ? /^([^:]+):[^:]*:[1-9]\d*:.*:\/bin\/(?:ba)?sh$/m.exec(readFileSync("/etc/passwd", "utf8"))?.[1]
    : userInfo().username;

describe.skipIf(!existsSync(sshdPath))("what is left on a remote host", () => {
  test("[P9] a cancel stops it, also in a session of its own, deaf to signals and asynchronous", async () => {
    await using lab = await createLab();
    await using server = await startSshd(lab.folder);
    const spec = await specOn({ lab, server }, onBox("{command: sleep 300, async: 600, poll: 0}", stubborn));
    const supervised = await lab.start(spec);
    await runThere(spec.attemptId, ["sleep 300", "sleep 301", "sh -c trap"]);

    await supervised.cancel("enough");
    const { result } = await finish(spec, supervised);

    expect(await listRemote(spec.attemptId)).toEqual([]);
    expect(result).toMatchObject({
      reason: "cancelled",
      leftoversAlive: 0,
      remote: { stopped: [{ host: "box" }], unsure: [], more: 0 },
    });
    expect(result.remote?.stopped[0]?.count).toBeGreaterThanOrEqual(4);
  });

  test("[P9] a run that ends by itself, or on this machine, asks no host", async () => {
    await using lab = await createLab();
    await using server = await startSshd(lab.folder);
    const { result } = await lab.run(await specOn({ lab, server }, onBox("ping:")));
    expect(result).toMatchObject({ reason: "exited", exitCode: 0, remote: null });
  });

  test("[P9] a server that takes no mark: what may still run there is told", async () => {
    await using lab = await createLab();
    await using server = await startSshd(lab.folder, { accept: "" });
    const spec = await specOn({ lab, server }, onBox(writesPid(lab)));
    const supervised = await lab.start(spec);
    using left = await unmarked(lab);

    await supervised.cancel("enough");
    const { result } = await finish(spec, supervised);

    expect(() => process.kill(left.pid, 0)).not.toThrow();
    expect(result.remote).toEqual({
      stopped: [],
      unsure: [{ host: "box", why: "its SSH server does not accept the variable LC_CHIFFON_RUN" }],
      more: 0,
    });
  });

  test("[P9] a host that cannot be reached any more is told", async () => {
    await using lab = await createLab();
    await using server = await startSshd(lab.folder);
    const spec = await specOn({ lab, server }, onBox(writesPid(lab)));
    const supervised = await lab.start(spec);
    using left = await unmarked(lab);
    await server.stop();

    await supervised.cancel("enough");
    const { result } = await finish(spec, supervised);

    expect(() => process.kill(left.pid, 0)).not.toThrow();
    expect(result.remote).toEqual({
      stopped: [],
      unsure: [{ host: "box", why: "it could not be reached: connection refused" }],
      more: 0,
    });
  });

  test.for([
    [
      "arguments of ssh that replace ours",
      "ansible_ssh_args='-o UserKnownHostsFile=LAB/known'",
      "ansible_ssh_args",
    ],
    ["a program in the place of ssh", "ansible_ssh_executable=LAB/wrapper", "a program of its own"],
    ["a password", "ansible_password=unused", "with a password"],
  ] as const)(
    "[P9] a host that is reached by %s: what may still run there is told",
    async ([, more, why]) => {
      await using lab = await createLab();
      await using server = await startSshd(lab.folder);
      await writeFile(join(lab.folder, "known"), server.knownHosts);
      await writeFile(join(lab.folder, "wrapper"), '#!/bin/sh\nexec ssh "$@"\n', { mode: 0o755 });
      // Its first argument is where the password comes from; the key is good enough here.
      await writeFile(join(lab.folder, "sshpass"), '#!/bin/sh\nshift\nexec "$@"\n', { mode: 0o755 });
      const spec = await specOn(
        { lab, server, more: more.replace("LAB", lab.folder) },
        onBox(writesPid(lab)),
      );
      const searchPath = `${lab.folder}:${spec.tools.searchPath}`;
      const supervised = await lab.start({ ...spec, tools: { ...spec.tools, searchPath } });
      using left = await unmarked(lab);

      await supervised.cancel("enough");
      const { result } = await finish(spec, supervised);

      expect(left.pid).toBeGreaterThan(1);
      expect(result.remote).toMatchObject({
        stopped: [],
        unsure: [{ host: "box", why: expect.stringContaining(why) }],
      });
    },
  );

  test("[P9] a host that is not reached by ssh, and one that nothing was sent to", async () => {
    await using lab = await createLab();
    await using server = await startSshd(lab.folder);
    const play = [
      "- hosts: box,other",
      "  gather_facts: false",
      "  tasks:",
      "    - {ping: , when: inventory_hostname == 'other', ignore_unreachable: true, ignore_errors: true}",
      `    - {${shell(`touch ${lab.folder}/here; exec sleep 300`)}, delegate_to: localhost}`,
      "",
    ].join("\n");
    await writeFile(
      join(lab.project, "hosts.ini"),
      `${server.inventory}\nother ansible_host=127.0.0.1 ansible_connection=paramiko_ssh\n`,
    );
    const spec = await lab.spec(play, { limit: ["box", "other"], knownHosts: server.knownHosts });
    const supervised = await lab.start(spec);
    await until(() => Promise.resolve(existsSync(join(lab.folder, "here"))));

    await supervised.cancel("enough");
    const { result } = await finish(spec, supervised);

    expect(result.remote).toEqual({
      stopped: [],
      unsure: [{ host: "other", why: "it is reached by paramiko, not by ssh" }],
      more: 0,
    });
  });

  test.skipIf(account === undefined)(
    "[P9] what ran there as a user that cannot be looked at is told, and the rest is stopped",
    async () => {
      await using lab = await createLab();
      // With PAM: without it an account that has no password is locked.
      await using server = await startSshd(lab.folder, { pam: userInfo().uid === 0 });
      // The server reads the keys as the user that logs in.
      await chmod(lab.folder, 0o755);
      await chmod(join(lab.folder, "sshd"), 0o755);
      await chmod(join(lab.folder, "sshd", "authorized_keys"), 0o644);
      const becomes = "{command: id, become: true, become_method: su, ignore_errors: true}";
      const spec = await specOn(
        { lab, server, more: `ansible_user=${account} ansible_timeout=2` },
        onBox(becomes, "command: sleep 301"),
      );
      const supervised = await lab.start(spec);
      await runThere(spec.attemptId, ["sleep 301"]);

      await supervised.cancel("enough");
      const { result } = await finish(spec, supervised);

      expect(await listRemote(spec.attemptId)).toEqual([]);
      expect(result.remote).toMatchObject({
        stopped: [{ host: "box" }],
        unsure: [{ host: "box", why: "what it did there as root (su) cannot be looked at" }],
      });
    },
  );

  test("[P9] when the supervisor was killed, the agent does the same", async () => {
    await using lab = await createLab();
    await using server = await startSshd(lab.folder);
    const spec = await specOn({ lab, server }, onBox(stubborn));
    const supervised = await lab.start(spec);
    await runThere(spec.attemptId, ["sleep 301", "sh -c trap"]);
    process.kill(supervised.pid, "SIGKILL");
    await supervised.ended;
    await sweepAttempt(spec.attemptId);
    await runThere(spec.attemptId, ["sleep 301", "sh -c trap"]);

    const found = await sweepRemote(spec.runDir, spec.tools, new AbortController().signal);

    expect(await listRemote(spec.attemptId)).toEqual([]);
    expect(found).toMatchObject({ stopped: [{ host: "box" }], unsure: [] });
  });
});

test("what a run that nobody approved has noted about hosts is not believed", async () => {
  await using lab = await createLab();
  const began = join(lab.folder, "began");
  const marker = join(lab.folder, "marker");
  const held = { trusted: true, connections: ["local"], hidden: [] } as const;
  const waits = `touch ${began}; exec sleep 300`;
  for (const readRun of [undefined, { guard: held, sandbox: undefined, snapshot: lab.project }]) {
    await rm(began, { force: true });
    const spec = await lab.spec(playbook(`debug: {msg: "{{ lookup('pipe', '${waits}') }}"}`), {
      check: true,
      ...(readRun === undefined ? {} : { readRun }),
    });
    const supervised = await lab.start(spec);
    await until(() => Promise.resolve(existsSync(began)));
    const argv = ["ssh", "-o", "SendEnv=LC_CHIFFON_RUN", "-o", `ProxyCommand=touch ${marker}`];
    const note = { host: "web1", transport: "ssh", argv, address: "web1", become: null };
    await writeFile(join(spec.runDir, "ways", "note.json"), JSON.stringify(note));

    await supervised.cancel("enough");
    const { result } = await finish(spec, supervised);

    expect(result.remote === null).toBe(readRun !== undefined);
    expect(existsSync(marker)).toBe(readRun === undefined);
    await rm(marker, { force: true });
  }
});
