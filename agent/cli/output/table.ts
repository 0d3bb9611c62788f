/** A column of a table: its heading, the cell of each item, and whether only `-o wide` shows it. */
export type Column<T> = readonly [heading: string, cell: (item: T) => string, isWideOnly?: 'wide'];

/** The items under the headings of those columns that are to be seen. */
export function columnTable<T>(items: readonly T[], columns: readonly Column<T>[], isWide: boolean): string {
  const seen = columns.filter(([, , isWideOnly]) => isWide || isWideOnly === undefined);
  return table(
    seen.map(([heading]) => heading),
    items.map((item) => seen.map(([, cell]) => cell(item))),
  );
}

/** Rows under their headings, columns two spaces apart, no borders: what grep and awk can read. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '(none)\n';
  const lines = [headings, ...rows];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines.map((line) => joinCells(line, widths)).join('');
}

/** `name:  value` lines with the values in one column. */
export function facts(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...pairs.map(([name]) => name.length + 1));
  return pairs.map(([name, value]) => `${`${name}:`.padEnd(width)}  ${value}\n`).join('');
}

const joinCells = (cells: readonly string[], widths: readonly number[]): string =>
  `${cells
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join('  ')
    .trimEnd()}\n`;
