import { useQueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import type { Me } from "../../../src/contracts/access.ts";
import { api } from "../api/client.ts";
import { meQuery } from "../api/queries.ts";
import { signIn } from "../api/sign-in.ts";
import { live } from "../live/live.ts";

/** True when a call was refused because nobody is signed in. */
export function useSignInNeeded(): boolean {
  return useSyncExternalStore(signIn.subscribe, signIn.needed);
}

/** What to do after a session was made: look again as whoever signed in, and never at what somebody else saw. */
export function useSignedIn(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    const before = queries.getQueryData<Me>(meQuery.queryKey);
    const me = await api.get<Me>("/me");
    if (before !== undefined && before.name !== me.name) queries.clear();
    queries.setQueryData(meQuery.queryKey, me);
    signIn.done();
    live.renew();
    await queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "me" });
  };
}
