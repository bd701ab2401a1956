import { z } from "zod";
import type { Embedder } from "../../ports/embedder.ts";
import { postJson, unusable, type ModelServer } from "./post-json.ts";
import { toVectors } from "./vectors.ts";

/*
 * OpenAI's API reference, "Create embeddings": POST /v1/embeddings {model, input} ->
 * {object: "list", data: [{object: "embedding", index, embedding}], model, usage}. Many local servers speak it as well.
 */
const Answer = z.object({
  data: z.array(z.object({ index: z.int().min(0), embedding: z.array(z.number()) })),
});

/** Embeddings by a server that speaks OpenAI's API. */
export function createOpenAiEmbedder(server: ModelServer): Embedder {
  const { model } = server;
  return {
    id: `openai:${model}`,
    async embed(texts, signal) {
      const body = { model, input: texts, encoding_format: "float" };
      const parsed = Answer.safeParse(await postJson(server, { path: "/v1/embeddings", body, signal }));
      if (!parsed.success) throw unusable("its answer has not the shape that OpenAI documents");
      const rows = parsed.data.data.toSorted((a, b) => a.index - b.index);
      if (rows.some((row, index) => row.index !== index))
        throw unusable("its vectors are not numbered from 0");
      return toVectors(
        rows.map((row) => row.embedding),
        texts.length,
      );
    },
  };
}
