/** Every text that can be reached from a value, bytes read as UTF-8: what a leak would be found in. */
export function everyText(root: unknown): string[] {
  const texts: string[] = [];
  const seen = new Set<object>();
  const waiting: unknown[] = [root];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value === 'string') texts.push(value);
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    if (value instanceof Uint8Array) texts.push(Buffer.from(value).toString('utf8'));
    else waiting.push(...partsOf(value));
  }
  return texts;
}

function partsOf(value: object): unknown[] {
  if (value instanceof Map) return [...value].flat();
  if (value instanceof Set) return [...value];
  if (value instanceof Error)
    return [value.message, value.stack, value.cause, ...Object.entries(value).flat().map(String)];
  return Object.entries(value).flat();
}
