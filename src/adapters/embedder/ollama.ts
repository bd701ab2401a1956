import { z } from "zod";
import type { Embedder } from "../../ports/embedder.ts";
import { postJson, unusable, type ModelServer } from "./post-json.ts";
import { toVectors } from "./vectors.ts";

/* Ollama's API documentation, "Generate Embeddings": POST /api/embed {model, input} -> {model, embeddings, total_duration, …}. */
const Answer = z.object({ embeddings: z.array(z.array(z.number())) });

/** Embeddings by an Ollama server. */
export function createOllamaEmbedder(server: ModelServer): Embedder {
  const { model } = server;
  return {
    id: `ollama:${model}`,
    async embed(texts, signal) {
      const body = { model, input: texts };
      const parsed = Answer.safeParse(await postJson(server, { path: "/api/embed", body, signal }));
      if (!parsed.success) throw unusable("its answer has not the shape that Ollama documents");
      return toVectors(parsed.data.embeddings, texts.length);
    },
  };
}
