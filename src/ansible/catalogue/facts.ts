import type {
  ListedAnsibleTask,
  ResourceNeeds,
  SecretDeclaration,
  UnitChoice,
  UnitVariable,
  UnitWayBack,
} from "../../contracts/catalogue.ts";
import type { Verb } from "../../contracts/vocabulary.ts";
import type { RestartBy } from "./restarts.ts";

/*
 * What one file says by itself, kept per content hash. Everything that needs a second file (roles, imports, defaults) is put
 * together afterwards in expand.ts and variables.ts, so that a changed file costs one parse.
 */

export type TaskUse =
  | { kind: "plain" }
  /**
   * include_tasks, include_role and the like: known only while it runs. `files` are those that the text names, also by a loop
   * over names that are written there; `role` the one that it names; `apply` the tags that reach the tasks inside; `written`
   * the name of a task file as it stands there.
   */
  | {
      kind: "dynamic";
      files: readonly string[];
      role: string | null;
      apply: readonly string[];
      written: string | null;
    }
  | { kind: "block"; tasks: TaskFacts[] }
  /** `file` is null when it is templated. */
  | { kind: "import-tasks"; file: string | null }
  | { kind: "import-role"; role: string | null; tasksFrom: string };

/** Where a task works besides the hosts of its play, as written. */
export interface TaskReach {
  /** Of `delegate_to`; may be a template. */
  delegate: string | null;
  /** True for `local_action`, `connection: local` and the variable that does the same. */
  here: boolean;
  /** The host that `add_host` adds; may be a template. */
  adds: string | null;
}

export interface TaskFacts {
  line: number;
  name: string | null;
  module: string;
  tags: string[];
  /** null = inherited. */
  become: boolean | null;
  previewable: boolean;
  /** Absent for most. */
  effect?: ListedAnsibleTask["effect"];
  /** Absent for nearly all: it restarts the machine that it runs on. */
  restarts?: RestartBy;
  /** Names of handlers; absent for most. */
  notifies?: readonly string[];
  /** Of a handler: what else it answers to. */
  listens?: readonly string[];
  /** Variables that an `assert` wants to be defined. */
  needs: string[];
  /** The variable of a `when` that asks for nothing else. */
  toggle: string | null;
  /** null for nearly every task: it works on the hosts of its play. */
  reach: TaskReach | null;
  /** The variable that is the module's whole `state`. */
  state: string | null;
  use: TaskUse;
}

/** A role named in `roles:` or in the `dependencies` of a role. */
export interface RoleUse {
  /** null when it is templated or unreadable. */
  name: string | null;
  /** 1-based; of the play when the role is named by a plain text. */
  line: number;
  tags: string[];
  become: boolean | null;
  /** The variable of a `when` that asks for nothing else. */
  toggle: string | null;
}

/** An entry point in a role's argument_specs: Ansible puts a task before the role that checks its arguments. */
export interface EntryPointFacts {
  name: string;
  /** `short_description`, which Ansible adds to the name of that task. */
  summary: string | null;
  line: number;
}

/** An option of a role's entry point `main` in its argument_specs. */
export interface ArgumentFacts {
  name: string;
  /** `path:line`. */
  source: string;
  required: boolean;
  type: string | null;
  choices: string[];
  description: string | null;
}

export type PlayFacts =
  | { kind: "import"; line: number; name: string | null; file: string; tags: string[] }
  | {
      kind: "play";
      line: number;
      name: string | null;
      hosts: string;
      become: boolean;
      tags: string[];
      vars: UnitVariable[];
      varsFiles: string[];
      prompts: UnitVariable[];
      preTasks: TaskFacts[];
      roles: RoleUse[];
      tasks: TaskFacts[];
      postTasks: TaskFacts[];
      handlers: TaskFacts[];
      /** True when the whole play runs on the machine that Ansible runs on. */
      here: boolean;
    };

/** A role or collection in a requirements file of `ansible-galaxy`. */
export interface RequirementFacts {
  kind: "role" | "collection";
  name: string;
  version: string | null;
  source: string | null;
  line: number | null;
}

/** What the comments at the top of a playbook say. */
export interface HeaderFacts {
  services: string[];
  aliases: string[];
  verbs: Verb[];
  description: string | null;
  /** The first comment block, when there is no `chiffon:description`. */
  comment: string | null;
  secrets: SecretDeclaration[];
  /** The variable that wants the list of portals. */
  portals: string | null;
  choices: { line: number; choice: UnitChoice }[];
  needs: ResourceNeeds | null;
  wayBack: { line: number; way: UnitWayBack } | null;
  /** Where it says that others may work on its hosts meanwhile. */
  parallel: { line: number } | null;
  problems: { line: number; message: string }[];
}

export type FileFacts =
  | {
      kind: "playbook";
      plays: PlayFacts[];
      header: HeaderFacts;
      problems: { line: number; message: string }[];
      /** The text, where it includes task files that may have to be run by themselves; else null. */
      text: string | null;
    }
  /** `about`: what a comment at its top, or the labels of a container, say. */
  | { kind: "tasks"; tasks: TaskFacts[]; about: string | null }
  /** They may touch hosts like any task, and are no part of a list. */
  | { kind: "handlers"; tasks: TaskFacts[] }
  | { kind: "variables"; variables: UnitVariable[] }
  | {
      kind: "role-meta";
      dependencies: RoleUse[];
      arguments: ArgumentFacts[];
      entryPoints: EntryPointFacts[];
      /** `galaxy_info.description`. */ description: string | null;
    }
  /** The whole file is encrypted with a vault. */
  | { kind: "vaulted" }
  | { kind: "requirements"; entries: RequirementFacts[] }
  /** The configuration of an inventory plug-in. */
  | { kind: "inventory-plugin" }
  | { kind: "other"; about?: string | null }
  | { kind: "broken"; line: number | null; message: string };
