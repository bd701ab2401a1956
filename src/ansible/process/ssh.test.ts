import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sweepAttempt } from "./processes.ts";
import { connectionsMark } from "./run-files.ts";
import { createLab, finish, until } from "./testing/lab.ts";
import { sshdPath, startSshd } from "./testing/sshd.ts";

async function keptConnections(attemptId: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "")),
  );
  return commands.filter(
    (command) => command.startsWith("ssh: ") && command.includes(connectionsMark(attemptId)),
  );
}

const onBox = (tasks: string): string => `- hosts: box\n  gather_facts: false\n  tasks:\n${tasks}`;

describe.skipIf(!existsSync(sshdPath))("over ssh", () => {
  test("a host with the known key is reached, its processes are marked, and no connection is left open", async () => {
    await using lab = await createLab();
    await using server = await startSshd(lab.folder);
    await writeFile(join(lab.project, "hosts.ini"), `${server.inventory}\n`);
    const gate = join(lab.folder, "gate");
    const play = onBox(
      `    - {command: printenv LC_CHIFFON_RUN, register: mark}\n    - {debug: {msg: "{{ mark.stdout }}"}}\n    - {wait_for: {path: "${gate}", timeout: 60}}\n`,
    );
    const spec = await lab.spec(play, { limit: ["box"], knownHosts: server.knownHosts });
    const supervised = await lab.start(spec);
    await until(async () => (await keptConnections(spec.attemptId)).length > 0);
    await writeFile(gate, "");
    const { result, events } = await finish(spec, supervised);
    expect(result).toMatchObject({ reason: "exited", exitCode: 0, daemonsLeft: 0 });
    expect(events.filter((event) => event.ev === "ok").at(1)).toMatchObject({ res: { msg: spec.attemptId } });
    expect(await keptConnections(spec.attemptId)).toEqual([]);
  });

  test("an unknown host key is refused, even when the inventory switches the check off", async () => {
    await using lab = await createLab();
    await using server = await startSshd(lab.folder);
    const off =
      "ansible_host_key_checking=false ansible_ssh_common_args='-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null'";
    await writeFile(join(lab.project, "hosts.ini"), `${server.inventory} ${off}\n`);
    const spec = await lab.spec(onBox("    - ping:\n"), { limit: ["box"] });
    const { result, events } = await lab.run(spec);
    expect(result).toMatchObject({ reason: "exited", exitCode: 4 });
    const found = events.find((event) => event.ev === "unreachable");
    expect(JSON.stringify(found)).toContain("Host key verification failed");
  });

  test("the sweep after a lost supervisor also closes the connections", async () => {
    await using lab = await createLab();
    await using server = await startSshd(lab.folder);
    await writeFile(join(lab.project, "hosts.ini"), `${server.inventory}\n`);
    const spec = await lab.spec(onBox("    - command: sleep 8\n"), {
      limit: ["box"],
      knownHosts: server.knownHosts,
    });
    const supervised = await lab.start(spec);
    await until(async () => (await keptConnections(spec.attemptId)).length > 0);
    process.kill(supervised.pid, "SIGKILL");
    await supervised.ended;
    expect((await sweepAttempt(spec.attemptId)).alive).toBe(0);
    expect(await keptConnections(spec.attemptId)).toEqual([]);
  });
});
