import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";

/*
 * A server that does what a test says: for what a real one does only when it breaks.
 */

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: unknown;
}

/** The answer; `cut` breaks the connection without one. */
export type Scripted = { status?: number; json: unknown } | "cut";
export type Script = (request: Received, number: number) => Scripted | Promise<Scripted>;

export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  readonly received: Received[];
  /** Connections that came in, before TLS is taken off. */
  connections(): number;
  close(): Promise<void>;
}

export interface ScriptedOptions {
  readonly script: Script;
  readonly onSocket?: (socket: WebSocket, number: number) => void;
  readonly tls?: { key: string; cert: string };
  readonly port?: number;
}

export async function startScriptedServer(options: ScriptedOptions): Promise<ScriptedServer> {
  const received: Received[] = [];
  const sockets = new WebSocketServer({ noServer: true });
  let upgrades = 0;
  let connections = 0;
  const onRequest = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      const seen: Received = {
        method: request.method ?? "",
        path: request.url ?? "",
        headers: request.headers,
        body: text === "" ? undefined : JSON.parse(text),
      };
      received.push(seen);
      void Promise.resolve(options.script(seen, received.length)).then((answer) => {
        if (answer === "cut") request.socket.destroy();
        else
          response
            .writeHead(answer.status ?? 200, { "content-type": "application/json" })
            .end(JSON.stringify(answer.json));
      });
    });
  };
  const server =
    options.tls === undefined ? http.createServer(onRequest) : https.createServer(options.tls, onRequest);
  server.on("connection", () => connections++);
  server.on("upgrade", (request, socket, head) => {
    if (options.onSocket === undefined) {
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => options.onSocket?.(webSocket, ++upgrades));
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    url: `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    received,
    connections: () => connections,
    close,
    [Symbol.asyncDispose]: close,
  };
}
