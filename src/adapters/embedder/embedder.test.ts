import { expect, test } from "vitest";
import type { Embedder } from "../../ports/embedder.ts";
import { createOllamaEmbedder } from "./ollama.ts";
import { createOpenAiEmbedder } from "./openai-compatible.ts";
import {
  answer,
  cut,
  hang,
  ollamaAnswer,
  openAiAnswer,
  startScriptedModel,
  type Reply,
} from "./testing/scripted-model.ts";

const within = (): AbortSignal => AbortSignal.timeout(20_000);
const kinds = {
  ollama: { create: createOllamaEmbedder, path: "/api/embed", reply: ollamaAnswer },
  openai: { create: createOpenAiEmbedder, path: "/v1/embeddings", reply: openAiAnswer },
} as const;

test.each(["ollama", "openai"] as const)("%s: asks and reads as the vendor documents it", async (kind) => {
  const { create, path, reply } = kinds[kind];
  await using server = await startScriptedModel(() =>
    reply([
      [0.25, -1],
      [1, 0],
    ]),
  );
  const embedder = create({ url: `${server.url}/`, model: "m:1", key: "sk-test" });
  const vectors = await embedder.embed(["deploy wiki", "backup"], within());
  expect(vectors.map((vector) => [...vector])).toEqual([
    [0.25, -1],
    [1, 0],
  ]);
  expect(embedder.id).toBe(`${kind}:m:1`);
  const [asked] = server.asked;
  expect(asked?.head).toMatch(new RegExp(`^POST ${path} HTTP/1.1\r\n`));
  expect(asked?.head).toMatch(/^authorization: Bearer sk-test$/im);
  expect(asked?.body).toMatchObject({ model: "m:1", input: ["deploy wiki", "backup"] });
});

test("vectors are put in the order of their numbers", async () => {
  const rows = [
    { object: "embedding", index: 1, embedding: [2] },
    { object: "embedding", index: 0, embedding: [1] },
  ];
  await using server = await startScriptedModel(() => answer(JSON.stringify({ object: "list", data: rows })));
  const vectors = await createOpenAiEmbedder({ url: server.url, model: "m" }).embed(["a", "b"], within());
  expect(vectors.map((vector) => [...vector])).toEqual([[1], [2]]);
});

const faults: [string, (vectors: readonly (readonly unknown[])[]) => Reply, RegExp][] = [
  ["fewer vectors than texts", (reply) => kinds.ollama.reply(reply.slice(1)), /1 vectors for 2 texts/],
  ["vectors of different lengths", () => ollamaAnswer([[1, 2], [1]]), /different lengths/],
  ["empty vectors", () => ollamaAnswer([[], []]), /0 numbers/],
  [
    "a vector of zeros",
    () =>
      ollamaAnswer([
        [0, 0],
        [1, 0],
      ]),
    /all zero/,
  ],
  ["NaN", () => answer('{"embeddings":[[NaN,1],[1,0]]}'), /not JSON/],
  [
    "null in the place of a number",
    () =>
      ollamaAnswer([
        [null, 1],
        [1, 0],
      ]),
    /has not the shape/,
  ],
  ["a number beyond every float", () => answer('{"embeddings":[[1e300,1],[1,0]]}'), /no number/],
  ["another shape", () => answer('{"error":"model not found"}'), /has not the shape/],
  ["500", () => answer('{"error":"boom"}', "500 Internal Server Error"), /status 500/],
  ["404 for a model that is not there", () => answer('{"error":"not found"}', "404 Not Found"), /status 404/],
  ["a redirect", () => answer("", "302 Found", "Location: http://192.0.2.1/\r\n"), /cannot be reached/],
  [
    "a body that is huge",
    () => answer(`{"embeddings":[["${"x".repeat(17_000_000)}"]]}`),
    /larger than 16 MB/,
  ],
  [
    "a body that ends in the middle",
    () =>
      ollamaAnswer([
        [1, 2],
        [3, 4],
      ]).slice(0, -9),
    /cannot be reached/,
  ],
  ["a cut connection", () => cut, /cannot be reached/],
  ["no HTTP at all", () => "SSH-2.0-OpenSSH_9.2\r\n\r\n", /cannot be reached/],
];

test.each(faults)("%s is one error, without the key or the answer in it", async (_name, reply, message) => {
  await using server = await startScriptedModel(() =>
    reply([
      [1, 2],
      [3, 4],
    ]),
  );
  const embedder: Embedder = createOllamaEmbedder({ url: server.url, model: "m", key: "sk-hidden" });
  const error = await embedder.embed(["a", "b"], within()).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: "server-unreachable", message: expect.stringMatching(message) });
  expect(String(error)).not.toContain("sk-hidden");
});

test("a server that hangs is left at the signal", async () => {
  await using server = await startScriptedModel(() => hang);
  const stop = new AbortController();
  const embedded = createOllamaEmbedder({ url: server.url, model: "m" }).embed(["a"], stop.signal);
  stop.abort(new Error("enough"));
  await expect(embedded).rejects.toThrow("enough");
});
