import { hostname, networkInterfaces } from "node:os";

/** True for a host that is the machine on which Chiffon itself runs. */
export function isThisMachine(host: { name: string; connection: string; address: string }): boolean {
  if (host.connection === "local") return true;
  const address = host.address.toLowerCase();
  if (
    address === "localhost" ||
    address === hostname().toLowerCase() ||
    address.startsWith("127.") ||
    address === "::1"
  )
    return true;
  return Object.values(networkInterfaces()).some((list) => list?.some((each) => each.address === address));
}
