import type { Cli, Output } from '../io';

const ESCAPES = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 } as const;
export type Paint = (style: keyof typeof ESCAPES, text: string) => string;

/** Colours only where the user wants them: --no-color, then FORCE_COLOR, then NO_COLOR, then whether it is a terminal. */
export function paintFor(cli: Cli, output: Output): Paint {
  if (!isColoured(cli, output)) return (_style, text) => text;
  return (style, text) => `\u001b[${ESCAPES[style]}m${text}\u001b[0m`;
}

function isColoured({ io, options }: Cli, output: Output): boolean {
  const forced = io.env['FORCE_COLOR'] ?? '';
  if (!options.color) return false;
  if (forced !== '') return forced !== '0';
  return output.isTty && (io.env['NO_COLOR'] ?? '') === '' && io.env['TERM'] !== 'dumb';
}
