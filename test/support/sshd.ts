import { spawn, spawnSync } from "node:child_process";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import path from "node:path";
import { findFreePort, waitUntil, type World } from "./server.ts";

export interface Sshd extends AsyncDisposable {
  readonly port: number;
  readonly user: string;
  /** Private key that may log in. */
  readonly identity: string;
  /** `SHA256:…` of the host key, as ssh-keygen prints it. */
  fingerprint(): string;
  /** Comes back with another host key, as a machine in the middle would. */
  changeHostKey(): Promise<void>;
}

/** A real sshd on loopback for the user of the test. @param accept names of variables that it takes from clients */
export async function startSshd(world: World, { accept = "LANG LC_*" } = {}): Promise<Sshd> {
  const folder = path.join(world.dir, "sshd");
  await mkdir(folder, { mode: 0o700 });
  const identity = path.join(folder, "id");
  makeKey(identity);
  await writeFile(path.join(folder, "authorized"), await readFile(`${identity}.pub`, "utf8"), {
    mode: 0o600,
  });
  const port = await findFreePort();
  const hostKey = path.join(folder, "host");
  makeKey(hostKey);
  // As root sshd wants its own empty directory.
  if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  await writeFile(
    path.join(folder, "config"),
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${hostKey}`,
      `AuthorizedKeysFile ${path.join(folder, "authorized")}`,
      `PidFile ${path.join(folder, "pid")}`,
      "UsePAM no",
      "StrictModes no",
      "PasswordAuthentication no",
      `AcceptEnv ${accept}`,
      "PermitRootLogin yes",
      "Subsystem sftp internal-sftp",
      "",
    ].join("\n"),
  );
  let child = await listen(folder, port);
  return {
    port,
    user: userInfo().username,
    identity,
    fingerprint: () =>
      spawnSync("ssh-keygen", ["-lf", `${hostKey}.pub`], { encoding: "utf8" }).stdout.split(" ")[1] ?? "",
    async changeHostKey() {
      await stop(child);
      spawnSync("rm", ["-f", hostKey, `${hostKey}.pub`]);
      makeKey(hostKey);
      child = await listen(folder, port);
    },
    [Symbol.asyncDispose]: () => stop(child),
  };
}

async function listen(folder: string, port: number) {
  const child = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", path.join(folder, "config")], { stdio: "ignore" });
  await waitUntil(() => {
    if (child.exitCode !== null) throw new Error(`sshd ended with ${child.exitCode}`);
    return (
      spawnSync("ssh-keyscan", ["-T", "2", "-p", String(port), "127.0.0.1"], { encoding: "utf8" }).stdout !==
      ""
    );
  });
  return child;
}

async function stop(child: ReturnType<typeof spawn>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await gone;
}

function makeKey(file: string): void {
  const made = spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(`ssh-keygen: ${made.stderr}`);
  void chmod(file, 0o600);
}

/** An inventory whose hosts are all this sshd. */
export function sshInventory(sshd: Sshd, hosts: readonly string[] = ["box"]): string {
  const host = (name: string): string => `    ${name}:
      ansible_host: 127.0.0.1
      ansible_port: ${sshd.port}
      ansible_user: ${sshd.user}
      ansible_ssh_private_key_file: ${sshd.identity}
      ansible_python_interpreter: /usr/bin/python3
`;
  return `all:\n  hosts:\n${hosts.map(host).join("")}`;
}
