/** One result, in the form that machines read and in the one that people do. */
export interface Result {
  /** E.g. `Migration`, `ServiceList`. */
  readonly kind: string;
  /** A list's fields are `items`. */
  readonly fields: object;
  readonly text: () => string;
  /** With more columns or lines (`-o wide`); without it as `text`. */
  readonly wide?: () => string;
  /** For `-o name`; without it what the fields hold: of a list each item's id, else its own. */
  readonly names?: () => readonly string[];
  /** What `-o ndjson` writes a line of, where that is neither the whole nor `items`. */
  readonly lines?: readonly object[];
  /** One line that says how it stands, for --watch where nothing can be redrawn; without it the whole text. */
  readonly brief?: () => string;
  /** Some of a list's items as a table, for --watch. */
  readonly rows?: (items: readonly object[]) => string;
}

/** A list: `table` makes the text of all its items or of some of them. */
export function listResult<T extends object>(
  kind: `${string}List`,
  items: readonly T[],
  table: (items: readonly T[], isWide: boolean) => string,
): Result {
  return {
    kind,
    fields: { items },
    text: () => table(items, false),
    wide: () => table(items, true),
    // The items that are given are those of the list.
    rows: (some) => table(some as readonly T[], false),
  };
}

/** The items of a list; undefined: it is none. */
export function itemsOf({ kind, fields }: Result): readonly object[] | undefined {
  return kind.endsWith('List') && 'items' in fields && Array.isArray(fields.items)
    ? (fields.items as readonly object[])
    : undefined;
}

/** The kind of a list's items. */
export const itemKind = (kind: string): string => kind.replace(/List$/, '');

/** What may name an object, the most telling first. */
const NAMES = ['name', 'id', 'migrationId', 'instanceId', 'serviceId', 'transactionId', 'nodeId', 'file'] as const;

/** The id by which other commands know an object; an object without one has the name of its kind. */
export function nameOf(kind: string, fields: object): string {
  const own = `${kind.charAt(0).toLowerCase()}${kind.slice(1)}Id`;
  const found = [own, ...NAMES].map((key): unknown => (fields as Record<string, unknown>)[key]).find(isName);
  return found === undefined ? kind : String(found);
}

const isName = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number';
