import { z } from 'zod';

/** One key of a file, as the schema describes it. */
export interface KeyFacts {
  /** From the top of the file; `[]` stands for every item of a list, `NAME` for every name that the user gives. */
  readonly path: readonly string[];
  readonly description: string;
  /** E.g. `text`, `true or false`, `one of strict, paper`. */
  readonly kind: string;
  /** JSON of the default; null: it has none. */
  readonly defaultJson: string | null;
  /** False for sections and for keys that may be left out. */
  readonly isNeeded: boolean;
  readonly isSection: boolean;
}

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  /** Of what stands under names that the user gives; false: there are none. */
  readonly additionalProperties?: JsonSchema | boolean;
}

const EVERY_ITEM = '[]';
const EVERY_NAME = 'NAME';

/** Whether the key stands below items or names of which there may be many: then it has not one value. */
export const isOneOfMany = ({ path }: Pick<KeyFacts, 'path'>): boolean =>
  path.includes(EVERY_ITEM) || path.includes(EVERY_NAME);

/** Whether the key is the one at this place of a file, where numbers count the items of lists. */
export function isAt({ path }: Pick<KeyFacts, 'path'>, place: readonly PropertyKey[]): boolean {
  return path.length === place.length && path.every((part, index) => stands(part, place[index]));
}

function stands(part: string, at: PropertyKey | undefined): boolean {
  if (typeof at === 'number') return part === EVERY_ITEM;
  return part === EVERY_NAME || part === at;
}

/** All keys of an object schema in the order of the schema, each section before its keys. */
export function listKeys(schema: z.ZodType): KeyFacts[] {
  // zod's own type of a JSON Schema is wider than the part that our schemas use.
  return keysOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema, []);
}

function keysOf(schema: JsonSchema, parent: readonly string[]): KeyFacts[] {
  const named = namedIn(schema);
  if (named !== undefined) {
    const path = [...parent, EVERY_NAME];
    return [describe(named, path, false), ...keysOf(named, path)];
  }
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    const path = [...parent, key];
    const below = child.items?.properties ? keysOf(child.items, [...path, EVERY_ITEM]) : keysOf(child, path);
    return [describe(child, path, schema.required?.includes(key) ?? false), ...below];
  });
}

/** The sections that stand under names of the user's; undefined: it is not made of such. */
function namedIn({ additionalProperties: named }: JsonSchema): JsonSchema | undefined {
  return typeof named === 'object' && named.properties !== undefined ? named : undefined;
}

function describe(schema: JsonSchema, path: readonly string[], isRequired: boolean): KeyFacts {
  const isSection = schema.properties !== undefined;
  return {
    path,
    description: schema.description ?? '',
    kind: kindOf(schema),
    defaultJson: schema.default === undefined || isSection ? null : JSON.stringify(schema.default),
    isNeeded: isRequired,
    isSection,
  };
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  integer: 'whole number',
  number: 'number',
};

function kindOf(schema: JsonSchema): string {
  if (schema.properties !== undefined) return 'section';
  if (namedIn(schema) !== undefined) return 'sections by name';
  if (schema.enum !== undefined) return `one of ${schema.enum.join(', ')}`;
  if (schema.type === 'array') return `list of ${schema.items?.properties ? 'sections' : kindOf(schema.items ?? {})}`;
  return KINDS[schema.type ?? ''] ?? 'any';
}
