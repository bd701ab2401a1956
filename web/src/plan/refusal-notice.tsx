import type { ReactNode } from "react";
import { describeFailure } from "../api/api-error.ts";
import { ApiError } from "../api/client.ts";
import { Icon } from "../ui/icon.tsx";
import { explainRefusal, type Refusal } from "./refusal.ts";

function refusalOf(error: unknown): Refusal {
  if (error instanceof ApiError) return explainRefusal(error);
  const { message, hint } = describeFailure(error);
  return { title: "It did not work", detail: message, hint: hint ?? undefined };
}

/** Why an action did not happen, read out as soon as it appears. */
export function RefusalNotice({ error }: { readonly error: unknown }): ReactNode {
  if (error === null || error === undefined) return null;
  const { title, detail, hint } = refusalOf(error);
  return (
    <div role="alert" className="my-3 rounded-md border border-bad bg-bad-soft px-3 py-2 text-sm">
      <p className="flex items-center gap-2 font-medium text-bad">
        <Icon name="warning" />
        {title}
      </p>
      <p className="mt-1 break-words">{detail}</p>
      {hint === undefined ? null : <p className="mt-1 break-words">{hint}</p>}
    </div>
  );
}
