import { readFileSync } from 'node:fs';

/** A shell block of a page, and the JSON block right after it: what its last line of output has to contain. */
export interface ShellBlock {
  readonly script: string;
  readonly expected: unknown;
}

/** The shell blocks of a Markdown page below a heading. */
export function shellBlocks(path: string, heading: string): ShellBlock[] {
  const page = readFileSync(path, 'utf8');
  const below = page.slice(page.indexOf(`\n${heading}\n`));
  const fences = [...below.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, text]) => ({
    language,
    text: text ?? '',
  }));
  return fences.flatMap(({ language, text }, index) => {
    if (language !== 'sh') return [];
    const next = fences[index + 1];
    return [{ script: text, expected: next?.language === 'json' ? (JSON.parse(next.text) as unknown) : undefined }];
  });
}

/** The scripts of one section: from its heading, given with its number signs, to the next one. */
export function sectionScripts(path: string, heading: string, language = 'sh'): readonly string[] {
  const page = `\n${readFileSync(path, 'utf8')}`;
  const from = page.indexOf(`\n${heading}\n`);
  if (from < 0) throw new Error(`${path} has no section ${heading}`);
  const [section = ''] = page.slice(from + heading.length + 2).split(/^#+ (?=[A-Z])/m);
  return scriptsIn(section, language);
}

/** The scripts of a whole page, in its order. */
export const pageScripts = (path: string, language = 'sh'): readonly string[] =>
  scriptsIn(readFileSync(path, 'utf8'), language);

function scriptsIn(text: string, language: string): readonly string[] {
  const fences = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)];
  return fences.flatMap(([, found, script]) => (found === language ? [script ?? ''] : []));
}
