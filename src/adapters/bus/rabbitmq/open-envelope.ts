import type { ConsumeMessage } from "amqplib";
import { Envelope } from "../../../contracts/agent-protocol.ts";
import { largestBody } from "./publisher.ts";

/** The envelope in a message, or why there is none. */
export function openEnvelope(
  message: ConsumeMessage,
): { readonly envelope: Envelope } | { readonly problem: string } {
  if (message.content.length > largestBody) return { problem: `it has ${message.content.length} bytes` };
  let body: unknown;
  try {
    body = JSON.parse(message.content.toString("utf8"));
  } catch {
    return { problem: "it is no JSON" };
  }
  const parsed = Envelope.safeParse(body);
  if (parsed.success) return { envelope: parsed.data };
  const first = parsed.error.issues[0];
  return { problem: `${first?.path.join(".") ?? ""}: ${first?.message ?? ""}`.slice(0, 500) };
}

/** The bytes of an envelope that a receiver will take; undefined for what none would. */
export function packEnvelope(given: Envelope): Buffer | undefined {
  const parsed = Envelope.safeParse(given);
  if (!parsed.success) return undefined;
  const body = Buffer.from(JSON.stringify(parsed.data));
  return body.length > largestBody ? undefined : body;
}
