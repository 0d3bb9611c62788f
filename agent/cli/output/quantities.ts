const KIBI = 1024;
const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** E.g. `1.5 MiB`. */
export function bytes(sizeBytes: number): string {
  let size = sizeBytes;
  let unit = 0;
  while (size >= KIBI && unit < BYTE_UNITS.length - 1) {
    size /= KIBI;
    unit += 1;
  }
  return `${Number.isInteger(size) ? size : size.toFixed(1)} ${BYTE_UNITS[unit] ?? ''}`;
}

/** E.g. `850 ms`, `2.30 s`, `5m10s`, `3h2m`, `4d1h`. */
export function duration(durationMs: number): string {
  const ms = Math.max(0, Math.round(durationMs));
  if (ms < 1000) return `${ms} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(2)} s`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h${minutes % 60}m`;
  return `${Math.floor(minutes / 1440)}d${Math.floor((minutes % 1440) / 60)}h`;
}

/** How long ago something was: whole seconds at least, so that a list does not flicker. */
export function age(sinceMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.floor((nowMs - sinceMs) / 1000));
  return seconds < 60 ? `${seconds}s` : duration(seconds * 1000);
}

export const time = (atMs: number): string => new Date(atMs).toISOString();

/** Thousandths as people say them: 1500 is `1.5`. */
export const cores = (millis: number): string => String(millis / 1000);

/** Degrees from millionths of a degree. */
export const degrees = (e6: number): string => (e6 / 1_000_000).toFixed(4);
