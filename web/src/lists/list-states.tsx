import type { ReactNode } from "react";
import { Failed, Loading } from "../ui/states.tsx";

interface ListStatesProps {
  readonly error: unknown;
  readonly loading: boolean;
  readonly empty: boolean;
  readonly whenEmpty: ReactNode;
  readonly onRetry: () => void;
  readonly children: ReactNode;
}

/** The four states of a list. What was loaded stays in sight when a later look fails. */
export function ListStates({
  error,
  loading,
  empty,
  whenEmpty,
  onRetry,
  children,
}: ListStatesProps): ReactNode {
  const failed = error === null ? null : <Failed error={error} onRetry={onRetry} />;
  if (loading) return failed ?? <Loading />;
  return (
    <>
      {failed}
      {empty ? (failed === null ? whenEmpty : null) : children}
    </>
  );
}
