import { z } from "zod";
import { Inventory, Requirement } from "./catalogue.ts";
import { TrustSummary } from "./trust.ts";
import { Instant } from "./vocabulary.ts";

/*
 * The first run: which repositories are served, and whether their machines can be reached.
 */

/** `flag`: given when the server was started; the others were added while it ran and survive a restart. */
export const RepositorySource = z.enum(["flag", "path", "git", "example"]);
export type RepositorySource = z.infer<typeof RepositorySource>;

/** An inventory as lists show it. */
const InventorySummary = Inventory.pick({ path: true, dynamic: true, reason: true, encrypted: true }).extend({
  hosts: z.int(),
});

/** A repository as it is served now. */
export const RepositoryView = z
  .object({
    /** Short name, unique on this server. */
    name: z.string(),
    source: RepositorySource,
    /** Absolute path on the server's machine. */
    root: z.string(),
    /** Where a clone comes from; null for folders. */
    url: z.string().nullable(),
    /** The wanted branch or tag of a clone, else what is checked out; null for a folder that is no checkout. */
    branch: z.string().nullable(),
    /** Commit that is checked out; the files of a folder may differ from it. */
    commit: z.string().nullable(),
    /** How many playbooks were found. */
    units: z.int(),
    /** How many things could not be read; `GET /playbooks` lists them. */
    findings: z.int(),
    /** Inventory in use, relative to `root`; null when there is none. */
    inventory: z.string().nullable(),
    /** How many hosts that inventory has. */
    hosts: z.int(),
    /** All inventories that were found; hosts as far as they are written there. A dynamic one is shown and never run. */
    inventories: z.array(InventorySummary),
    /** What its requirements files of `ansible-galaxy` name. */
    requirements: z.array(Requirement),
    /** Why nothing of it can be read now, for example because the folder is gone; else null. */
    problem: z.string().nullable(),
    /** Null when its files cannot all be read. */
    trust: TrustSummary.nullable(),
    /** Null for those given at the start. */
    addedBy: z.string().nullable(),
    addedAt: Instant.nullable(),
  })
  .meta({ id: "RepositoryView" });
export type RepositoryView = z.infer<typeof RepositoryView>;

/** Body of `POST /repositories`: exactly one of a folder, a git address or the example. */
export const AddRepository = z.union(
  [
    z.strictObject({ path: z.string().min(1).max(4_096) }),
    z.strictObject({
      url: z.string().min(1).max(2_048),
      /** Default: the branch that the other side names. */
      branch: z.string().min(1).max(250).optional(),
    }),
    z.strictObject({ example: z.literal(true) }),
  ],
  "give one of: path (a folder of the server's machine), url with or without branch, or example: true",
);
export type AddRepository = z.infer<typeof AddRepository>;

/** Name of a repository in an address. */
export const RepositoryName = z.string().min(1).max(250);

/** A host of an inventory in use, as written there; nothing is connected for it. */
export const Machine = z
  .object({
    host: z.string(),
    repository: z.string(),
    /** Path inside the repository. */
    inventory: z.string(),
    groups: z.array(z.string()),
    /** `ssh`, `local`, or another connection as written. */
    connection: z.string(),
    address: z.string(),
    port: z.int(),
    user: z.string().nullable(),
  })
  .meta({ id: "Machine" });
export type Machine = z.infer<typeof Machine>;

/** Body of `POST /machines/check`; without names all hosts, of which there may be 50. */
export const CheckMachines = z.object({
  hosts: z.array(z.string().min(1).max(255)).min(1).max(50).optional(),
});
export type CheckMachines = z.infer<typeof CheckMachines>;

/**
 * `incomplete`: it answers, and something that playbooks need is missing. `unknown-key`: it offers an SSH key that nobody has
 * accepted; `changed-key`: another one than the accepted. In both cases nothing was logged in.
 */
export const MachineState = z.enum(["ok", "incomplete", "unreachable", "unknown-key", "changed-key"]);
export type MachineState = z.infer<typeof MachineState>;

/** One thing that was looked at. */
export const MachineFinding = z.object({
  name: z.enum(["ssh", "python", "sudo"]),
  status: z.enum(["ok", "warn", "fail"]),
  message: z.string(),
  /** What to do about it; null when it is well. */
  hint: z.string().nullable(),
});
export type MachineFinding = z.infer<typeof MachineFinding>;

/** Answer for one host of `POST /machines/check`. */
export const MachineCheck = z
  .object({
    host: z.string(),
    repository: z.string(),
    address: z.string(),
    port: z.int(),
    connection: z.string(),
    state: MachineState,
    /** Keys that it offers, `ED25519 SHA256:…`, when they are unknown: to be compared on the machine itself. */
    fingerprints: z.array(z.string()),
    checks: z.array(MachineFinding),
  })
  .meta({ id: "MachineCheck" });
export type MachineCheck = z.infer<typeof MachineCheck>;

/** Body of `POST /machines/facts`; without names all hosts of the inventories in use. */
export const ShowFacts = z.object({
  hosts: z.array(z.string().min(1).max(255)).min(1).max(200).optional(),
});
export type ShowFacts = z.infer<typeof ShowFacts>;
