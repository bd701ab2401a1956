import { Envelope, protocolVersion, queues, Progress } from "../../src/contracts/agent-protocol.ts";
import { Frame, largestFrame } from "../../src/contracts/gateway.ts";
import { agentErrors } from "../../src/domain/agent-errors.ts";
import { agreeOnVersion } from "../../src/domain/protocol-version.ts";
import { maxAttempts } from "../../src/domain/run/reduce.ts";
import { fieldTable } from "./fields.ts";
import { envelope, frame, handshake, messages, type Part } from "./parts.ts";
import { sealText, signedTexts, signedTypes } from "./signed.ts";

/** docs/PROTOCOL.md. */
export function renderDocument(): string {
  return `${[
    head(),
    versions(),
    connection(),
    ...handshake.map((part) => section("###", part)),
    frames(),
    envelopes(),
    ...Object.values(messages).map((part) => section("###", part, `Queue: \`${part.queue}\`.`)),
    progress(),
    repeats(),
    signatures(),
    errors(),
  ].join("\n\n")}\n`;
}

function head(): string {
  return `<!-- Written by tools/protocol.ts from src/contracts. Do not edit: change the contracts, then run it. -->

# The agent protocol

What a server of Chiffon and its agents say to each other, version ${protocolVersion}. The JSON Schemas of everything below lie in
\`docs/protocol/\`. Who writes an agent in TypeScript needs none of this: see [agents.md](agents.md).

An agent connects to the server; nothing connects to an agent. It opens a WebSocket at \`/api/v1/agents/gateway\`, by TLS unless
the server is on the same machine. Each text frame is one JSON text, a frame has at most ${largestFrame} bytes, and compression of
frames is off. Pieces of files are binary frames.`;
}

function versions(): string {
  const example = (offered: string[], ours: string): string => {
    const agreed = agreeOnVersion(offered, ours);
    return `| ${offered.join(", ")} | ${ours} | ${agreed ?? "refused with 5003"} |`;
  };
  return `## Versions

A version is \`major.minor\`. In \`hello\` the agent names those that it speaks. Both use the same major version, and the smaller of
the two minor versions. Without a common major version the server refuses with 5003 and names both.

| agent offers | server speaks | used |
|---|---|---|
${[
  example(["1.0"], "1.0"),
  example(["1.7"], "1.0"),
  example(["1.0"], "1.7"),
  example(["2.0", "1.3"], "1.7"),
  example(["2.0"], "1.7"),
].join("\n")}

A newer minor version may add fields, types of messages and error codes. A receiver passes over fields that it does not know. They
are part of what a signature covers: it is checked over the message as it came. What has a type that the receiver does not know is
\`dead\`. One thing does not bend: the hash that was approved covers every field of \`parameters\`, so an agent refuses an order with
fields there that it does not know, with 5007.`;
}

function connection(): string {
  return `## Opening a connection

\`\`\`
agent:  hello      a number that nobody used before
server: proof      its key, its certificate, both numbers signed
agent:  enrol      a code and its new keys, signed over the same numbers; or
        login      who it is, signed over the same numbers
server: session    or refused
\`\`\`

Both numbers are part of every signature, so that nothing of one connection is worth anything on another. A frame that is not the
next one of this list ends the connection, and so does an answer that takes too long.`;
}

function frames(): string {
  return `## An open session

| frame | says |
|---|---|
| \`deliver\` | a message for a queue |
| \`verdict\` | what became of it: \`ack\` (done, or durably taken over), \`retry\` (not now: send it again later), \`dead\` (it can never be handled) |
| \`ask\` | the agent wants the list of a snapshot's files, or a file of it |
| \`files\` | a part of that list; \`end\` follows the last |
| \`more\` | the next piece of a file is wanted: a few pieces at most are on their way that nobody has taken |
| \`stop\` | the rest of a file is not wanted |
| \`end\` | the answer is complete, or \`problem\` says why there is none |

\`id\` is chosen by the side that begins, and comes back in the answer. A piece of a file is a binary frame: the \`id\` in four bytes,
the most significant first, then the content. An agent may ask for files of the orders that it has, and for nothing else; it
compares each with its SHA-256.

A side that has heard nothing for 15 to 30 s sends a WebSocket ping; after a minute it ends the connection, and the agent connects anew with
pauses that grow. Whoever sends what is no frame, or more than 256 messages without waiting for verdicts, is disconnected. Schema: [\`frame.json\`](protocol/frame.json).

${Frame.options.map((option) => `**\`${option.shape.type.value}\`**\n\n${fieldTable(option)}`).join("\n\n")}`;
}

function envelopes(): string {
  const [first] = Envelope.options;
  return `## Messages

