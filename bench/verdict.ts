/** One figure against its target. */
export interface Verdict {
  readonly name: string;
  readonly figure: string;
  readonly target: string;
  readonly met: boolean;
}
