import { z } from "zod";
import { Sha256, Verb } from "./vocabulary.ts";

/** A variable that a unit reads, as far as parsing shows it. */
export const UnitVariable = z.object({
  name: z.string(),
  /** The value written in the repository, as JSON; absent when there is none or it is vaulted. */
  default: z.json().optional(),
  /** True when no default exists anywhere (vars_prompt, assert, argument_specs `required`). */
  required: z.boolean(),
  /** `path:line` inside the repository. */
  source: z.string(),
  /** There is a value, and only a vault password shows it. */
  encrypted: z.literal(true).optional(),
  /** What `vars_prompt` asks for it. */
  prompt: z.string().optional(),
  /** It is not shown while a person types it (`vars_prompt` with `private`). */
  private: z.literal(true).optional(),
  /** From `argument_specs`: what it is, of which type, and which values there are. */
  description: z.string().optional(),
  type: z.string().optional(),
  choices: z.array(z.string()).optional(),
});
export type UnitVariable = z.infer<typeof UnitVariable>;

/** One Ansible task as our own parser sees it before anything runs. */
export const ListedAnsibleTask = z.object({
  name: z.string(),
  /** Module as written, for example `ansible.builtin.copy`; `include_tasks` and the like stay unexpanded when dynamic. */
  module: z.string(),
  /** `path:line` inside the project. */
  source: z.string(),
  tags: z.array(z.string()),
  become: z.boolean(),
  /** True when it cannot be known before the run what it does (dynamic include, templated name of a file). */
  dynamic: z.boolean(),
  /** False when check mode cannot tell what it would do (command, shell, raw, script, …). */
  previewable: z.boolean(),
  /**
   * What it destroys or opens, by module and plainly written arguments. `removes`: machines, containers, users with their home;
   * `loses-data`: databases, volumes; `firewall-off`: it is stopped, flushed or lets everything in;
   * `deletes`: files, packages or users that it does not bring back; `runs-here`: a lookup of it runs a program, or asks the
   * network, on the machine that Ansible runs on, whatever its module does. Absent for all others.
   */
  effect: z.enum(["removes", "loses-data", "firewall-off", "deletes", "runs-here"]).optional(),
});
export type ListedAnsibleTask = z.infer<typeof ListedAnsibleTask>;

/** One play of a playbook, as parsed. */
export const ListedPlay = z.object({
  name: z.string(),
  /** Host pattern as written, for example `web:&prod`. */
  hosts: z.string(),
  become: z.boolean(),
  ansibleTasks: z.array(ListedAnsibleTask),
  /** Handlers that these may notify: part of no list, and run all the same when one of them changes something. Absent: none. */
  handlers: z.array(ListedAnsibleTask).optional(),
});
export type ListedPlay = z.infer<typeof ListedPlay>;

/** A secret that a unit declares with `# chiffon:secret=NAME generate=24`. */
export const SecretDeclaration = z.object({
  name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/),
  /** Length in characters of a value made by Chiffon when none is set; null = a person must set it. */
  generate: z.int().min(8).max(128).nullable(),
  /** What `vars_prompt` asks, where the playbook declares it in this way. */
  prompt: z.string().optional(),
});
export type SecretDeclaration = z.infer<typeof SecretDeclaration>;

/** Where the repository holds something that only a vault password opens. Never the value. */
export const Encrypted = z.object({
  /** Of the variable; null for a whole file, or a value inside a list. */
  name: z.string().nullable(),
  path: z.string(),
  /** 1-based; null for a whole file. */
  line: z.int().nullable(),
  /** The group or host whose variables it belongs to; absent where it belongs to no single one. */
  of: z.string().optional(),
});
export type Encrypted = z.infer<typeof Encrypted>;

/** What a value of a variable can need on a host. `compiler` is one for C++ with make, `systemd` one that runs. */
export const HostTool = z.enum([
  "docker",
  "podman",
  "git",
  "node",
  "npm",
  "compiler",
  "systemd",
  "supervisor",
  "internet",
]);
export type HostTool = z.infer<typeof HostTool>;

