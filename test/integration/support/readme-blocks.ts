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
