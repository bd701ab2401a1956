import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

export interface Monitor {
  readonly id: number;
  readonly name: string;
  readonly url: string;
  readonly description: string | null;
}

/** A signed-in connection to an Uptime Kuma, over the socket API that its own pages use. */
export interface KumaClient extends Disposable {
  listMonitors(): Promise<Monitor[]>;
  /** Gives Uptime Kuma an order, as its pages do; rejects when it is refused. */
  order(event: string, ...values: readonly unknown[]): Promise<void>;
  /** Resolves when the monitor has been found up. */
  waitUntilUp(monitorId: number): Promise<void>;
}

interface Socket {
  on(event: string, listener: (value: never, more: never) => void): void;
  emit(event: string, ...values: readonly unknown[]): void;
  close(): void;
}

interface Heartbeat {
  readonly monitorID: number;
  readonly status: number;
}

interface Installed {
  readonly url: string;
  readonly server: string;
  readonly version: string;
}

/** What the playbook wrote down about an Uptime Kuma below this home directory. */
export async function readInstalled(home: string): Promise<Installed> {
  const file = path.join(home, "chiffon-homelab/uptime-kuma/settings.json");
  return JSON.parse(await readFile(file, "utf8")) as Installed;
}

/** Signs in with socket.io's own client, which lies in the Uptime Kuma that was installed. */
export async function signIn({ server, url }: Installed, password: string): Promise<KumaClient> {
  const load = createRequire(path.join(server, "package.json"));
  const { io } = load("socket.io-client") as { io: (url: string, options: object) => Socket };
  const socket = io(url, { transports: ["websocket"] });
  const lists: Monitor[][] = [];
  const beats: Heartbeat[] = [];
  const watchers = new Set<() => void>();
  const note = () => {
    for (const watcher of watchers) watcher();
  };
  socket.on("monitorList", (list: Record<string, Monitor>) => {
    lists.push(Object.values(list));
    note();
  });
  socket.on("heartbeat", (beat: Heartbeat) => {
    beats.push(beat);
    note();
  });
  socket.on("heartbeatList", (id: string, list: Heartbeat[]) => {
    beats.push(...list.map(({ status }) => ({ monitorID: Number(id), status })));
    note();
  });
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds())
      await new Promise<void>((resolve) => {
        const watcher = () => {
          watchers.delete(watcher);
          resolve();
        };
        watchers.add(watcher);
      });
  };
  const order = async (event: string, ...values: readonly unknown[]): Promise<void> => {
    const answer = await new Promise<{ ok: boolean; msg?: string }>((resolve) => {
      socket.emit(event, ...values, resolve);
    });
    if (!answer.ok) throw new Error(`${event}: ${answer.msg ?? "refused"}`);
  };
  await order("login", { username: "admin", password, token: "" });
  return {
    async listMonitors() {
      await until(() => lists.length > 0);
      return lists.at(-1) ?? [];
    },
    order,
    waitUntilUp: (id) => until(() => beats.some(({ monitorID, status }) => monitorID === id && status === 1)),
    [Symbol.dispose]: () => {
      socket.close();
    },
  };
}
