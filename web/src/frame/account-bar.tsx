import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { toast } from "sonner";
import { describeFailure } from "../api/api-error.ts";
import { api } from "../api/client.ts";
import { meQuery } from "../api/queries.ts";
import { live } from "../live/live.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { ThemeSwitch } from "./theme-switch.tsx";

/** Ends the session on the server, forgets what was seen, and leads to the sign-in. */
export function useSignOut(): () => Promise<void> {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return async () => {
    try {
      await api.post("/logout");
    } catch (error) {
      toast.error(describeFailure(error).message);
      return;
    }
    live.renew();
    await navigate({ to: "/login" });
    queries.clear();
  };
}

/** Who is signed in, how the page looks, and help. */
export function AccountBar({ onHelp }: { readonly onHelp: () => void }): ReactNode {
  const { data: me } = useQuery(meQuery);
  const signOut = useSignOut();
  return (
    <div className="flex flex-col gap-2 border-t border-line pt-3">
      <div className="flex items-center justify-between gap-2">
        <span className="flex min-w-0 items-center gap-2">
          <Icon name="user" />
          <span className="truncate">{me?.name}</span>
        </span>
        <Button size="small" variant="ghost" onClick={() => void signOut()}>
          Sign out
        </Button>
      </div>
      <div className="flex items-center justify-between gap-2">
        <ThemeSwitch />
        <Button size="small" variant="ghost" aria-label="Keys" title="Keys (?)" onClick={onHelp}>
          <Icon name="question" />
        </Button>
      </div>
    </div>
  );
}
