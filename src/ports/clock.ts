/** The time of day, passed in so that rules and tests own it. */
export interface Clock {
  now(): Date;
}
