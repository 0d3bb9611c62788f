import type { Position } from '../../chaincode/src/model';

/** Mean radius of the Earth in metres (IUGG R1). */
const EARTH_RADIUS_METERS = 6_371_008.8;

const radians = (e6: number): number => (e6 / 1e6) * (Math.PI / 180);

/** Great-circle distance in metres (haversine formula); good to 0.5 % anywhere, which is far below a cell's radius. */
export function distanceMeters(a: Position, b: Position): number {
  const sinLat = Math.sin((radians(b.latE6) - radians(a.latE6)) / 2);
  const sinLon = Math.sin((radians(b.lonE6) - radians(a.lonE6)) / 2);
  const h = sinLat * sinLat + Math.cos(radians(a.latE6)) * Math.cos(radians(b.latE6)) * sinLon * sinLon;
  return 2 * EARTH_RADIUS_METERS * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Degrees as people write them to the integers of the ledger. */
export function positionOfDegrees(latitude: number, longitude: number): Position {
  return { latE6: Math.round(latitude * 1e6), lonE6: Math.round(longitude * 1e6) };
}
