import type { Position } from '../../chaincode/src/model';
import { distanceMeters } from './geo';

/** A cluster's place and reach. */
export interface Site {
  readonly site: Position;
  /** The paper's Threshold. */
  readonly coverageRadiusMeters: number;
}

/** How far beyond the threshold, or for how long, before a device counts as gone: no flapping on a border. */
export interface Hysteresis {
  readonly meters: number;
  readonly durationMs: number;
}

/** What the agent remembers of a device between two positions. */
export interface CoverageMemory {
  readonly position: Position;
  readonly atMs: number;
  /** Since when it has been beyond the threshold without a break; null: it is inside. */
  readonly beyondSinceMs: number | null;
}

export function covers(cluster: Site, position: Position): boolean {
  return distanceMeters(cluster.site, position) <= cluster.coverageRadiusMeters;
}

/**
 * Takes in a new position (Algorithm 3, line 18: Distance against Threshold). After the clock was set back the time beyond
 * it is counted anew.
 */
export function rememberPosition(
  cluster: Site,
  before: CoverageMemory | undefined,
  position: Position,
  nowMs: number,
): CoverageMemory {
  const beyondSinceMs = covers(cluster, position) ? null : Math.min(before?.beyondSinceMs ?? nowMs, nowMs);
  return { position, atMs: nowMs, beyondSinceMs };
}

/** True when the device has left: further out than the hysteresis, or beyond the threshold for long enough. */
export function hasLeft(cluster: Site, memory: CoverageMemory, hysteresis: Hysteresis, nowMs: number): boolean {
  if (memory.beyondSinceMs === null) return false;
  const beyondMeters = distanceMeters(cluster.site, memory.position) - cluster.coverageRadiusMeters;
  return beyondMeters > hysteresis.meters || nowMs - memory.beyondSinceMs >= hysteresis.durationMs;
}
