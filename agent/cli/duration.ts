const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `500ms`, `10s`, `5m`, `1h`; a plain number means seconds. Undefined for anything else. @returns milliseconds */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const durationMs = Math.round(Number(amount) * (UNITS[unit ?? 's'] ?? Number.NaN));
  return Number.isSafeInteger(durationMs) && durationMs > 0 ? durationMs : undefined;
}
