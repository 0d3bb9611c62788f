import type { Position } from '../../chaincode/src/model';
import { distanceMeters } from './geo';

/** A cluster's place and reach. */
export interface Site {
  readonly site: Position;
  /** The paper's Threshold. */
  readonly coverageRadiusMeters: number;
}

/** How far beyond the threshold and for how long before a device counts as gone: no flapping on a border. */
export interface Hysteresis {
  readonly meters: number;
  readonly durationMs: number;
}

/** Where a device says that it is, and where it says so. */
export interface PositionReport {
  readonly position: Position;
  /** Another cluster passed it on: the device is connected there (the paper's reconnect). */
  readonly elsewhere: boolean;
}

/** What the agent remembers of a device between two positions. */
export interface CoverageMemory extends PositionReport {
  readonly atMs: number;
  /** Since when it has been beyond threshold and hysteresis without a break; null: it is not. */
  readonly outSinceMs: number | null;
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
  { meters }: Hysteresis,
  before: CoverageMemory | undefined,
  report: PositionReport,
  nowMs: number,
): CoverageMemory {
  const isOut = distanceMeters(cluster.site, report.position) > cluster.coverageRadiusMeters + meters;
  return { ...report, atMs: nowMs, outSinceMs: isOut ? Math.min(before?.outSinceMs ?? nowMs, nowMs) : null };
}

/**
 * True when the device has left: beyond the threshold by more than the hysteresis, and for long enough that it is no
 * error of one measurement. A device that has connected to another cluster has said so twice already. Whoever is moved
 * is covered by the new owner, so it has to go further than the hysteresis before it is moved again.
 */
export function hasLeft(memory: CoverageMemory, { durationMs }: Hysteresis, nowMs: number): boolean {
  if (memory.outSinceMs === null) return false;
  return memory.elsewhere || nowMs - memory.outSinceMs >= durationMs;
}
