import { lookOf, type Look } from "../ui/states-of-things.ts";

/** Sign and tone of a record's status: an outcome of a run, else a state of a plan, else nothing special. */
export function lookOfRecord(status: string | null): Pick<Look, "tone" | "icon"> {
  if (status === null) return { tone: "quiet", icon: "dot" };
  const asRun = lookOf("run", status);
  return asRun.text === status ? lookOf("plan", status) : asRun;
}
