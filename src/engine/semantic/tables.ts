import type { ColumnType } from "kysely";

type Time = ColumnType<Date, Date, Date>;

export interface SemanticTables {
  unit_embedding: {
    embedder: string;
    unit_id: string;
    text_sha256: string;
    dimension: number;
    vector: Buffer;
    made_at: Time;
  };
  semantic_pair: {
    request_id: string;
    step: number;
    embedder: string;
    similarity: number;
    chosen: boolean;
    at: Time;
  };
}