Every message is an envelope with a \`type\` and the \`payload\` of that type. \`from_agent\` and \`to_agent\` are the agent's id, or
\`server\`. An agent reads the queues \`${queues.work("<id>")}\` and \`${queues.control("<id>")}\`, where \`<id>\` is its own id, and writes
\`${queues.result}\`, \`${queues.log}\` and \`${queues.heartbeat}\`. What it says in the name of another agent, or in a queue that is not for that type, is \`dead\`,
and recorded.

${fieldTable(first.omit({ payload: true, type: true }))}
| \`type\` | ${Object.keys(messages)
    .map((type) => `\`"${type}"\``)
    .join(", ")} | yes | What the payload is. |
| \`payload\` | object | yes | See below. |

Schema of a whole message: [\`envelope.json\`](protocol/envelope.json).`;
}

function section(level: string, part: Part, more = ""): string {
  const from = part.from === "both" ? "From either side." : `From the ${part.from}.`;
  const schema = `Schema: [\`${part.name}.json\`](protocol/${part.name}.json).`;
  const about = [from, more, part.says, schema].filter((text) => text !== "").join(" ");
  return `${level} ${part.name}\n\n${about}\n\n${fieldTable(part.contract)}`;
}

function progress(): string {
  const kinds = Progress.options.map(
    (option) => `**\`${option.shape.kind.value}\`**\n\n${fieldTable(option)}`,
  );
  return `### Kinds of progress\n\n${kinds.join("\n\n")}`;
}

function repeats(): string {
  return `## What makes repeats harmless

Any message may come twice, late, or not at all. Each kind of repeat is recognised by one thing:

| by | recognised | what happens |
|---|---|---|
| \`message_id\` | a delivery that comes again | the server applies \`work_accepted\`, \`lease_renew\`, \`error\` and \`work_result\` once, and answers \`ack\` |
| \`request_id\` | the same request, sent again | it carries the id of the first try; Chiffon sends it equal to \`message_id\` |
| \`task_id\`, \`attempt\`, \`fence\` | the effect | an agent begins an attempt once, whatever copies of the order come; the server takes nothing from an older attempt (5009) |
| \`first_seq\` | order of progress | the server drops numbers that it has, and answers \`retry\` where one is missing |
| \`offset\` | order of output | the same, by UTF-16 units |
| \`id\` of a frame | an answer and its question | within one connection |

After a restart an agent sends output and progress of an attempt again from the first byte; both must come out the same.`;
}

function signatures(): string {
  const texts = signedTexts().map(({ what, text }) => `${what}:\n\n\`\`\`\n${text}\n\`\`\``);
  return `## Signatures

Ed25519, base64. What is signed is UTF-8: a line that names the format, a line feed, then canonical JSON (RFC 8785) of the values.
Messages of these types have to carry the signature of their sender: ${signedTypes()
    .map((type) => `\`${type}\``)
    .join(", ")}.
An order carries signatures of its own. Output, progress and heartbeats are not signed one by one: the signed result has the
SHA-256 of the whole output.

The signature of an envelope covers all of it, unknown fields too, with \`signature\` null.

${texts.join("\n\n")}

Where there are stops, \`stop_before\` stands among the values of the approval.

Secrets are sealed to the agent's X25519 key: 32 bytes of a new public key, the sealed text and its 16 bytes of tag, base64.
HKDF-SHA256 of the shared secret (salt: both public keys, the new one first; info: \`chiffon sealed to an agent\`) gives 32 bytes of
key and 12 of nonce for AES-256-GCM. The additional data is \`${sealText()}\`, with the task, the attempt, the fence and the agent.`;
}

function errors(): string {
  const rows = Object.entries(agentErrors).map(
    ([code, { says, retried }]) => `| ${code} | ${says} | ${retried ? "yes" : "no"} |`,
  );
  return `## Error codes

| code | says | handed out again |
|---|---|---|
${rows.join("\n")}

50xx are about the protocol, 51xx about what ran. The server hands a task out again only before its start record exists, at most
${maxAttempts} times in all, after 1, 2 and 4 seconds. After its start nothing is run again by itself.`;
}

/** The files of docs/protocol, by name. */
export function renderSchemas(schemaOf: (contract: Part["contract"]) => unknown): Map<string, string> {
  const parts = [...handshake, frame, envelope, ...Object.values(messages)];
  return new Map(
    parts.map(({ name, contract, says }) => {
      const schema = { title: name, description: says, ...(schemaOf(contract) as object) };
      return [`${name}.json`, `${JSON.stringify(schema, null, 2)}\n`];
    }),
  );
}
