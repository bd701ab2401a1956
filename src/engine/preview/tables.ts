import type { ColumnType } from "kysely";
import type { Actor } from "../../contracts/actor.ts";
import type { PreviewState, StepPreview } from "../../contracts/preview.ts";

/** What is known of a step, from reading alone or from a run in check mode too. */
export type KeptResult = Pick<StepPreview, "tasks" | "counts" | "coverage" | "cut">;

type NullableTime = ColumnType<Date | null, Date | null, Date | null>;

export interface PreviewTables {
  plan_preview: {
    plan_id: string;
    step: number;
    id: string;
    state: PreviewState;
    reason: string | null;
    hint: string | null;
    held: "sandbox" | "trust" | null;
    result: ColumnType<KeptResult, string, string>;
    started_by: ColumnType<Actor | null, string | null, string | null>;
    started_at: NullableTime;
    ended_at: NullableTime;
    /** The server that has it. */
    replica: string | null;
  };
}
