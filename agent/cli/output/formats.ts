/** The forms of a result. */
export const OUTPUT_FORMATS = ['table', 'wide', 'json', 'yaml', 'name', 'ndjson'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** For people, not for programs. */
export const isForPeople = (format: OutputFormat): boolean => format === 'table' || format === 'wide';

export const OUTPUT_MEANINGS = {
  table: 'text for people',
  wide: 'the same with more columns or lines',
  json: 'one document: `apiVersion` (`blosm/v1`), `kind` and its fields; a list has `items`',
  yaml: 'the same in YAML',
  name: 'what other commands take as an id, one on a line',
  ndjson: 'the document on one line; of a list one line for each item',
} as const satisfies Record<OutputFormat, string>;
