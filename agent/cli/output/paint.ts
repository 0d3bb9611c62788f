import type { Cli, Output } from '../io';

const ESCAPES = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 } as const;
export type Paint = (style: keyof typeof ESCAPES, text: string) => string;

/** Colours only for a terminal whose user wants them (https://no-color.org). */
export function paintFor({ io, options }: Cli, output: Output): Paint {
  const noColor = io.env['NO_COLOR'] ?? '';
  if (!options.color || !output.isTty || noColor !== '' || io.env['TERM'] === 'dumb') return (_style, text) => text;
  return (style, text) => `\u001b[${ESCAPES[style]}m${text}\u001b[0m`;
}