/**
 * One value that a unit may choose by itself for a variable, from `# chiffon:choice=VARIABLE VALUE needs TOOL,TOOL version
 * VARIABLE`. Those of one variable stand in the order in which the unit tries them.
 */
export const UnitChoice = z.object({
  variable: z.string(),
  value: z.string(),
  /** All of them have to be there. */
  needs: z.array(HostTool),
  /** The variable whose value is the version that this way brings; null when the unit does not say. */
  version: z.string().nullable(),
});
export type UnitChoice = z.infer<typeof UnitChoice>;

/** What a machine has to have free for a unit, from `# chiffon:needs gpu_vram_gb=8 cpu_cores=4 memory_gb=16`. */
export const ResourceNeeds = z.object({
  /** Of one graphics processor, in GB of 2^30 bytes. */
  gpu_vram_gb: z.number().positive().max(100_000).optional(),
  cpu_cores: z.int().positive().max(100_000).optional(),
  memory_gb: z.number().positive().max(100_000).optional(),
});
export type ResourceNeeds = z.infer<typeof ResourceNeeds>;

/**
 * How what a unit does is taken back, from `# chiffon:way-back=`: by another unit of the repository, by a value of one of its
 * own variables, or not at all; `state` is a variable that was found to be the `state` of a module.
 */
export const UnitWayBack = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("unit"), unit: z.string() }),
  z.object({ kind: z.literal("value"), variable: z.string(), value: z.string() }),
  z.object({ kind: z.literal("state"), variable: z.string() }),
  z.object({ kind: z.literal("none"), text: z.string() }),
]);
export type UnitWayBack = z.infer<typeof UnitWayBack>;

/**
 * `playbook`: a file. `role` and `tasks`: the part of a playbook that a tag or a switch selects. `operation`: one of Chiffon's
 * own.
 */
export const UnitKind = z.enum(["playbook", "role", "tasks", "operation"]);
export type UnitKind = z.infer<typeof UnitKind>;

/** A playbook that Chiffon wrote for a task file which the repository can only run together with others. */
export const WrittenPlaybook = z.object({
  /** Path inside the snapshot, beside the playbook that it is made of; the repository has no such file. */
  path: z.string(),
  /** The playbook that it is made of. */
  from: z.string(),
  /** The task file as the include names it. */
  file: z.string(),
  /** At most 64 KiB; the plan's hash covers every character. */
  text: z.string(),
});
export type WrittenPlaybook = z.infer<typeof WrittenPlaybook>;

/** One runnable thing. */
export const Unit = z.object({
  /** Stable across refreshes: `<repository>:<path>`, `<repository>:<playbook>#<name>` for a part, or `operation:<name>`. */
  id: z.string(),
  kind: UnitKind,
  /** Short name for people and for matching, for example `status-page`. */
  name: z.string(),
  /** Path of the playbook inside the repository, with `/`; of a part its role's folder or its task file. */
  path: z.string(),
  /** Same as `path` for a playbook; of the playbook that Ansible gets. */
  playbook: z.string(),
  /** Folder of the project inside the repository, `.` when the repository is the project. */
  project: z.string(),
  repository: z.string(),
  /** Of a playbook all that its Ansible tasks have; of a part those that it is run with. */
  tags: z.array(z.string()),
  /** Variable that switches the unit on (`x_enabled`), when there is one. */
  enableVar: z.string().nullable(),
  description: z.string(),
  /** What it is about, for the record: `# chiffon:service=`, else its name. */
  services: z.array(z.string()),
  /** Other names: service name, role names, `# chiffon:service=`, `# chiffon:alias=`. */
  aliases: z.array(z.string()),
  verbs: z.array(Verb),
  vars: z.array(UnitVariable),
  secrets: z.array(SecretDeclaration),
  /** What of its variables needs a vault password; absent when nothing does. */
  encrypted: z.array(Encrypted).optional(),
  /** Variable that wants the list of portals, from `# chiffon:portals=NAME`; null when it wants none. */
  portals: z.string().nullable(),
  /** What it chooses by itself when its variable says nothing or `auto`, and what each way needs. */
  choices: z.array(UnitChoice),
  /** What it says that its machine needs; absent when it says nothing. */
  needs: ResourceNeeds.optional(),
  /** How its effect is taken back, as far as the unit itself says or shows it. */
  wayBack: UnitWayBack.optional(),
  /** Others may work on its hosts meanwhile, when they say so as well and are about other services; absent for most. */
  parallel: z.literal("service").optional(),
  plays: z.array(ListedPlay),
  /**
   * What runs in the place of `playbook`; absent for what the repository runs by itself. Its `plays` have the tasks of the file
   * where `plays` of the unit have the include, as Ansible lists it.
   */
  written: WrittenPlaybook.extend({ plays: z.array(ListedPlay) }).optional(),
  /** Why it cannot be run as it lies there, and what to do about it; null when nothing is known against it. */
  problem: z.string().nullable(),
  /** SHA-256 of its content: the playbook file, with the roles and playbooks that it uses; of a part that part and the file. */
  sha256: Sha256,
  /** True for units in molecule/, tests/, .github/ and the like: found, but never picked before others. */
  minor: z.boolean(),
});
export type Unit = z.infer<typeof Unit>;

