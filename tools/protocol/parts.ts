import type { z } from "zod";
import {
  Control,
  Envelope,
  Heartbeat,
  LeaseRenew,
  ProtocolError,
  queues,
  WorkAccepted,
  WorkOutput,
  WorkRequest,
  WorkResult,
  WorkStatus,
} from "../../src/contracts/agent-protocol.ts";
import {
  AgentHello,
  Enrolment,
  Frame,
  GatewaySession,
  Login,
  Refused,
  ServerProof,
} from "../../src/contracts/gateway.ts";

/** A shape of the protocol: what it is called, who says it, and what it means. */
export interface Part {
  readonly name: string;
  readonly from: string;
  readonly says: string;
  readonly contract: z.ZodType;
}

/** The frames that open a connection, in their order. */
export const handshake: readonly Part[] = [
  {
    name: "hello",
    from: "agent",
    says: "The first frame. Nothing in it says who the agent is: the server proves itself first.",
    contract: AgentHello,
  },
  {
    name: "proof",
    from: "server",
    says: "The server signs both numbers and the certificate that the agent sees. The agent compares the key with the one that it was given, and the certificate with the one of the connection; it ends the connection where either differs.",
    contract: ServerProof,
  },
  {
    name: "enrol",
    from: "agent",
    says: "The first time: a code from `chiffon agents invite`, and the public halves of keys that the agent has made on its own machine. A code is good once.",
    contract: Enrolment,
  },
  {
    name: "login",
    from: "agent",
    says: "Every later time, instead of `enrol`.",
    contract: Login,
  },
  {
    name: "session",
    from: "server",
    says: "The connection is open. From here on either side sends the frames below.",
    contract: GatewaySession,
  },
  {
    name: "refused",
    from: "server",
    says: "Instead of `proof` or `session`; the connection ends.",
    contract: Refused,
  },
];

export const frame: Part = {
  name: "frame",
  from: "both",
  says: "A frame of an open session.",
  contract: Frame,
};

export const envelope: Part = {
  name: "envelope",
  from: "both",
  says: "A whole message, as `deliver` carries it.",
  contract: Envelope,
};

/** The messages by the name of their type; the contract is the one of their `payload`. */
export const messages: Readonly<Record<Envelope["type"], Part & { readonly queue: string }>> = {
  work_request: {
    name: "work_request",
    from: "server",
    queue: queues.work("<id>"),
    says: "An order to execute one attempt of one task. It starts nothing: the agent keeps it on its disk, answers the delivery with `ack`, says `work_accepted`, and begins when its lease is granted. `work_type` is `ansible`; for what an agent cannot do there is 5006.",
    contract: WorkRequest,
  },
  work_accepted: {
    name: "work_accepted",
    from: "agent",
    queue: queues.result,
    says: "The agent holds the order. Repeated every few seconds until the server has answered with `lease_renew` (granted: begin) or `error` (do not begin).",
    contract: WorkAccepted,
  },
  lease_renew: {
    name: "lease_renew",
    from: "both",
    queue: `${queues.result} and ${queues.control("<id>")}`,
    says: "From the agent, every 10 seconds while the attempt runs: I still hold it (`expires_at` is null). From the server: granted until `expires_at`. The first grant lets the attempt begin; the server has committed its start record before. After 90 seconds without one the outcome is `unknown`.",
    contract: LeaseRenew,
  },
  work_output: {
    name: "work_output",
    from: "agent",
    queue: queues.log,
    says: "A piece of output, with secrets taken out by the agent. The server answers `retry` when something before it is missing, and drops what it has already.",
    contract: WorkOutput,
  },
  work_status: {
    name: "work_status",
    from: "agent",
    queue: queues.log,
    says: "Progress, in order. `at` is the agent's clock.",
    contract: WorkStatus,
  },
  work_result: {
    name: "work_result",
    from: "agent",
    queue: queues.result,
    says: "How the attempt ended. Repeated, with the same ids, until the server has taken it; the server answers `retry` while output or progress that it counts on is missing. A copy of the order that comes later is answered with `ack` and begins nothing.",
    contract: WorkResult,
  },
  control: {
    name: "control",
    from: "server",
    queue: queues.control("<id>"),
    says: "`cancel`: stop the attempt and report how it ended. `watch`: somebody looks at the run, so what it writes is sent at once for the next seconds; it changes nothing else and may get lost.",
    contract: Control,
  },
  heartbeat: {
    name: "heartbeat",
    from: "agent",
    queue: queues.heartbeat,
    says: "A sign of life every 30 seconds, with what the machine has free. 90 seconds without any frame make the agent offline.",
    contract: Heartbeat,
  },
  error: {
    name: "error",
    from: "both",
    queue: `${queues.result} and ${queues.control("<id>")}`,
    says: "From the agent: the order was not begun, for this reason. From the server: the attempt is over (5008, 5009); stop it, and send no result.",
    contract: ProtocolError,
  },
};
