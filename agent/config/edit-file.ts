import { isScalar, parseDocument } from 'yaml';

/** A key of a configuration file from the top, and its new value. */
export type Edit = readonly [path: readonly string[], value: unknown];

/**
 * Changes keys of a YAML text and leaves everything else as it is, comments included.
 * @throws Error for text that is not YAML, or where something that is no section is in the way
 */
export function editYaml(text: string, edits: readonly Edit[]): string {
  const document = parseDocument(text);
  const [fault] = document.errors;
  if (fault !== undefined) throw fault;
  for (const [path, value] of edits) {
    const known = document.getIn(path, true);
    // A changed value keeps the comment that stands behind it.
    if (isScalar(known)) known.value = value;
    else document.setIn(path, value);
  }
  return document.toString({ lineWidth: 0 });
}
