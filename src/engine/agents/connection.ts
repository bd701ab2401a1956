import { ChiffonError } from "../../domain/errors.ts";
import { recordAudit } from "../audit/record.ts";
import type { CoreDeps } from "../core-deps.ts";
import { askForPlacement } from "../dispatch/sql.ts";
import type { Caller } from "../engine.ts";
import { appendEvents } from "../stream/sql.ts";
import { findIdentity, replaceKeys, setRevoked, type AgentIdentity } from "./identity-sql.ts";
import { findAgentRow, tellRevoked } from "./sql.ts";

/** The agent that says that it is this one; its proof is still to be checked. @throws ChiffonError `not-allowed` */
export async function getIdentity(deps: CoreDeps, agentId: string): Promise<AgentIdentity> {
  const identity = await findIdentity(deps.db, agentId);
  if (identity === undefined)
    throw new ChiffonError("not-allowed", "This server does not know the agent.", {
      hint: "Join it with an invitation: chiffon agents invite",
    });
  if (identity.revokedAt !== null)
    throw new ChiffonError("not-allowed", "The agent was revoked.", {
      hint: "Join it anew with an invitation: chiffon agents invite",
    });
  return identity;
}

/** Somebody could not prove to be this agent, or may not be it. */
export async function noteRefused(
  deps: CoreDeps,
  agentId: string,
  about: { address: string; why: string },
): Promise<void> {
  await deps.db.transaction().execute((tx) =>
    recordAudit(tx, {
      at: deps.clock.now(),
      kind: "agent.refused",
      actor: { kind: "agent", name: agentId, id: agentId },
      data: { agent_id: agentId, ...about },
    }),
  );
}

/** Changes the keys of an agent, which has signed the new ones with the old. */
export async function rotateKeys(
  deps: CoreDeps,
  agent: AgentIdentity,
  keys: { signingKey: string; sealingKey: string },
): Promise<AgentIdentity> {
  await deps.db.transaction().execute(async (tx) => {
    if (!(await replaceKeys(tx, agent.id, { from: agent.signingKey, ...keys })))
      throw new ChiffonError("conflict", "The keys of the agent have changed meanwhile.");
    await recordAudit(tx, {
      at: deps.clock.now(),
      kind: "agent.rotated",
      actor: { kind: "agent", name: agent.id, id: agent.id },
      data: { agent_id: agent.id, signing_key: keys.signingKey },
    });
  });
  return { ...agent, ...keys };
}

/** The agent may not connect any more; every server ends its connection at once. Idempotent. */
export async function revokeAgent(
  deps: CoreDeps,
  caller: Caller,
  given: { id: string; reason: string },
): Promise<void> {
  const row = await findAgentRow(deps.db, given.id);
  if (row === undefined)
    throw new ChiffonError("not-found", `there is no agent ${given.id}`, {
      hint: "chiffon agents shows all",
    });
  if (row.signing_key === null)
    throw new ChiffonError(
      "bad-input",
      `the agent ${row.name} is part of the server: it has no key to revoke`,
      {
        hint: "it ends with its server",
      },
    );
  await deps.db.transaction().execute(async (tx) => {
    const at = deps.clock.now();
    const reason = `revoked by ${caller.actor.name}${given.reason === "" ? "" : `: ${given.reason}`}`;
    if (!(await setRevoked(tx, given.id, { at, reason }))) return;
    await recordAudit(tx, {
      at,
      kind: "agent.revoked",
      actor: caller.actor,
      data: { agent_id: given.id, reason: given.reason },
    });
    await appendEvents(tx, "agents", {
      at,
      bodies: [{ type: "agent.state", data: { agentId: given.id, status: "offline" } }],
    });
    await tellRevoked(tx, given.id);
    await askForPlacement(tx);
  });
}
