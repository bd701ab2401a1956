import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { until } from "./lab.ts";

/** Where Debian and its relatives keep it; tests that need it are skipped without. */
export const sshdPath = "/usr/sbin/sshd";

/** A private sshd of the current user on a free port of the loopback. */
export interface Sshd extends AsyncDisposable {
  readonly port: number;
  readonly knownHosts: string;
  /** A line of an INI inventory, for the host `box`. */
  readonly inventory: string;
  /** Nobody can log in any more; those who are in stay. */
  stop(): Promise<void>;
}

/** @param accept the names of variables that it takes from clients; empty: none */
export async function startSshd(folder: string, { accept = "LC_*", pam = false } = {}): Promise<Sshd> {
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
    `UsePAM ${pam ? "yes" : "no"}`,
    "PasswordAuthentication no",
    "PidFile none",
    ...(accept === "" ? [] : [`AcceptEnv ${accept}`]),
  ];
  await writeFile(join(keys, "config"), `${lines.join("\n")}\n`);
  if (userInfo().uid === 0) await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  const server = spawn(sshdPath, ["-D", "-e", "-f", join(keys, "config")], { stdio: "ignore" });
  await until(() => answers(port));
  const [type, key] = (await readFile(join(keys, "host.pub"), "utf8")).split(" ");
  const vars = `ansible_host=127.0.0.1 ansible_port=${port} ansible_ssh_private_key_file=${keys}/user`;
  const stop = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill();
    await once(server, "exit");
  };
  return {
    port,
    knownHosts: `[127.0.0.1]:${port} ${type} ${key}\n`,
    inventory: `box ${vars} ansible_python_interpreter=/usr/bin/python3`,
    stop,
    [Symbol.asyncDispose]: stop,
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

/** What an attempt runs behind ssh: it has the mark of its connections, and not the one of this machine. */
export async function listRemote(attemptId: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const environments = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/environ`, "latin1").catch(() => "")),
  );
  return pids
    .filter((_, index) => {
      const variables = environments[index]?.split("\0") ?? [];
      return (
        variables.includes(`LC_CHIFFON_RUN=${attemptId}`) &&
        !variables.includes(`CHIFFON_ATTEMPT=${attemptId}`)
      );
    })
    .map(Number);
}

/** Waits until all of these run on the host. What a login itself starts there has the mark too. */
export async function runThere(attemptId: string, commands: readonly string[]): Promise<void> {
  const look = async (): Promise<boolean> => {
    const pids = await listRemote(attemptId);
    const found = await Promise.all(
      pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
    );
    const texts = found.map((text) => text.replaceAll("\0", " "));
    return commands.every((command) => texts.some((text) => text.startsWith(command)));
  };
  // Each login reads the profile of the user, which may take long on a busy machine.
  await until(look, 90);
}
