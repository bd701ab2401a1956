import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { relative } from "node:path";
import type { AttemptSpec } from "./attempt-spec.ts";
import { connectionsFolder, runFiles } from "./run-files.ts";
import { join } from "node:path";

/** Our ansible.cfg. A repository's own is never read: it could name scripts to run and switch host key checks off. */
export const ansibleConfiguration = `# Written by Chiffon for one attempt. The repository's ansible.cfg is not used.
[defaults]
host_key_checking = True
retry_files_enabled = False
nocows = True
stdout_callback = default
callbacks_enabled = chiffon_events, chiffon_hosts

[diff]
always = True

[connection]
pipelining = True
`;

const own = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const callbackFolder = own("callback_plugins");
const connectionFolder = own("connection_plugins");
/** What runs beside Ansible, or inside it. */
const programs = [
  "supervisor.py",
  "supervision.py",
  "remote_sweep.py",
  "callback_plugins/chiffon_events.py",
  "callback_plugins/chiffon_hosts.py",
  "connection_plugins/chiffon_refused.py",
];
let programDigests: Record<string, string> | undefined;

/** Read once: what is started from is what was there when this process began to plan. */
function digestPrograms(): Record<string, string> {
  programDigests ??= Object.fromEntries(
    programs.map((path) => [path, hash("sha256", readFileSync(own(path)))]),
  );
  return programDigests;
}

/** Where things are; a fingerprint uses names in their place. */
type Places = {
  run: string;
  project: string;
  connections: string;
  callbacks: string;
  /** Our connection plug-ins. */
  plugins: string;
  searchPath: string;
  home: string;
  attemptId: string;
  localPython: string | null;
  rolesPath: readonly string[];
  eventsCap: string;
};

/** The whole environment of `ansible-playbook`: an allow-list, because a playbook can read and print all of it. */
export function ansibleEnvironment(spec: AttemptSpec): Record<string, string> {
  const environment = environmentAt({
    run: spec.runDir,
    project: spec.projectDir,
    connections: connectionsFolder(spec.runDir, spec.attemptId),
    callbacks: callbackFolder,
    plugins: connectionFolder,
    searchPath: spec.tools.searchPath,
    home: spec.tools.home,
    attemptId: spec.attemptId,
    localPython: isLocalOnly(spec.limit) && isSystemPython(spec.localPython) ? spec.localPython : null,
    rolesPath: spec.rolesPath,
    eventsCap: String(spec.outputCapBytes),
  });
  if (spec.sshAuthSock !== undefined) environment["SSH_AUTH_SOCK"] = spec.sshAuthSock;
  return environment;
}

/**
 * The part of configuration and environment that is the same for every attempt of a plan and on every machine, for
 * the plan hash. Paths of machines and attempts appear as `$RUN`, `$PROJECT`, `$HOME`, ….
 */
export function environmentFingerprint(spec: Pick<AttemptSpec, "projectDir" | "rolesPath" | "limit">): {
  cfg: string;
  env: Record<string, string>;
  programs: Record<string, string>;
} {
  const env = environmentAt({
    run: "$RUN",
    project: "$PROJECT",
    connections: "$CONNECTIONS",
    callbacks: "$CALLBACKS",
    plugins: "$PLUGINS",
    searchPath: "$PATH",
    home: "$HOME",
    attemptId: "$ATTEMPT",
    localPython: isLocalOnly(spec.limit) ? "$LOCAL_PYTHON" : null,
    rolesPath: spec.rolesPath.map((folder) => {
      const inside = relative(spec.projectDir, folder);
      return inside.startsWith("..") ? folder : join("$PROJECT", inside);
    }),
    eventsCap: "$CAP",
  });
  return { cfg: ansibleConfiguration, env, programs: digestPrograms() };
}

/** Marks the processes of an attempt on remote hosts; Debian's and Ubuntu's sshd accept LC_* as delivered. */
const runVariable = "LC_CHIFFON_RUN";

function environmentAt(places: Places): Record<string, string> {
  const environment: Record<string, string> = {
    PATH: places.searchPath,
    HOME: places.home,
    LANG: "C.UTF-8",
    COLUMNS: "100",
    // The snapshot is shared and hashed: Python must not put its compiled files there.
    PYTHONDONTWRITEBYTECODE: "1",
    ANSIBLE_CONFIG: join(places.run, runFiles.configuration),
    ANSIBLE_HOST_KEY_CHECKING: "True",
    ANSIBLE_PIPELINING: "1",
    ANSIBLE_FORCE_COLOR: "1",
    ANSIBLE_NOCOWS: "1",
    ANSIBLE_RETRY_FILES_ENABLED: "0",
    ANSIBLE_LOCAL_TEMP: join(places.run, runFiles.scratch),
    ANSIBLE_CALLBACK_PLUGINS: places.callbacks,
    ANSIBLE_CALLBACKS_ENABLED: "chiffon_events,chiffon_hosts",
    ANSIBLE_CONNECTION_PLUGINS: places.plugins,
    ANSIBLE_SSH_CONTROL_PATH_DIR: places.connections,
    ANSIBLE_SSH_ARGS: sshArguments(join(places.run, runFiles.knownHosts)),
    [runVariable]: places.attemptId,
    CHIFFON_ATTEMPT: places.attemptId,
    CHIFFON_EVENTS_PATH: join(places.run, runFiles.events),
    CHIFFON_EVENTS_CAP: places.eventsCap,
    CHIFFON_HOSTS_PATH: join(places.run, runFiles.hosts),
    CHIFFON_PROJECT: places.project,
  };
  if (places.rolesPath.length > 0) environment["ANSIBLE_ROLES_PATH"] = places.rolesPath.join(":");
  if (places.localPython !== null) environment["ANSIBLE_PYTHON_INTERPRETER"] = places.localPython;
  return environment;
}

/**
 * ssh takes the first value that it meets for an option, and these come before what an inventory adds with
 * ansible_ssh_common_args or ansible_host_key_checking: a repository cannot switch the host key check off.
 */
function sshArguments(knownHosts: string): string {
  return [
    "-C",
    "ControlMaster=auto",
    "ControlPersist=60s",
    "StrictHostKeyChecking=yes",
    // Two readers: Ansible splits like a shell, ssh splits the value again at blanks.
    `'UserKnownHostsFile="${knownHosts}"'`,
    "GlobalKnownHostsFile=/dev/null",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=3",
    // A list that the user's own options add to; the first SetEnv would shut theirs out.
    `SendEnv=${runVariable}`,
  ].join(" -o ");
}

const localNames = new Set(["localhost", "127.0.0.1", "::1"]);

function isLocalOnly(limit: readonly string[]): boolean {
  return limit.length > 0 && limit.every((host) => localNames.has(host));
}

/**
 * The setting also reaches hosts that a local play delegates to, so only a path that is likely there is named;
 * otherwise Ansible looks for the interpreter itself.
 */
function isSystemPython(path: string): boolean {
  return /^\/usr\/bin\/python3(?:\.\d+)?$/.test(path);
}
