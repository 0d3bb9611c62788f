import type { z } from 'zod';

/** Where a field is, from the argument inwards. */
export type Path = readonly (string | number)[];

/** What a field must not be. */
export interface BadValue {
  readonly what: string;
  /** JSON that is put in its place, made from the good value's; undefined: the field is left out. */
  readonly json: ((good: unknown) => string) | undefined;
}

/** The fields that may be an empty text or list. */
const MAY_BE_EMPTY = new Set(['variant', 'gpuRuntime', 'l4tRelease', 'bookmark', 'reasons']);

const raw = (what: string, json: string): BadValue => ({ what, json: () => json });
const text = (what: string, change: (good: string) => string): BadValue => ({
  what,
  json: (good) => JSON.stringify(change(typeof good === 'string' ? good : 'a')),
});

const EMPTY = raw('is empty', '""');
const TEXTS: readonly BadValue[] = [
  raw('is a number', '7'),
  raw('is true', 'true'),
  raw('is an object', '{}'),
  raw('is a list of one text', '["a"]'),
  text('is too long', (good) => good + 'x'.repeat(9000)),
  text('ends with a line break', (good) => `${good}\n`),
  text('begins with a zero byte', (good) => `\u0000${good}`),
  text('has an escape sequence', (good) => `${good}\u001b[31m`),
  text('has a C1 control', (good) => `${good}\u0085`),
  text('has a line separator', (good) => `${good}\u2028`),
  text('has half a surrogate pair', (good) => `${good}\ud800`),
  text('has an override of the direction', (good) => `${good}\u202e`),
  text('has an isolate of the direction', (good) => `\u2066${good}`),
  { what: 'has bytes that are not UTF-8', json: (good) => `"${String(good)}\ufffd"` },
];

const NUMBERS: readonly BadValue[] = [
  raw('is a number in a text', '"7"'),
  raw('is true', 'true'),
  raw('is an object', '{}'),
  raw('is a list of one number', '[7]'),
  raw('is a fraction', '1.5'),
  raw('is a fraction in exponent form', '1e-3'),
  raw('is far below zero', '-9007199254740991'),
  raw('is below -2^53', '-9007199254740993'),
  raw('is 2^53', '9007199254740992'),
  raw('is 2^53 + 1', '9007199254740993'),
  raw('is beyond 2^53 in exponent form', '1e21'),
  raw('is beyond every number', '1e400'),
  raw('is of 400 digits', '9'.repeat(400)),
  raw('is NaN', 'NaN'),
  raw('is Infinity', 'Infinity'),
  raw('is hexadecimal', '0x10'),
  raw('begins with a zero', '01'),
  raw('begins with a plus', '+1'),
];

const FLAGS: readonly BadValue[] = [
  raw('is a text', '"true"'),
  raw('is 1', '1'),
  raw('is 0', '0'),
  raw('is an object', '{}'),
  raw('is a list', '[true]'),
];

const CHOICES: readonly BadValue[] = [
  raw('is none of its values', '"other"'),
  raw('is a number', '0'),
  raw('is an object', '{}'),
  text('is in capitals', (good) => good.toUpperCase()),
  text('ends with a space', (good) => `${good} `),
  raw('is the name of an inherited property', '"constructor"'),
];

const withKey = (key: string): BadValue => ({
  what: `has the key ${key}`,
  json: (good) => JSON.stringify(good ?? {}).replace('{', `{${JSON.stringify(key)}:{},`),
});
const OBJECTS: readonly BadValue[] = [
  raw('is a list', '[]'),
  raw('is a text', '"a"'),
  raw('is a number', '7'),
  raw('is an object with nothing in it', '{}'),
  ...['more', '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'].map(withKey),
  {
    what: 'has its first key twice',
    json: (good) => {
      const [first] = Object.entries(good as object);
      const twice = first === undefined ? '"a":1,"a":1,' : `${JSON.stringify(first[0])}:${JSON.stringify(first[1])},`;
      return JSON.stringify(good).replace('{', `{${twice}`);
    },
  },
];

const LISTS: readonly BadValue[] = [
  raw('is an object', '{}'),
  raw('is an object with numbers as keys', '{"0":"a","length":1}'),
  raw('is a text', '"a"'),
  raw('has 10,000 entries', `[${Array<string>(10_000).fill('"a"').join(',')}]`),
  raw('has a list in it', '[["a"]]'),
];

/** By the schema's type. */
const BY_TYPE: Readonly<Record<string, readonly BadValue[]>> = {
  string: TEXTS,
  number: NUMBERS,
  boolean: FLAGS,
  literal: [...FLAGS, raw('is false', 'false')],
  enum: [...CHOICES, EMPTY],
  object: OBJECTS,
  array: LISTS,
};

/** Everything that a field of this schema must not be. @throws Error for a type that nobody has thought of */
export function badValues(schema: z.ZodType, path: Path): readonly BadValue[] {
  const { type } = schema.def;
  if (type === 'nullable') return badValues((schema as z.ZodNullable).unwrap() as z.ZodType, path).filter(isNotNull);
  const ofType = BY_TYPE[type];
  if (ofType === undefined) throw new Error(`${path.join('.')}: no bad values are known for a ${type}`);
  return [...ofType, raw('is null', 'null'), ...missing(path), ...emptiness(type, path)];
}

const isNotNull = ({ what }: BadValue): boolean => what !== 'is null';

/** The first entry of a list cannot be missing: the list is then an empty one. */
function missing(path: Path): readonly BadValue[] {
  return typeof path.at(-1) === 'string' ? [{ what: 'is missing', json: undefined }] : [];
}

function emptiness(type: string, path: Path): readonly BadValue[] {
  const field = path.filter((part) => typeof part === 'string').at(-1) ?? '';
  if (MAY_BE_EMPTY.has(field)) return [];
  if (type === 'string') return [EMPTY];
  return type === 'array' ? [raw('is empty', '[]')] : [];
}

const PLACE = '@bad@';

/** The argument with the bad value in the field's place. */
export function badField(argument: string, path: Path, { json }: BadValue): string {
  const root = { argument: JSON.parse(argument) as unknown };
  const fullPath = ['argument', ...path];
  const field = fullPath.at(-1) ?? '';
  const parent = parentOf(root, fullPath);
  const good = parent[field];
  if (json === undefined) Reflect.deleteProperty(parent, field);
  else parent[field] = PLACE;
  const template = JSON.stringify(root.argument);
  return json === undefined ? template : template.replace(JSON.stringify(PLACE), () => json(good));
}

type Parent = Record<string | number, unknown>;

/** What holds the field. A list that is empty gets an entry, what is null an object. */
function parentOf(root: object, path: Path): Parent {
  return path.slice(0, -1).reduce<Parent>((parent, part) => {
    parent[part] ??= {};
    return parent[part] as Parent;
  }, root as Parent);
}
