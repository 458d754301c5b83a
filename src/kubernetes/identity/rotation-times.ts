const DAY_MS = 86_400_000;

/** When certificates in a cluster are made and replaced. */
export interface RotationTimes {
  /** How long a certificate is valid, of an authority and of a host. */
  readonly lifetimeDays: number;
  /** What ends within this time is replaced. */
  readonly renewBeforeMs: number;
  /** How long everybody trusts a new authority before it signs. */
  readonly announceMs: number;
}

export const defaultRotationTimes: RotationTimes = {
  lifetimeDays: 365,
  renewBeforeMs: 90 * DAY_MS,
  announceMs: DAY_MS,
};
