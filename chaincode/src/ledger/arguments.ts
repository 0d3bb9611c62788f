import { z } from 'zod';
import { BlosmError, TRANSACTIONS, type TransactionName, type ValuesOf } from '../model';

/** The longest argument that is looked at at all, in bytes of UTF-8. */
export const MAX_ARGUMENT_BYTES = 100_000;

/** How deep objects and arrays may nest; our own go to four. */
export const MAX_ARGUMENT_DEPTH = 16;

/** What the shim makes of bytes that are not UTF-8, so that what was sent can no more be told. */
const NOT_UTF8 = '\ufffd';

/**
 * Reads the arguments of a function as its schemas say.
 * @throws BlosmError BLOSM_E_INVALID_ARGUMENT, naming the argument and the field
 */
export function parseArguments<N extends TransactionName>(name: N, args: readonly string[]): ValuesOf<N> {
  const schemas: readonly z.ZodType[] = TRANSACTIONS[name].args;
  if (args.length !== schemas.length) {
    throw invalid(`${name} takes ${schemas.length} argument(s), not ${args.length}`);
  }
  const values = schemas.map((schema, index) => parseArgument(schema, String(args[index]), `argument ${index + 1}`));
  return values as ValuesOf<N>;
}

function parseArgument(schema: z.ZodType, text: string, place: string): unknown {
  const sizeBytes = Buffer.byteLength(text, 'utf8');
  if (sizeBytes > MAX_ARGUMENT_BYTES) {
    throw invalid(`${place} has ${sizeBytes} bytes; at most ${MAX_ARGUMENT_BYTES} are allowed`);
  }
  if (text.includes(NOT_UTF8)) throw invalid(`${place} is not UTF-8`);
  const result = schema.safeParse(schema instanceof z.ZodString ? text : parseJson(text, place));
  if (!result.success) throw invalid(describeIssue(result.error, place));
  return result.data;
}

function parseJson(text: string, place: string): unknown {
  const keyCount = countKeys(text, MAX_ARGUMENT_DEPTH);
  if (keyCount === undefined) throw invalid(`${place} nests deeper than ${MAX_ARGUMENT_DEPTH} levels`);
  const value = readJson(text, place);
  // The last of two equal keys would count here, and another reader of the block may take the first.
  if (keyCount !== keysOf(value)) throw invalid(`${place} has the same key twice`);
  return value;
}

function readJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(`${place} is not JSON`);
  }
}

/** A string, with the colon that makes it a key, or a bracket. One that never ends is a token too: nothing is read twice. */
export const JSON_TOKEN = /"(?:[^"\\]|\\.)*(?:"\s*:?|\\?$)|[[{\]}]/gs;

/** Counts keys and brackets outside strings, before anything is built from them; undefined: it nests too deep. */
function countKeys(text: string, limit: number): number | undefined {
  let depth = 0;
  let keyCount = 0;
  for (const [token] of text.matchAll(JSON_TOKEN)) {
    if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth -= 1;
    else if (token.endsWith(':')) keyCount += 1;
    if (depth > limit) return undefined;
  }
  return keyCount;
}

function keysOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const children: unknown[] = Object.values(value);
  return children.reduce<number>((sum, child) => sum + keysOf(child), Array.isArray(value) ? 0 : children.length);
}

/** The first thing that is wrong, and where. */
function describeIssue(error: z.ZodError, place: string): string {
  const lines = error.issues.map(({ path, message }) => `${path.map(String).join('.') || place}: ${message}`);
  return lines.slice(0, 1).join('');
}

/** What the caller wrote may stand in the message: one line of it, shortened. */
function invalid(message: string): BlosmError {
  const line = message.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ').slice(0, 300);
  return new BlosmError('BLOSM_E_INVALID_ARGUMENT', line, { stage: 'endorse' });
}
