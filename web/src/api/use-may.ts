import { useQuery } from "@tanstack/react-query";
import type { Permission } from "../../../src/contracts/access.ts";
import { mayDo, meQuery } from "./queries.ts";

/** Whether the signed-in person may do something; the server decides again. */
export function useMay(permission: Permission): boolean {
  return mayDo(useQuery(meQuery).data, permission);
}
