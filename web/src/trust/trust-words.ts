import type { RepositoryTrust, TrustedFileChange } from "../../../src/contracts/trust.ts";
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
