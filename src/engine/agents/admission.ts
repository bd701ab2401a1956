import { z } from "zod";
import { Id } from "../../contracts/vocabulary.ts";
import { copiedIdentity, refuseCopiedIdentity } from "../../domain/copied-identity.ts";
import { recordAudit } from "../audit/record.ts";
import type { CoreDeps } from "../core-deps.ts";
import { getIdentity, noteRefused } from "./connection.ts";
import {
  connectionChannel,
  findHolder,
  forgetConnections,
  setConnected,
  setLeft,
  tellConnection,
  type AgentIdentity,
} from "./identity-sql.ts";

/** What servers say to each other about the connections of agents. */
const Word = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ask"), id: Id, server: Id, agent: Id, instance: Id }),
  z.object({ kind: z.literal("answer"), id: Id, isThere: z.boolean() }),
  z.object({ kind: z.literal("moved"), agent: Id }),
]);
type Word = z.infer<typeof Word>;

interface Deps {
  readonly core: CoreDeps;
  /** Whether a process of the agent other than this one is connected to this server, and answers. */
  readonly hasOther: (agentId: string, instance: string) => Promise<boolean>;
  /** Ends the connection of an agent that has gone to another server. */
  readonly disconnect: (agentId: string, reason: string) => void;
  readonly listen: (channel: string, handler: (payload: string) => void) => Promise<AsyncDisposable>;
  readonly onError: (error: unknown) => void;
}

/** Keeps each identity to one process, whichever of the servers it is connected to. */
export interface Admission extends AsyncDisposable {
  /** Notes that the agent is connected to this server from now on. @throws ChiffonError `conflict` when another process is */
  admit(
    agentId: string,
    from: { instance: string; address: string; broker: boolean },
  ): Promise<AgentIdentity>;
  left(agentId: string, instance: string): Promise<void>;
}

/** Milliseconds for the word of another server: it may be gone, and then nobody is connected to it. */
const answerWithin = 4_000;

export async function openAdmission(deps: Deps): Promise<Admission> {
  const { core } = deps;
  const server = core.replica;
  const asked = new Map<string, (isThere: boolean) => void>();
  const say = (word: Word): Promise<void> => tellConnection(core.db, JSON.stringify(word));
  const hear = async (word: Word): Promise<void> => {
    if (word.kind === "answer") return asked.get(word.id)?.(word.isThere);
    if (word.kind === "ask") {
      if (word.server !== server) return;
      return await say({
        kind: "answer",
        id: word.id,
        isThere: await deps.hasOther(word.agent, word.instance),
      });
    }
    const holder = await findHolder(core.db, word.agent, { within: core.waits.silence });
    if (holder?.server !== server) deps.disconnect(word.agent, "the agent has connected to another server");
  };
  const listening = await deps.listen(connectionChannel, (payload) => {
    const word = parseWord(payload);
    if (word !== undefined) hear(word).catch(deps.onError);
  });
  await forgetConnections(core.db, server);
  /** Whether another process is connected to that server: only its own word counts. */
  const isAt = async (holder: string, about: { agent: string; instance: string }): Promise<boolean> => {
    const id = core.newId();
    const answer = Promise.withResolvers<boolean>();
    const limit = setTimeout(() => answer.resolve(false), answerWithin);
    asked.set(id, answer.resolve);
    try {
      await say({ kind: "ask", id, server: holder, ...about });
      return await answer.promise;
    } finally {
      clearTimeout(limit);
      asked.delete(id);
    }
  };
  return {
    async admit(agentId, from) {
      const { instance, address } = from;
      for (;;) {
        const [agent, held] = [
          await getIdentity(core, agentId),
          await findHolder(core.db, agentId, { within: core.waits.silence }),
        ];
        if (held === undefined) continue;
        const isElsewhere = held.server !== null && held.server !== server && held.isAlive;
        if (
          isElsewhere &&
          held.instance !== instance &&
          (await isAt(held.server, { agent: agentId, instance }))
        ) {
          await noteRefused(core, agentId, { address, why: copiedIdentity });
          throw refuseCopiedIdentity();
        }
        if (await noteConnected(core, agent, { held, from })) return agent;
      }
    },
    left: (agentId, instance) => setLeft(core.db, agentId, { server, instance }),
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
}

/** False when it has connected elsewhere meanwhile. */
async function noteConnected(
  deps: CoreDeps,
  agent: AgentIdentity,
  given: Pick<Parameters<typeof setConnected>[2], "held" | "from">,
): Promise<boolean> {
  const { instance, address } = given.from;
  const moved: Word = { kind: "moved", agent: agent.id };
  return await deps.db.transaction().execute(async (tx) => {
    if (!(await setConnected(tx, agent.id, { ...given, server: deps.replica, moved: JSON.stringify(moved) })))
      return false;
    if (given.held.instance !== instance)
      await recordAudit(tx, {
        at: deps.clock.now(),
        kind: "agent.connected",
        actor: { kind: "agent", name: agent.id, id: agent.id },
        data: { agent_id: agent.id, instance, address },
      });
    return true;
  });
}

function parseWord(payload: string): Word | undefined {
  try {
    return Word.parse(JSON.parse(payload));
  } catch {
    // Empty after the connection to the database was lost: what was asked meanwhile gets no answer.
    return undefined;
  }
}
