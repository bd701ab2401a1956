import { open, readFile, rename } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { AgentKeyFile } from "../adapters/keys/agent-keys.ts";
import { AgentType } from "../contracts/agent-protocol.ts";
import { Id } from "../contracts/vocabulary.ts";
import { ChiffonError } from "../domain/errors.ts";

/** Who an agent is, as it lies in its data directory (0600): whoever has this file is the agent. */
export const AgentIdentityFile = z.object({
  url: z.url(),
  /** Ed25519 public key of the server, raw, base64. */
  serverKey: z.string(),
  agentId: Id,
  agentType: AgentType,
  name: z.string(),
  keys: AgentKeyFile,
  /** Keys that the server may have taken already, while a change of keys is under way. */
  nextKeys: AgentKeyFile.optional(),
});
export type AgentIdentityFile = z.infer<typeof AgentIdentityFile>;

const fileOf = (dataDir: string): string => path.join(dataDir, "agent.json");

/** Undefined when the agent has not joined yet. */
export async function findAgentIdentity(dataDir: string): Promise<AgentIdentityFile | undefined> {
  const file = fileOf(dataDir);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return AgentIdentityFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new ChiffonError("setup-needed", `The identity of this agent cannot be read: ${file}.`, {
      hint: "Put back the file from a backup, or move it away and join anew: chiffon agents invite",
      cause,
    });
  }
}

/** Whole or not at all. */
export async function saveAgentIdentity(dataDir: string, identity: AgentIdentityFile): Promise<void> {
  const file = fileOf(dataDir);
  const handle = await open(`${file}.new`, "w", 0o600);
  try {
    await handle.writeFile(JSON.stringify(identity));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
}
