import type { RepositoryTrust, TrustedFileChange, TrustSummary } from "../../../src/contracts/trust.ts";
import type { Tone } from "../ui/states-of-things.ts";

export const fileChanges: Readonly<Record<TrustedFileChange, { tone: Tone; text: string }>> = {
  same: { tone: "quiet", text: "as trusted" },
  added: { tone: "warn", text: "new since the last trust" },
  changed: { tone: "warn", text: "changed since the last trust" },
  removed: { tone: "quiet", text: "removed since the last trust" },
};

/** How the trust stands. */
export function trustSentence({ state, trustedBy }: Pick<RepositoryTrust, "state" | "trustedBy">): string {
  switch (state) {
    case "none":
      return "Nobody has trusted this repository: its code runs only in runs that somebody has approved.";
    case "trusted":
      return `Trusted by ${trustedBy ?? "somebody"}: previews of its plans may run its code.`;
    case "ended":
      return "It was trusted, and has changed since: the trust has ended by itself.";
    case "revoked":
      return "The trust was taken back.";
    default:
      return state satisfies never;
  }
}

/** The same in lists: "not trusted: 3 files". */
export function trustInShort({ state, files, trustedAt }: TrustSummary): { tone: Tone; text: string } {
  if (state === "trusted")
    return { tone: "ok", text: `trusted${trustedAt === null ? "" : ` since ${dayOf(trustedAt)}`}` };
  if (files === 0) return { tone: "quiet", text: "nothing to trust" };
  return state === "ended"
    ? { tone: "warn", text: "changed since trust" }
    : { tone: "quiet", text: `not trusted: ${files} ${files === 1 ? "file" : "files"}` };
}

/** The day where the reader is, as "2026-11-22". */
function dayOf(instant: string): string {
  const at = new Date(instant);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}
