import type { IconName } from "../ui/icon.tsx";

/** The places of the rail, with the key that goes there after `g`. */
export const places = [
  { to: "/", name: "Chat", icon: "chat", key: "c" },
  { to: "/inbox", name: "Inbox", icon: "inbox", key: "i" },
  { to: "/plans", name: "Plans", icon: "plan", key: "p" },
  { to: "/runs", name: "Runs", icon: "run", key: "r" },
  { to: "/agents", name: "Agents", icon: "agent", key: "a" },
  { to: "/playbooks", name: "Playbooks", icon: "book", key: "b" },
  { to: "/record", name: "Record", icon: "record", key: "d" },
] as const satisfies readonly { to: string; name: string; icon: IconName; key: string }[];

export type Place = (typeof places)[number];

/** Whether an address lies below a place: a plan's page belongs to Plans, a conversation to Chat. */
export function isAt(place: Place, path: string): boolean {
  if (place.to === "/") return path === "/" || path.startsWith("/chat/");
  return path === place.to || path.startsWith(`${place.to}/`);
}
