import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/*
 * Model servers byte for byte, written after the vendors' public documentation: Ollama, "API", section "Generate Embeddings"
 * (POST /api/embed), and OpenAI, "API reference", section "Create embeddings" (POST /v1/embeddings).
 */

export interface Asked {
  readonly head: string;
  readonly body: unknown;
}

/** Bytes to send before the connection is closed; `hang` sends nothing, `cut` closes without an answer. */
export type Reply = string | { readonly act: "hang" | "cut" };

export const hang: Reply = { act: "hang" };
export const cut: Reply = { act: "cut" };

export interface ScriptedModel extends AsyncDisposable {
  readonly url: string;
  readonly asked: Asked[];
}

export async function startScriptedModel(reply: (asked: Asked) => Reply): Promise<ScriptedModel> {
  const asked: Asked[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
      const request = readRequest(text);
      if (request === undefined) return;
      text = "";
      asked.push(request);
      const bytes = reply(request);
      if (typeof bytes === "string") socket.end(bytes);
      else if (bytes.act === "cut") socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function readRequest(text: string): Asked | undefined {
  const end = text.indexOf("\r\n\r\n");
  const head = text.slice(0, end);
  const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
  const body = text.slice(end + 4);
  return end < 0 || Buffer.byteLength(body) < length ? undefined : { head, body: JSON.parse(body) };
}

export function answer(body: string, status = "200 OK", headers = ""): string {
  return `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
}

/** As Ollama answers. */
export function ollamaAnswer(vectors: readonly (readonly unknown[])[], model = "nomic-embed-text"): string {
  return answer(
    `{"model":"${model}","embeddings":${JSON.stringify(vectors)},"total_duration":14143917,"load_duration":1019500,"prompt_eval_count":8}`,
  );
}

/** As OpenAI answers. */
export function openAiAnswer(
  vectors: readonly (readonly unknown[])[],
  model = "text-embedding-3-small",
): string {
  const data = vectors.map((embedding, index) => ({ object: "embedding", index, embedding }));
  return answer(
    `{"object":"list","data":${JSON.stringify(data)},"model":"${model}","usage":{"prompt_tokens":8,"total_tokens":8}}`,
  );
}
