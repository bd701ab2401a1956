import type { SecretDeclaration, UnitChoice, UnitWayBack } from "../../contracts/catalogue.ts";
import type { Verb } from "../../contracts/vocabulary.ts";

/*
 * What one file says by itself, kept per content hash. Everything that needs a second file (roles, imports, defaults) is put
 * together afterwards in expand.ts and variables.ts, so that a changed file costs one parse.
 */

/** A variable with a value, where it is written. `value` is undefined when vaulted or too large to show. */
export interface VariableFacts {
  name: string;
  line: number;
  value: unknown;
}

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

export interface TaskFacts {
  line: number;
  name: string | null;
  module: string;
  tags: string[];
  /** null = inherited. */
  become: boolean | null;
  previewable: boolean;
  /** Variables that an `assert` wants to be defined. */
  needs: string[];
  /** The variable of a `when` that asks for nothing else. */
  toggle: string | null;
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

export interface PromptFacts {
  name: string;
  line: number;
  value: unknown;
  required: boolean;
}

export type PlayFacts =
  | { kind: "import"; line: number; file: string; tags: string[] }
  | {
      kind: "play";
      line: number;
      name: string | null;
      hosts: string;
      become: boolean;
      tags: string[];
      vars: VariableFacts[];
      varsFiles: string[];
      prompts: PromptFacts[];
      preTasks: TaskFacts[];
      roles: RoleUse[];
      tasks: TaskFacts[];
      postTasks: TaskFacts[];
    };

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
  wayBack: { line: number; way: UnitWayBack } | null;
  problems: { line: number; message: string }[];
}

export type FileFacts =
  | {
      kind: "playbook";
      plays: PlayFacts[];
      header: HeaderFacts;
      problems: { line: number; message: string }[];
    }
  | { kind: "tasks"; tasks: TaskFacts[] }
  | { kind: "variables"; variables: VariableFacts[] }
  | {
      kind: "role-meta";
      dependencies: RoleUse[];
      required: VariableFacts[];
      entryPoints: EntryPointFacts[];
      /** `galaxy_info.description`. */ description: string | null;
    }
  | { kind: "other" }
  | { kind: "broken"; line: number | null; message: string };
