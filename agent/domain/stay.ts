import { hasLeft, type CoverageMemory, type Hysteresis } from './coverage';

export interface StayFacts {
  /** Undefined: where the device is, is not known. */
  readonly coverage: CoverageMemory | undefined;
  readonly hysteresis: Hysteresis;
  /** How long a position counts. */
  readonly positionMs: number;
  /** An operator's order keeps it here. */
  readonly isHeld: boolean;
  readonly nowMs: number;
}

/** What keeps an instance at its owner, whatever the other clusters say; null: nothing does. */
export function reasonToStay({ coverage, hysteresis, positionMs, isHeld, nowMs }: StayFacts): string | null {
  if (isHeld) return 'an operator moved it here; it goes when its device next enters a coverage';
  if (coverage === undefined) return 'where the device is, is not known';
  if (nowMs - coverage.atMs > positionMs) return 'the position of its device is too old';
  if (coverage.outSinceMs === null) return 'the device is inside its coverage, or hardly outside';
  return hasLeft(coverage, hysteresis, nowMs) ? null : 'the device has not been outside for long enough';
}