/** A unit as lists show it. */
export const UnitSummary = Unit.pick({
  id: true,
  kind: true,
  name: true,
  path: true,
  repository: true,
  description: true,
  verbs: true,
  minor: true,
});
export type UnitSummary = z.infer<typeof UnitSummary>;

/** Something in a repository that could not be read; one finding, never the end. */
export const CatalogueFinding = z.object({
  path: z.string(),
  line: z.int().nullable(),
  /** What is wrong, and what to do about it. */
  message: z.string(),
});
export type CatalogueFinding = z.infer<typeof CatalogueFinding>;

/** A host of a parsed inventory. */
export const InventoryHost = z.object({
  name: z.string(),
  groups: z.array(z.string()),
  /** `ssh` or `local`; other connections are named as written. */
  connection: z.string(),
  /** Where SSH goes: `ansible_host` or the name. */
  address: z.string(),
  port: z.int(),
  user: z.string().nullable(),
  /** Private key for SSH as written; absent when the inventory names none. */
  identityFile: z.string().optional(),
});
export type InventoryHost = z.infer<typeof InventoryHost>;

/** A static inventory as parsed by us; none of the repository's code runs. */
export const Inventory = z.object({
  /** Path inside the repository. */
  path: z.string(),
  hosts: z.array(InventoryHost),
  groups: z.array(z.object({ name: z.string(), hosts: z.array(z.string()) })),
  /** True for scripts and plug-in inventories: shown, never run here. */
  dynamic: z.boolean(),
  /** Why it is dynamic, for a person; absent for a static one. */
  reason: z.string().optional(),
  /** What of it and of its group_vars and host_vars needs a vault password; absent when nothing does. */
  encrypted: z.array(Encrypted).optional(),
});
export type Inventory = z.infer<typeof Inventory>;

/** A role or collection that a requirements file of `ansible-galaxy` names. */
export const Requirement = z.object({
  kind: z.enum(["role", "collection"]),
  name: z.string(),
  /** As written; null for the newest. */
  version: z.string().nullable(),
  /** Where it comes from, without a password; null for Ansible Galaxy. */
  source: z.string().nullable(),
  /** The file that names it, and the 1-based line where one is known. */
  path: z.string(),
  line: z.int().nullable(),
  /** Where it lies inside the repository; null when it does not. A collection may be installed on the machine all the same. */
  folder: z.string().nullable(),
  /** The command that brings it there, to be given in the repository's folder. */
  install: z.string(),
});
export type Requirement = z.infer<typeof Requirement>;

/** What one repository offers. */
export const Catalogue = z.object({
  repository: z.string(),
  /** Absolute path on the server's machine. */
  root: z.string(),
  units: z.array(Unit),
  inventories: z.array(Inventory),
  /** Absent when no requirements file was found. */
  requirements: z.array(Requirement).optional(),
  findings: z.array(CatalogueFinding),
});
export type Catalogue = z.infer<typeof Catalogue>;
