/** A position in degrees (WGS 84). */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** The vehicle is there so long after its start; between two of them it drives at a constant speed. */
export interface Waypoint extends Place {
  readonly atMs: number;
}

/** Where a vehicle is after so many milliseconds: before the first waypoint at it, after the last one at that. */
export function placeAt(route: readonly Waypoint[], elapsedMs: number): Place {
  const next = route.findIndex((waypoint) => waypoint.atMs > elapsedMs);
  const after = route[next] ?? route.at(-1);
  const before = next > 0 ? route[next - 1] : undefined;
  if (after === undefined) throw new RangeError('a route has at least one waypoint');
  if (next === -1 || before === undefined) return { latitude: after.latitude, longitude: after.longitude };
  const share = (elapsedMs - before.atMs) / (after.atMs - before.atMs);
  return {
    latitude: before.latitude + share * (after.latitude - before.latitude),
    longitude: before.longitude + share * (after.longitude - before.longitude),
  };
}
