import { ChiffonError } from "./errors.ts";

/** For the record. */
export const copiedIdentity = "another process with the same keys is connected";

/** What a process is told that comes with the keys of an agent which is connected. */
export function refuseCopiedIdentity(): ChiffonError {
  return new ChiffonError(
    "conflict",
    "Another process with the same keys is connected: an identity is for one process only.",
    {
      hint: "Remove the copy's data directory and join it with an invitation of its own: chiffon agents invite",
    },
  );
}
