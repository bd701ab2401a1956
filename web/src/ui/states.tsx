import { useEffect, useState, type ReactNode } from "react";
import { describeFailure } from "../api/api-error.ts";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

/** Nothing is there, and what to do so that something is. */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ReactNode;
}): ReactNode {
  return (
    <div className="rounded-lg border border-dashed border-control px-4 py-8 text-center">
      <p className="font-medium">{title}</p>
      {children === undefined ? null : <div className="mt-1 text-muted">{children}</div>}
    </div>
  );
}

interface FailedProps {
  readonly error: unknown;
  readonly onRetry?: (() => void) | undefined;
}

/** What went wrong, why, and what to do; a missing permission is told as such, since trying again does not help. */
export function Failed({ error, onRetry }: FailedProps): ReactNode {
  const { message, hint, status } = describeFailure(error);
  const title = status === 403 ? "You may not see this" : "This did not work";
  return (
    <div role="alert" className="rounded-lg border border-bad bg-bad-soft px-4 py-3">
      <p className="flex items-center gap-2 font-medium text-bad">
        <Icon name="warning" />
        {title}
      </p>
      <p className="mt-1">{message}</p>
      {hint === null ? null : <p className="mt-1 text-sm">{hint}</p>}
      {onRetry === undefined || status === 403 ? null : (
        <Button size="small" className="mt-3" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

const patience = 300;

/** Says that something is on its way, but only when it takes long enough to be noticed. */
export function Loading({ label = "Loading" }: { readonly label?: string }): ReactNode {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), patience);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" className="min-h-12">
      {late ? (
        <p className="flex items-center gap-2 py-3 text-muted">
          <Icon name="spinner" className="animate-spin" />
          {label} …
        </p>
      ) : null}
    </div>
  );
}
