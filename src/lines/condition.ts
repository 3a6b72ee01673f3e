/** What a line goes on with after a restart, besides its usage: its pause, its cooldown and its failures. */

export interface LineCondition {
  /** End of the pause after the last SMS. All times are steady, and 0 if they have passed. */
  readonly pauseEnds: number;
  readonly cooldownEnds: number;
  /** Whether an urgent number was tried in the cooldown. */
  readonly isCooldownTried: boolean;
  /** Failures in a row that count towards a cooldown. */
  readonly cooldownFailures: number;
  /** Failures in a row that count towards setting the line aside. */
  readonly failures: number;
  /** Earliest time to try a line that was set aside. */
  readonly nextProbe: number;
}

/** Whether there is nothing to remember. */
export function isOrdinary(condition: LineCondition): boolean {
  return Object.values(condition).every((value) => value === 0 || value === false);
}
