import type { z } from 'zod';
import { TRANSACTIONS, type TransactionName } from '../../chaincode/src/model';
import { badField, badValues, type BadValue, type Path } from './bad-values';

/** Arguments that a function of the chaincode must refuse. */
export interface BadInput {
  readonly name: TransactionName;
  readonly what: string;
  /** Makes them from good ones, as they go over the wire. */
  readonly from: (good: readonly string[]) => readonly string[];
}

const TEN_MB = 10_000_000;
const DEEP = 10_000;

const withFirst = (change: (first: string) => string) => (good: readonly string[]) =>
  good.map((arg, index) => (index === 0 ? change(arg) : arg));

/** What is no argument at all, whatever the function takes. */
const BAD_TEXTS: readonly (readonly [string, (good: string) => string])[] = [
  ['is empty', () => ''],
  ['is 10 MB of letters', () => 'x'.repeat(TEN_MB)],
  ['is 10 MB of zero bytes', () => '\u0000'.repeat(TEN_MB)],
  ['has 10 MB of spaces before it', (good) => ' '.repeat(TEN_MB) + good],
  ['is a number of 10 MB', () => '9'.repeat(TEN_MB)],
  ['has more than 100 kB', (good) => good + ' '.repeat(100_001 - good.length)],
  ['is 10,000 arrays deep', () => '['.repeat(DEEP) + ']'.repeat(DEEP)],
  ['is 10,000 objects deep', () => '{"a":'.repeat(DEEP) + '1' + '}'.repeat(DEEP)],
  ['is nothing but escaped quotes', () => `"${'\\"'.repeat(49_000)}`],
  ['has a byte order mark', (good) => `\ufeff${good}`],
  ['is not UTF-8', (good) => `${good}\ufffd`],
  ['ends with a zero byte', (good) => `${good}\u0000`],
  ['is followed by more', (good) => `${good} true`],
];

/** The same for arguments that are JSON. */
const BAD_JSON: readonly (readonly [string, (good: string) => string])[] = [
  ['is cut off', (good) => good.slice(0, -1)],
  ['is a comment', (good) => `/* */${good}`],
  ['has single quotes', (good) => good.replaceAll('"', "'")],
  ['has a comma too many', (good) => good.replace(/\}$/, ',}')],
  ['is JSON in a string', (good) => JSON.stringify(good)],
  ['is JSON twice', (good) => good + good],
];

function* ofFunction(name: TransactionName): Generator<BadInput> {
  const { args }: { readonly args: readonly z.ZodType[] } = TRANSACTIONS[name];
  for (const count of [args.length - 1, args.length + 1, args.length + 50].filter((number) => number >= 0)) {
    yield { name, what: `${count} arguments`, from: ([first = '{}']) => Array<string>(count).fill(first) };
  }
  yield { name, what: 'a further argument of 10 MB', from: (good) => [...good, 'x'.repeat(TEN_MB)] };
  const [schema] = args;
  if (schema === undefined) return;
  const isText = schema.def.type === 'string';
  for (const [what, change] of [...BAD_TEXTS, ...(isText ? [] : BAD_JSON)]) {
    yield { name, what: `the argument ${what}`, from: withFirst(change) };
  }
  if (isText) yield* ofText(name);
  else for (const [path, bad] of ofSchema(schema, [])) yield fieldOf(name, path, bad);
}

function* ofText(name: TransactionName): Generator<BadInput> {
  const texts = [
    '{}',
    '[]',
    'a b',
    'a/b',
    '../a',
    'a\u0000b',
    'a\nb',
    '\u202ea',
    '\u2028',
    '-a',
    "a'--",
    'x'.repeat(64),
  ];
  for (const text of texts) {
    yield { name, what: `the argument ${JSON.stringify(text)}`, from: withFirst(() => text) };
  }
}

function fieldOf(name: TransactionName, path: Path, bad: BadValue): BadInput {
  const where = path.length === 0 ? 'the argument' : path.join('.');
  return { name, what: `${where} ${bad.what}`, from: withFirst((text) => badField(text, path, bad)) };
}

/** Every field, at any depth, with everything that it must not be. */
function* ofSchema(schema: z.ZodType, path: Path): Generator<readonly [Path, BadValue]> {
  for (const bad of badValues(schema, path)) yield [path, bad];
  const inner = unwrap(schema);
  if (inner.def.type === 'object') {
    for (const [field, child] of Object.entries((inner as z.ZodObject).shape)) {
      yield* ofSchema(child as z.ZodType, [...path, field]);
    }
  }
  if (inner.def.type === 'array') yield* ofSchema((inner as z.ZodArray<z.ZodType>).element, [...path, 0]);
}

const unwrap = (schema: z.ZodType): z.ZodType =>
  schema.def.type === 'nullable' ? ((schema as z.ZodNullable).unwrap() as z.ZodType) : schema;

/** All of them, function by function. */
export const BAD_INPUTS: readonly BadInput[] = (Object.keys(TRANSACTIONS) as TransactionName[]).flatMap((name) => [
  ...ofFunction(name),
]);
