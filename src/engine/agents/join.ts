import type { Invited, InviteAgent } from "../../contracts/agent.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { createCode, normalizeCode, sameDigest, sha256, systemRandom } from "../access/credentials.ts";
import { recordAudit } from "../audit/record.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { Caller } from "../engine.ts";
import type { Tx } from "../schema.ts";
import {
  insertInvite,
  insertJoined,
  lockInvite,
  removeOldInvites,
  setInviteUsed,
  useUpTry,
  type InviteRow,
} from "./identity-sql.ts";

const inviteValid = 15 * 60_000;
const tries = 5;
/** An invitation that has ended is kept this long, so that somebody who is late is told why. Milliseconds. */
const keptAfterEnd = 7 * 24 * 3_600_000;
/** Characters of the code that name the invitation; what is left are 120 random bits. */
const hintLength = 4;

/** Invites one agent of a type: it joins with the code, once, within 15 minutes. The code is shown once and stored as a hash. */
export async function inviteAgent(
  deps: CoreDeps & { readonly serverKeyFingerprint: string },
  caller: Caller,
  wish: InviteAgent,
): Promise<Invited> {
  const at = deps.clock.now();
  const code = createCode(systemRandom);
  const plain = normalizeCode(code);
  const expires_at = new Date(at.getTime() + inviteValid);
  const id = deps.newId();
  await deps.db.transaction().execute(async (tx) => {
    await removeOldInvites(tx, new Date(at.getTime() - keptAfterEnd));
    await insertInvite(tx, {
      id,
      hint: plain.slice(0, hintLength),
      code_hash: sha256(plain),
      agent_type: wish.type,
      labels: wish.labels,
      tries_left: tries,
      created_by: caller.actor,
      created_at: at,
      expires_at,
    });
    await recordAudit(tx, {
      at,
      kind: "agent.invited",
      actor: caller.actor,
      data: {
        invite_id: id,
        agent_type: wish.type,
        labels: wish.labels,
        expires_at: expires_at.toISOString(),
      },
    });
  });
  return {
    id,
    code,
    type: wish.type,
    labels: wish.labels,
    expiresAt: expires_at.toISOString(),
    serverKey: deps.serverKeyFingerprint,
  };
}

/** What an agent says of itself when it joins; its signature was checked by whoever calls. */
export interface Joining {
  readonly code: string;
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly signingKey: string;
  readonly sealingKey: string;
  readonly instance: string;
  readonly address: string;
}

type Taken = { readonly agentId: string } | { readonly refusal: string };

/** Takes an agent in that has a code. @throws ChiffonError `not-allowed`, and the try counts */
export async function joinAgent(deps: CoreDeps, given: Joining): Promise<string> {
  const taken = await deps.db.transaction().execute((tx) => takeIn(deps, tx, given));
  if ("agentId" in taken) return taken.agentId;
  throw new ChiffonError("not-allowed", taken.refusal, {
    hint: "Ask for a new invitation: chiffon agents invite",
  });
}

async function takeIn(deps: CoreDeps, tx: Tx, given: Joining): Promise<Taken> {
  const at = deps.clock.now();
  const plain = normalizeCode(given.code);
  const invite = await lockInvite(tx, plain.slice(0, hintLength));
  // Of a code that names no invitation nothing is kept: anybody can send as many as they like.
  if (invite === undefined) return { refusal: "There is no invitation with this code." };
  const problem = findProblem(invite, { given, hash: sha256(plain), at });
  const { address, type, name } = given;
  if (problem !== undefined) {
    if (invite.tries_left > 0) {
      await useUpTry(tx, invite.id);
      await recordAudit(tx, {
        at,
        kind: "agent.join-refused",
        actor: { kind: "system", name: "chiffon", id: null },
        data: { invite_id: invite.id, why: problem, address, agent_type: type, name },
      });
    }
    return { refusal: problem };
  }
  const id = deps.newId();
  await insertJoined(tx, { id, labels: invite.labels, at, ...given });
  await setInviteUsed(tx, invite.id, id);
  await recordAudit(tx, {
    at,
    kind: "agent.enrolled",
    actor: { kind: "agent", name: id, id },
    data: {
      agent_id: id,
      invite_id: invite.id,
      agent_type: type,
      labels: invite.labels,
      name,
      address,
      signing_key: given.signingKey,
    },
  });
  return { agentId: id };
}

function findProblem(
  invite: InviteRow,
  { given, hash, at }: { given: Joining; hash: string; at: Date },
): string | undefined {
  if (invite.used_by !== null) return "This invitation has been used.";
  if (invite.tries_left <= 0) return "This invitation has ended: there were five wrong tries.";
  if (invite.expires_at <= at) return "This invitation has expired: it was valid for 15 minutes.";
  if (!sameDigest(invite.code_hash, hash))
    return `The code is wrong; ${Math.max(0, invite.tries_left - 1)} tries are left.`;
  if (invite.agent_type !== given.type)
    return `The invitation is for an agent of type ${invite.agent_type}, not ${given.type}.`;
  return undefined;
}
