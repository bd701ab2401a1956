import net from "node:net";

/** What stands before several servers: each connection goes to the next one that takes it. */
export interface Balancer extends AsyncDisposable {
  readonly port: number;
}

/** @param targets ports on loopback */
export async function startBalancer(targets: () => readonly number[]): Promise<Balancer> {
  const sockets = new Set<net.Socket>();
  const keep = (socket: net.Socket): void => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
  };
  let next = 0;
  const join = (client: net.Socket, left: number): void => {
    const ports = targets();
    const port = ports[next++ % ports.length];
    if (port === undefined || left === 0) return void client.destroy();
    const target = net.connect(port, "127.0.0.1");
    keep(target);
    let isJoined = false;
    target.once("connect", () => {
      isJoined = true;
      client.pipe(target).pipe(client);
    });
    target.once("close", () => {
      if (isJoined) client.destroy();
      else join(client, left - 1);
    });
    client.once("close", () => target.destroy());
  };
  const server = net.createServer((client) => {
    keep(client);
    join(client, targets().length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
