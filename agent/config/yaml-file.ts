import {
  isCollection,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
} from 'yaml';
import type { z } from 'zod';
import { BlosmError } from '../../chaincode/src/model';
import { isAt, listKeys } from './key-tree';
import { nearest } from './nearest';

/** One thing that is wrong with a file, and where. Lines and columns count from 1. */
export interface Fault {
  readonly line: number;
  readonly column: number;
  /** E.g. `cluster.site.latitude`; empty: the file as a whole. */
  readonly key: string;
  readonly message: string;
}

/** What a file says: the checked value, or everything that is wrong with it in the order of the lines. */
export type Reading<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly faults: readonly Fault[] };

/**
 * Reads YAML text against a schema. `adjust` may change the parsed value first (the environment overrides the file).
 */
export function readYaml<T>(
  text: string,
  schema: z.ZodType<T>,
  adjust: (value: unknown) => unknown = (value) => value,
): Reading<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): Pick<Fault, 'line' | 'column'> => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (document.errors.length > 0) {
    const faults = document.errors.map((error) => ({ ...place(error.pos[0]), key: '', message: error.message }));
    return { ok: false, faults };
  }
  const written = valueIn(document);
  if ('fault' in written) {
    const { fault, offset } = written;
    return { ok: false, faults: [{ ...place(offset), key: '', message: fault }] };
  }
  const parsed = schema.safeParse(adjust(written.value));
  if (parsed.success) return { ok: true, value: parsed.data };
  const faults = parsed.error.issues
    .flatMap((issue) => explainIssue(issue, schema))
    .map(({ path, message }) => ({ ...place(offsetOf(document, path)), key: path.join('.'), message }));
  return { ok: false, faults: faults.sort((a, b) => a.line - b.line || a.column - b.column) };
}

/**
 * The same, for callers that can do nothing about a fault.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID with every fault as `source:line:column: key: message`
 */
export function parseYaml<T>(text: string, source: string, schema: z.ZodType<T>): T {
  return valueOf(readYaml(text, schema), source);
}

/**
 * What was read.
 * @throws BlosmError BLOSM_E_CONFIG_INVALID with every fault as `source:line:column: key: message`
 */
export function valueOf<T>(reading: Reading<T>, source: string): T {
  if (reading.ok) return reading.value;
  const lines = reading.faults.map((fault) => describeFault(source, fault));
  throw new BlosmError('BLOSM_E_CONFIG_INVALID', lines.join('\n'), { stage: 'config' });
}

/** A few lines of aliases can be gigabytes: then the text has no value. */
function valueIn(
  document: Document,
): { readonly value: unknown } | { readonly fault: string; readonly offset: number } {
  try {
    return { value: (document.toJS({ maxAliasCount: 100 }) as unknown) ?? {} };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error), offset: danglingAlias(document) };
  }
}

/** Where an alias of nothing stands; 0: there is none. */
function danglingAlias(document: Document): number {
  let offset = 0;
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) !== undefined) return undefined;
      offset = startOf(alias) ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

/** Where a key stands in a YAML text; undefined: it does not. */
export function findKey(text: string, path: readonly string[]): Pick<Fault, 'line' | 'column'> | undefined {
  const document = parseDocument(text);
  return document.errors.length === 0 && document.hasIn(path) ? placeOf(text, path) : undefined;
}

/** Where a key stands in a YAML text; where it is missing, its section. */
export function placeOf(text: string, path: readonly string[]): Pick<Fault, 'line' | 'column'> {
  const lines = new LineCounter();
  const { line, col } = lines.linePos(offsetOf(parseDocument(text, { lineCounter: lines }), path));
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

export function describeFault(source: string, { line, column, key, message }: Fault): string {
  return `${source}:${line}:${column}: ${key === '' ? '' : `${key}: `}${message}`;
}

type Path = readonly PropertyKey[];

function explainIssue(issue: z.core.$ZodIssue, schema: z.ZodType): { path: Path; message: string }[] {
  if (issue.code === 'unrecognized_keys') {
    const known = keysBeside(issue.path, schema);
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: unknownKey(key, known) }));
  }
  if (issue.code === 'invalid_key') {
    return [{ path: issue.path, message: issue.issues.map(({ message }) => message).join('; ') }];
  }
  const isMissing = issue.code === 'invalid_type' && issue.message.includes('received undefined');
  return [{ path: issue.path, message: isMissing ? 'is needed but missing' : issue.message }];
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  return meant === undefined
    ? `unknown key; known here: ${known.join(', ') || 'none'}`
    : `unknown key; did you mean "${meant}"?`;
}

function keysBeside(path: Path, schema: z.ZodType): string[] {
  return listKeys(schema)
    .filter((key) => isAt({ path: key.path.slice(0, -1) }, path))
    .map((key) => key.path.at(-1) ?? '');
}

/** Where the key stands; for a key that is missing, where its section does. */
function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const part of path) {
    const found = keyOffset(node, part);
    if (found === undefined) break;
    offset = found;
    node = isCollection(node) ? node.get(part, true) : undefined;
  }
  return offset;
}

function keyOffset(node: unknown, part: PropertyKey): number | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
    return startOf(pair?.key);
  }
  return isCollection(node) && typeof part === 'number' ? startOf(node.items[part]) : undefined;
}

const startOf = (node: unknown): number | undefined => (isNode(node) ? (node as Node).range?.[0] : undefined);
