import type { JsonValue } from "../../domain/canonical-json.ts";
import type { Guard } from "./guard.ts";
import type { SandboxPlan } from "./sandbox.ts";
import type { AnsibleTools } from "./tools.ts";

/** How a run is held that nobody has approved, because it only reads. */
export type ReadRun = {
  guard: Guard;
  /** Undefined where trust stands in its place. */
  sandbox: SandboxPlan | undefined;
  /** Absolute path of the snapshot's tree: the whole of what the sandbox has of the repository. */
  snapshot: string;
};

/** Everything that one `ansible-playbook` process is started from. Nothing else reaches it. */
export type AttemptSpec = {
  /** UUID; also the marker by which processes of this attempt are recognised. */
  attemptId: string;
  /** Absolute path of the private run directory. It is made (mode 0700) and must not exist, or be empty. */
  runDir: string;
  /** Absolute path of the snapshot tree; becomes the working directory. Never written to. */
  projectDir: string;
  /** Relative to projectDir. */
  playbook: string;
  /** Relative to projectDir, or absolute. */
  inventory: string;
  /** Host names; at least one. Patterns and groups are refused. */
  limit: readonly string[];
  /** Hosts that tasks may be delegated to, besides those of the limit. */
  delegates: readonly string[];
  /** True when the plan says that tasks run on this machine. */
  runsHere: boolean;
  tags: readonly string[];
  /** Name of the first ansibleTask; absent: from the beginning. */
  startAt?: string;
  /** Values are handed over literally: a template inside is text. */
  extraVars: Readonly<Record<string, JsonValue>>;
  /** Extra variables that must not reach a disk, a command line or an environment. Also literal. */
  secrets: Readonly<Record<string, string>>;
  /** Absolute folders, searched for roles before the playbook's own `roles/`. */
  rolesPath: readonly string[];
  /** Text of the known_hosts file. Hosts that are not in it are unreachable. */
  knownHosts: string;
  /** Ansible's check mode: nothing is changed where modules support it. */
  check: boolean;
  /** Only for a run that nobody has approved; `check` is true then. */
  readRun?: ReadRun;
  /** Files that are hashed again right before the start; a difference refuses the attempt with 5007. */
  inputs: readonly { path: string; sha256: string; executable?: boolean }[];
  /** Absolute folder in which nothing but inputs may lie. */
  tree?: string;
  tools: AnsibleTools;
  /** Python for tasks on this machine, when the whole limit is this machine. */
  localPython: string;
  /** Socket of an ssh-agent that ssh may use; nothing else of the agent's environment is handed on. */
  sshAuthSock?: string;
  /**
   * When the server was last asked for its word (milliseconds since 1970). The orphan limit counts from then, as the server's does, and
   * nothing begins when half of it is over. Default: from the start.
   */
  offeredAt?: number;
  timeoutSeconds: number;
  /** How long the playbook may go on without a sign of life from an agent. */
  orphanLimitSeconds: number;
  /** Limit of output.log; the middle is dropped. Also the size from which events come without details. */
  outputCapBytes: number;
  /** Multiplies every wait and limit above. 1 in production; tests shrink all waits by it. */
  waitScale: number;
};
