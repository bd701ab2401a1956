import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { postmasterOf } from "../support/database.ts";
import { findSupervisor, listProcesses, waitUntil } from "../support/server.ts";
import type { House } from "./house.ts";
import { runOnce } from "./jobs.ts";
import { judge, type Seen } from "./oracle.ts";

export type Victim = Seen["broke"];
const victims: readonly Victim[] = [
  "server",
  "server",
  "server",
  "database",
  "database",
  "supervisor",
  "playbook",
];
/** A run of the playbook takes about this long, in milliseconds. */
const longest = 2_500;

export interface Killed {
  readonly victim: Victim;
  /** False when there was nothing to kill any more at that moment. */
  readonly hit: boolean;
  readonly state: string;
  readonly wrong: string | undefined;
}

/** One run, and kill -9 of something at some moment of it. @param random gives numbers from 0 to 1 */
export async function killOnce(house: House, random: () => number): Promise<Killed> {
  const victim = victims[Math.floor(random() * victims.length)] ?? "server";
  const wait = random() * longest;
  let hit = false;
  const { run, marks } = await runOnce(house, async () => {
    // What lives for a part of the run only is waited for, and killed at some moment of its life.
    const lives = victim === "supervisor" || victim === "playbook";
    if (lives) await waitUntil(() => findPid(house, victim), 5_000).catch(() => {});
    await delay(lives ? wait / 3 : wait);
    hit = await kill(house, victim);
  });
  return { victim, hit, state: run.state, wrong: judge({ run, marks, broke: victim, cancelled: false }) };
}

async function kill(house: House, victim: Victim): Promise<boolean> {
  if (victim === "server") return house.server().child.kill("SIGKILL");
  const pid = await findPid(house, victim);
  if (pid === undefined) return false;
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}

async function findPid(house: House, victim: Exclude<Victim, "server">): Promise<number | undefined> {
  switch (victim) {
    case "database":
      return await postmasterOf(house.world);
    case "supervisor":
      return await findSupervisor(house.world);
    case "playbook":
      return await findPlaybook(house);
  }
}

async function findPlaybook(house: House): Promise<number | undefined> {
  const found = (await listProcesses(house.world)).find((each) => /\/ansible-playbook /.test(each));
  return found === undefined ? undefined : Number(found.split(" ")[0]);
}
