import { z } from "zod";
import { Instant, Sha256 } from "./vocabulary.ts";

/*
 * Trust in a repository: the recorded consent that its executable part may run on this machine before a plan is approved.
 */

/**
 * Why a file belongs to the executable part. `plug-in`, `module`, `collection`: Ansible loads it as code. `inventory`: a script
 * or a plug-in's configuration. `script`: a `script:` task copies it to hosts and runs it. `setting`: its text makes Ansible or ssh start a
 * program. `lookup`: its text runs a program or asks the network while it is read. `configuration`: an ansible.cfg that names things to
 * run; Chiffon itself runs with a configuration of its own. `link`: it cannot be seen what lies there.
 */
export const ExecutableKind = z.enum([
  "plug-in",
  "module",
  "collection",
  "inventory",
  "script",
  "setting",
  "lookup",
  "configuration",
  "link",
]);
export type ExecutableKind = z.infer<typeof ExecutableKind>;

/** A file of a repository that can run something on this machine, or on a host, without being a task. */
export const ExecutableFile = z.object({
  /** Relative to the repository. */
  path: z.string(),
  kinds: z.array(ExecutableKind),
  /** What in it does so, for a person, one sentence each. */
  reasons: z.array(z.string()),
  sha256: Sha256,
  size: z.int(),
});
export type ExecutableFile = z.infer<typeof ExecutableFile>;

/** The file now against the file as it was trusted last. */
export const TrustedFileChange = z.enum(["same", "added", "changed", "removed"]);
export type TrustedFileChange = z.infer<typeof TrustedFileChange>;

export const TrustFile = ExecutableFile.extend({
  change: TrustedFileChange,
  /** The content now; null for a removed file, for one that is no text, and beyond 200,000 characters. */
  text: z.string().nullable(),
  /** Unified diff since the last trust; null where nothing changed or one side is not kept. */
  diff: z.string().nullable(),
});
export type TrustFile = z.infer<typeof TrustFile>;

/**
 * `none`: nobody has trusted it. `trusted`: somebody has, and the executable part is as it was then. `ended`: it is not any more, so
 * the trust counts no longer. `revoked`: somebody took it back.
 */
export const TrustState = z.enum(["none", "trusted", "ended", "revoked"]);
export type TrustState = z.infer<typeof TrustState>;

/** How the trust in a repository stands, in lists. */
export const TrustSummary = z.object({
  state: TrustState,
  /** How many files would run as code now. With none there is nothing to trust. */
  files: z.int(),
  /** When it was trusted last; null when nobody has. */
  trustedAt: Instant.nullable(),
});
export type TrustSummary = z.infer<typeof TrustSummary>;

/** Answer of `GET /repositories/{name}/trust`. */
export const RepositoryTrust = z
  .object({
    repository: z.string(),
    state: TrustState,
    /** SHA-256 over the list of executable files now: what a trust is bound to. */
    hash: Sha256,
    /** Sorted by path, those that changed since the last trust with their diff. */
    files: z.array(TrustFile),
    /** Who trusted it last, and when; null when nobody has. */
    trustedBy: z.string().nullable(),
    trustedAt: Instant.nullable(),
    /** Whether sandboxes work on this machine; null when they do, else why not. */
    sandboxProblem: z.string().nullable(),
  })
  .meta({ id: "RepositoryTrust" });
export type RepositoryTrust = z.infer<typeof RepositoryTrust>;

/** Body of `POST /repositories/{name}/trust`: the hash binds the consent to what was shown. */
export const TrustRepository = z.object({ hash: Sha256 });
export type TrustRepository = z.infer<typeof TrustRepository>;
