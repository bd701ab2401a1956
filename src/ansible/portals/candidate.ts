/** An address of a service that the person already has. */
export interface Portal {
  readonly name: string;
  /** An http or https address, as written. */
  readonly url: string;
  /** `path:line` inside the repository. */
  readonly source: string;
}

/** One place of a repository that lists portals. */
export interface PortalCandidate {
  /** Stable as long as the list keeps its place: path and name. */
  readonly id: string;
  readonly kind: "list" | "compose" | "bookmarks" | "dashboard";
  /** Name of the variable, or in words what it is. */
  readonly name: string;
  /** Path inside the repository, with `/`; of the first file when there are several. */
  readonly path: string;
  /** 1-based */
  readonly line: number;
  readonly portals: readonly Portal[];
  /** What of it was left out and why, one sentence each, with file and line. */
  readonly notes: readonly string[];
}

/** What a repository holds of portals. */
export interface FoundPortals {
  readonly candidates: readonly PortalCandidate[];
  /** Addresses of lists that gave no portal at all, one sentence each, with file and line. */
  readonly notes: readonly string[];
}

/** An address as written somewhere, before it is checked. */
export interface WrittenLink {
  readonly name: string | null;
  readonly address: string;
  /** True where a plain host name stands for its https address (`domain:`, Traefik's Host rule). */
  readonly bare: boolean;
  readonly path: string;
  readonly line: number;
}

/** Links that were found together. */
export interface LinkGroup {
  readonly kind: PortalCandidate["kind"];
  readonly name: string;
  readonly path: string;
  readonly line: number;
  readonly links: readonly WrittenLink[];
}
