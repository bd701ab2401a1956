import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** Where to look. */
export interface ProbeTarget {
  readonly address: string;
  readonly port: number;
  readonly user: string | null;
  /** Private key that the inventory names; null for those that ssh takes by itself. */
  readonly identityFile: string | null;
  /** The keys that were accepted for it; no other is. */
  readonly knownHosts: readonly string[];
}

/** What was found. `said` is what ssh printed, shortened. */
export type ProbeResult =
  | {
      readonly kind: "found";
      readonly python: string | null;
      readonly sudo: "root" | "yes" | "no" | "missing";
    }
  | { readonly kind: "other-key" }
  | { readonly kind: "refused-login"; readonly said: string }
  | { readonly kind: "unreachable"; readonly said: string }
  | { readonly kind: "timeout" }
  | { readonly kind: "odd-answer"; readonly said: string }
  | { readonly kind: "no-ssh" };

export interface ProbeOptions {
  readonly searchPath: string;
  readonly home: string;
  readonly sshAuthSock?: string;
  readonly signal: AbortSignal;
}

const python = "import sys; print(sys.version.split()[0])";
/**
 * The only thing that is ever said to a machine here. It holds nothing of the inventory, changes nothing, and has no single
 * quote inside, so that any login shell hands it to sh as it is.
 */
const question = `sh -c 'echo chiffon-probe; for p in python3 /usr/libexec/platform-python; do if command -v $p >/dev/null 2>&1; then echo "python $($p -c "${python}" 2>/dev/null)"; break; fi; done; if [ "$(id -u)" = 0 ]; then echo sudo root; elif ! command -v sudo >/dev/null 2>&1; then echo sudo missing; elif sudo -n true >/dev/null 2>&1; then echo sudo yes; else echo sudo no; fi; echo chiffon-end'`;

const plainName = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,252}$/;
const plainUser = /^[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,63}$/;
const plainFile = /^[~/A-Za-z0-9_.][A-Za-z0-9_./~+@, -]{0,1023}$/;
const maxText = 16_384;

/** Logs in by the system's ssh, without any question, and looks what playbooks will find there. */
export async function probeBySsh(target: ProbeTarget, options: ProbeOptions): Promise<ProbeResult> {
  const fault = findFault(target);
  if (fault !== undefined) return { kind: "unreachable", said: fault };
  const folder = await mkdtemp(path.join(tmpdir(), "chiffon-probe-"));
  try {
    const knownHosts = path.join(folder, "known_hosts");
    await writeFile(knownHosts, target.knownHosts.map((line) => `${line}\n`).join(""), { mode: 0o600 });
    const ended = await runQuietly("ssh", sshArguments(target, knownHosts), options);
    if (ended === undefined) return { kind: "no-ssh" };
    return options.signal.aborted && ended.code !== 0 ? { kind: "timeout" } : readAnswer(ended);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same look at the machine that Chiffon runs on, without ssh. */
export async function probeHere(options: ProbeOptions): Promise<ProbeResult> {
  const found = await runQuietly("python3", ["-c", python], options);
  const isRoot = process.getuid?.() === 0;
  const sudo = isRoot ? undefined : await runQuietly("sudo", ["-n", "true"], options);
  if (options.signal.aborted) return { kind: "timeout" };
  return {
    kind: "found",
    python: found?.code === 0 ? versionOf(found.stdout) : null,
    sudo: isRoot ? "root" : sudo === undefined ? "missing" : sudo.code === 0 ? "yes" : "no",
  };
}

/** Texts of an inventory become arguments of ssh: what could be more than a name is not passed on. */
function findFault({ address, user, identityFile }: ProbeTarget): string | undefined {
  if (!plainName.test(address)) return "its address is no plain host name or IP address";
  if (user !== null && !plainUser.test(user)) return "its user is no plain name";
  if (identityFile !== null && !plainFile.test(identityFile)) return "the path of its key is not a plain one";
  return undefined;
}

function sshArguments(target: ProbeTarget, knownHosts: string): string[] {
  return [
    "-T",
    ...[
      "BatchMode=yes",
      "StrictHostKeyChecking=yes",
      `UserKnownHostsFile="${knownHosts}"`,
      "GlobalKnownHostsFile=/dev/null",
      "UpdateHostKeys=no",
      "VerifyHostKeyDNS=no",
      "ConnectTimeout=8",
      "ForwardAgent=no",
      "ForwardX11=no",
      "ClearAllForwardings=yes",
      "PermitLocalCommand=no",
      "RequestTTY=no",
      "RemoteCommand=none",
      "ControlMaster=no",
      "ControlPath=none",
      "LogLevel=ERROR",
      `Port=${target.port}`,
      ...(target.user === null ? [] : [`User=${target.user}`]),
      ...(target.identityFile === null ? [] : [`IdentityFile="${target.identityFile}"`]),
    ].flatMap((option) => ["-o", option]),
    "--",
    target.address,
    question,
  ];
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function readAnswer({ code, stdout, stderr }: Ended): ProbeResult {
  // A login script may print before and after.
  const answer = /(?:^|\n)chiffon-probe\n(?<lines>[\s\S]*?)chiffon-end(?:\n|$)/.exec(stdout)?.groups?.[
    "lines"
  ];
  if (answer !== undefined) {
    const sudo = /^sudo (root|yes|no|missing)$/m.exec(answer)?.[1];
    return {
      kind: "found",
      python: versionOf(/^python (.*)$/m.exec(answer)?.[1] ?? ""),
      sudo: sudo === "root" || sudo === "yes" || sudo === "no" ? sudo : "missing",
    };
  }
  const said = plainLine(stderr === "" ? stdout : stderr);
  if (/Host key verification failed|REMOTE HOST IDENTIFICATION/i.test(stderr)) return { kind: "other-key" };
  if (/Permission denied|Too many authentication failures|no such identity/i.test(stderr))
    return { kind: "refused-login", said };
  if (code === 255) return { kind: "unreachable", said };
  return { kind: "odd-answer", said };
}

function versionOf(text: string): string | null {
  return /^\s*(\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1] ?? null;
}

function plainLine(text: string): string {
  const lines = text.split(/[\r\n]+/).map((line) => line.replaceAll(/\p{C}/gu, " ").trim());
  return (lines.findLast((line) => line !== "") ?? "").slice(0, 200);
}

/** Runs a program to its end, in a group of its own that ends with the signal. Undefined when it is not installed. */
function runQuietly(
  command: string,
  args: readonly string[],
  options: ProbeOptions,
): Promise<Ended | undefined> {
  const { searchPath, home, sshAuthSock, signal } = options;
  const env = {
    PATH: searchPath,
    HOME: home,
    LC_ALL: "C",
    ...(sshAuthSock ? { SSH_AUTH_SOCK: sshAuthSock } : {}),
  };
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: "/", env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    const text = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (piece: string) => {
        if (text[name].length < maxText) text[name] += piece.slice(0, maxText);
      });
    const kill = (): void => {
      if (child.pid === undefined || child.exitCode !== null) return;
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has just ended.
      }
    };
    signal.addEventListener("abort", kill, { once: true });
    if (signal.aborted) kill();
    child.on("error", (error: NodeJS.ErrnoException) => {
      signal.removeEventListener("abort", kill);
      if (error.code === "ENOENT" || error.code === "EACCES") resolve(undefined);
      else reject(error);
    });
    child.on("close", (code) => {
      signal.removeEventListener("abort", kill);
      resolve({ code: code ?? 255, ...text });
    });
  });
}
