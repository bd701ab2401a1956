import { setUpIn, startBrowser, type Tab, type TestBrowser } from "./browser.ts";
import {
  listProcesses,
  signIn,
  startServer,
  waitUntil,
  type Api,
  type Server,
  type World,
} from "./server.ts";

/** A server for a repository, and its first user in a browser and as a client. */
export interface Dashboard {
  readonly server: Server;
  readonly browser: TestBrowser;
  readonly tab: Tab;
  readonly api: Api;
}

export async function openDashboard(world: World, repository: string): Promise<Dashboard> {
  const [server, browser] = await Promise.all([
    startServer(world, { args: ["--repo", repository] }),
    startBrowser(),
  ]);
  const tab = await browser.open();
  await setUpIn(tab.page, server);
  return { server, browser, tab, api: await signIn(server) };
}

/** Ends all of it, and waits until no process of the world is left. */
export async function closeDashboard({
  world,
  server,
  browser,
}: Pick<Dashboard, "server" | "browser"> & { readonly world: World }): Promise<void> {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await waitUntil(async () => (await listProcesses(world)).length === 0);
  await world[Symbol.asyncDispose]();
}

/** After each test: what the page complained of fails it. */
export function refuseProblems({ problems }: Tab): void {
  if (problems.length > 0) throw new Error(`the page has problems: ${problems.join("; ")}`);
}
