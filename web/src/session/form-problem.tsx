import type { ReactNode } from "react";
import { Icon } from "../ui/icon.tsx";

interface FormProblemProps {
  readonly message: string;
  readonly hint: string | null;
}

/** Why a form was not taken; read aloud when it appears. */
export function FormProblem({ message, hint }: FormProblemProps): ReactNode {
  return (
    <div role="alert" className="rounded-md bg-bad-soft px-3 py-2 text-sm">
      <p className="flex items-start gap-1.5 font-medium text-bad">
        <Icon name="warning" className="mt-0.5" />
        {message}
      </p>
      {hint === null ? null : <p className="mt-1">{hint}</p>}
    </div>
  );
}
