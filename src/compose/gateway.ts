import {
  createGateway,
  type AgentRegistry,
  type Gateway,
  type KnownAgent,
} from "../adapters/bus/websocket/gateway.ts";
import type { Library } from "../adapters/bus/websocket/answering.ts";
import { verifiesWith } from "../adapters/keys/agent-keys.ts";
import type { SnapshotStore } from "../ansible/snapshot/store.ts";
import { ChiffonError } from "../domain/errors.ts";
import { enrolmentBytes, loginBytes, rotationBytes } from "../domain/gateway-proof.ts";
import { openAdmission, type Admission } from "../engine/agents/admission.ts";
import { getIdentity, noteRefused, rotateKeys } from "../engine/agents/connection.ts";
import { holdsSnapshot, touchSeen } from "../engine/agents/identity-sql.ts";
import { joinAgent } from "../engine/agents/join.ts";
import { createBatcher } from "../engine/batcher.ts";
import { revokedChannel } from "../engine/agents/sql.ts";
import type { CoreDeps } from "../engine/core-deps.ts";

interface Deps {
  readonly core: CoreDeps;
  readonly serverKey: { readonly publicKey: string; sign(bytes: Uint8Array): string };
  readonly snapshots: Pick<SnapshotStore, "open" | "readBlob">;
  readonly listen: (channel: string, handler: (payload: string) => void) => Promise<AsyncDisposable>;
  readonly onChange: () => void;
  readonly onError: (error: unknown) => void;
}

/** The server's side of agents on other machines. */
export async function openGateway(deps: Deps): Promise<Gateway> {
  const { core } = deps;
  await using stack = new AsyncDisposableStack();
  const admission = Promise.withResolvers<Admission>();
  const seen = stack.use(
    createBatcher(
      async (ids: readonly string[]) => {
        await touchSeen(core.db, ids, core.clock.now());
        return ids.map(() => undefined);
      },
      { every: core.waits.renewEvery / 10, most: 2_000 },
    ),
  );
  const gateway = stack.use(
    createGateway({
      serverKey: deps.serverKey,
      registry: registryOf(core, admission.promise, seen),
      library: (agentId) => libraryOf(deps, agentId),
      pingEvery: core.waits.silence / 6,
      seenEvery: core.waits.renewEvery,
      onError: deps.onError,
      onChange: deps.onChange,
    }),
  );
  const { listen, onError } = deps;
  const { hasOther, disconnect } = gateway;
  const opened = await openAdmission({ core, hasOther, disconnect, listen, onError });
  // Closed before the connections are, whose end it notes all the same.
  stack.use(opened);
  admission.resolve(opened);
  stack.use(
    await deps.listen(revokedChannel, (agentId) => gateway.disconnect(agentId, "the agent was revoked")),
  );
  const kept = stack.move();
  return { ...gateway, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

function registryOf(
  core: CoreDeps,
  admission: Promise<Admission>,
  seen: AgentRegistry["seen"],
): AgentRegistry {
  const known = (of: KnownAgent): KnownAgent => ({ id: of.id, type: of.type, signingKey: of.signingKey });
  return {
    async enrol(given, handshake, { address }) {
      const { code, agent_type, signing_key, sealing_key, signature, name, version, instance } = given;
      if (!verifiesWith(signing_key, enrolmentBytes(handshake, given), signature))
        throw new ChiffonError(
          "not-allowed",
          "The agent could not sign with the key that it wants to join with.",
        );
      const joining = { code, type: agent_type, name, version, instance, address };
      const id = await joinAgent(core, { ...joining, signingKey: signing_key, sealingKey: sealing_key });
      return { id, type: agent_type, signingKey: signing_key };
    },
    async login(given, handshake, { address }) {
      const agent = await getIdentity(core, given.agent_id);
      const refuse = async (why: string): Promise<never> => {
        await noteRefused(core, agent.id, { address, why });
        throw new ChiffonError("not-allowed", `The agent could not prove who it is: ${why}.`);
      };
      if (!verifiesWith(agent.signingKey, loginBytes(handshake, given), given.signature))
        await refuse("the signature is not by its key");
      if (given.rotate !== undefined) {
        const { signing_key, sealing_key, signature } = given.rotate;
        const bytes = rotationBytes(handshake, { agent_id: agent.id, signing_key, sealing_key });
        if (!verifiesWith(agent.signingKey, bytes, signature))
          await refuse("the new keys are not signed by the old one");
      }
      return known(agent);
    },
    async admit({ id }, given, { address }) {
      const { instance } = given;
      const broker = given.type === "login" && given.broker === true;
      const agent = await (await admission).admit(id, { instance, address, broker });
      if (given.type !== "login" || given.rotate === undefined) return known(agent);
      const { signing_key, sealing_key } = given.rotate;
      return known(await rotateKeys(core, agent, { signingKey: signing_key, sealingKey: sealing_key }));
    },
    left: async (agentId, instance) => await (await admission).left(agentId, instance),
    refused: (agent, { address }, why) => noteRefused(core, agent.id, { address, why }),
    seen,
  };
}

/** An agent may have the files of the orders that it has, and nothing else. */
function libraryOf({ core, snapshots }: Deps, agentId: string): Library {
  const allowed = new Set<string>();
  return {
    async files(digest) {
      if (!(await holdsSnapshot(core.db, agentId, digest)))
        throw new ChiffonError("not-allowed", "no open order of this agent is of that snapshot");
      const { files } = await snapshots.open(digest);
      for (const file of files) allowed.add(file.sha256);
      return files;
    },
    async *content(sha256) {
      if (!allowed.has(sha256))
        throw new ChiffonError(
          "not-allowed",
          "that content is in no snapshot whose list was given on this connection",
        );
      yield* snapshots.readBlob(sha256, AbortSignal.timeout(core.waits.beginWithin * 4));
    },
  };
}
