import { Envelope } from "../../src/contracts/agent-protocol.ts";
import { approvalBytes, orderBytes, sealContext } from "../../src/domain/approval.ts";
import {
  enrolmentBytes,
  envelopeBytes,
  loginBytes,
  needsSignature,
  rotationBytes,
  serverProofBytes,
} from "../../src/domain/gateway-proof.ts";

const shake = { agentNonce: "…", serverNonce: "…", serverKey: "…", certificate: null };
const keys = { signing_key: "…", sealing_key: "…" };
const attempt = { task_id: "…", attempt: 1, fence: 7 };
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

type Order = Parameters<typeof orderBytes>[0];
const order = {
  ...attempt,
  run_id: "…",
  purpose: "change",
  plan_hash: "…",
  parameters: { step: { step: 0 } },
} as Order;

const approval = {
  plan_id: "…",
  plan_hash: "…",
  run_id: "…",
  approved_by: "ada",
  approved_at: "…",
  expires_at: "…",
  stop_before: [],
};

/** What is signed, by whom, and the very bytes: they come from the code that signs. */
export function signedTexts(): readonly { readonly what: string; readonly text: string }[] {
  return [
    { what: "`proof`, by the server", text: textOf(serverProofBytes(shake)) },
    {
      what: "`enrol`, by the agent's new key",
      text: textOf(enrolmentBytes(shake, { code: "…", agent_type: "infra", ...keys })),
    },
    {
      what: "`login`, by the agent",
      text: textOf(loginBytes(shake, { agent_id: "…", instance: "…" })),
    },
    {
      what: "`rotate` in `login`, by the agent's old key",
      text: textOf(rotationBytes(shake, { agent_id: "…", ...keys })),
    },
    { what: "`approval` in `work_request`, by the server", text: textOf(approvalBytes(approval)) },
    { what: "`order_signature` in `work_request`, by the server", text: textOf(orderBytes(order, "…")) },
    { what: "an envelope, by its sender", text: envelopeText() },
  ];
}

/** What secrets are sealed for. */
export function sealText(): string {
  return sealContext(attempt, "<agent>");
}

export function signedTypes(): string[] {
  return Envelope.options.map(({ shape }) => shape.type.value).filter((type) => needsSignature({ type }));
}

function envelopeText(): string {
  const sample = {
    protocol_version: "1.0",
    message_id: "…",
    from_agent: "…",
    to_agent: "server",
    timestamp: "…",
    trace_id: "…",
    request_id: "…",
    priority: 3,
    attempt: null,
    seq: null,
    x_custom_fields: {},
    signature: null,
    type: "work_accepted",
    payload: { ...attempt, agent_id: "…" },
  } as const;
  return textOf(envelopeBytes(sample));
}
