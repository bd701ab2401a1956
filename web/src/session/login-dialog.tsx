import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { meQuery } from "../api/queries.ts";
import { Dialog } from "../ui/dialog.tsx";
import { LoginForm } from "./login-form.tsx";
import { useSignInNeeded } from "./use-session.ts";

/** Over the page when the session has ended; what was typed below it stays. */
export function LoginDialog(): ReactNode {
  const needed = useSignInNeeded();
  const { data: me } = useQuery({ ...meQuery, enabled: false });
  return (
    <Dialog
      open={needed}
      onOpenChange={() => undefined}
      closable={false}
      title="Your session has ended"
      description="Sign in again; what you typed is still there. What you had just asked for was not done."
    >
      <LoginForm {...(me === undefined ? {} : { name: me.name })} onDone={() => undefined} />
    </Dialog>
  );
}
