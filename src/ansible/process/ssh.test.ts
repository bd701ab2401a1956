import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sweepAttempt } from "./processes.ts";
import { connectionsMark } from "./run-files.ts";
import { createLab, finish, until } from "./testing/lab.ts";

const sshd = "/usr/sbin/sshd";

/** A private sshd of the current user on a free port of the loopback. */
async function startSshd(
  folder: string,
): Promise<{ port: number; knownHosts: string; inventory: string } & AsyncDisposable> {
  const keys = join(folder, "sshd");
  await mkdir(keys, { mode: 0o700 });
  for (const name of ["host", "user"])
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(keys, name)]);
  await writeFile(join(keys, "authorized_keys"), await readFile(join(keys, "user.pub")));
  await chmod(join(keys, "authorized_keys"), 0o600);
  const port = await freePort();
  const lines = [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${keys}/host`,
    `AuthorizedKeysFile ${keys}/authorized_keys`,
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "PidFile none",
    "AcceptEnv LC_*",
  ];
  await writeFile(join(keys, "config"), `${lines.join("\n")}\n`);
  if (userInfo().uid === 0) await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  const server = spawn(sshd, ["-D", "-e", "-f", join(keys, "config")], { stdio: "ignore" });
  await until(() => answers(port));
  const [type, key] = (await readFile(join(keys, "host.pub"), "utf8")).split(" ");
  const vars = `ansible_host=127.0.0.1 ansible_port=${port} ansible_ssh_private_key_file=${keys}/user`;
  return {
    port,
    knownHosts: `[127.0.0.1]:${port} ${type} ${key}\n`,
    inventory: `box ${vars} ansible_python_interpreter=/usr/bin/python3`,
    async [Symbol.asyncDispose]() {
      server.kill();
      await once(server, "exit");
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return address !== null && typeof address === "object" ? address.port : 0;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.unref();
  });
}

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

describe.skipIf(!existsSync(sshd))("over ssh", () => {
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
