import { open } from "node:fs/promises";
import { Invited } from "../contracts/agent.ts";
import { ChiffonError } from "../domain/errors.ts";

/** What an agent needs of an invitation to join. */
const Invitation = Invited.pick({ code: true, serverKey: true, type: true });
type Invitation = Pick<Invited, keyof typeof Invitation.shape>;

const largestFile = 65_536;

/** Reads what `chiffon agents invite --json` printed. @throws ChiffonError when the file holds something else */
export async function readInvitation(file: string): Promise<Invitation> {
  const hint = "On the server: chiffon agents invite --json, and put what it prints into that file.";
  let text: string;
  try {
    text = await readStart(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ChiffonError("setup-needed", `The invitation cannot be read: ${why}.`, { hint, cause });
  }
  // Whoever starts all services at once has the file, and no server yet that could invite.
  if (text.trim() === "")
    throw new ChiffonError("setup-needed", `There is no invitation yet: ${file} is empty.`, { hint });
  try {
    return Invitation.parse(JSON.parse(text));
  } catch (cause) {
    // The text itself holds a code: it is not repeated.
    throw new ChiffonError("setup-needed", `${file} does not hold an invitation.`, { hint, cause });
  }
}

async function readStart(file: string): Promise<string> {
  await using handle = await open(file, "r");
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(largestFile), 0, largestFile, 0);
  return buffer.toString("utf8", 0, bytesRead);
}
