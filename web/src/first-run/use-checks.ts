import { skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import type { MachineCheck } from "../../../src/contracts/first-run.ts";
import { mergeChecks } from "./machines.ts";

const key = ["machine-checks"];
const none: readonly MachineCheck[] = [];

/** What the looks at the machines found, kept for the steps that follow; the second part adds fresh results. */
export function useChecks(): [readonly MachineCheck[], (fresh: readonly MachineCheck[]) => void] {
  const client = useQueryClient();
  const { data = none } = useQuery<readonly MachineCheck[]>({
    queryKey: key,
    queryFn: skipToken,
    gcTime: Infinity,
  });
  const add = (fresh: readonly MachineCheck[]): void => {
    client.setQueryData<readonly MachineCheck[]>(key, (old = none) => mergeChecks(old, fresh));
  };
  return [data, add];
}
