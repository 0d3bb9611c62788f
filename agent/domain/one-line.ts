/** What the ledger takes in no line of text: see `Line` in the model; U+FFFD looks to it like bytes that are not UTF-8. */
const UNWANTED = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffd]/gu;

/** Any text as one line that the ledger takes: at most `max` UTF-16 units, never empty. */
export function oneLine(text: string, max: number): string {
  const line = text.replace(UNWANTED, ' ').trim();
  if (line === '') return 'no reason given';
  // A cut may leave half a surrogate pair behind.
  return line.length <= max ? line : `${line.slice(0, max - 3).replace(/\p{Cs}$/u, '')}...`;
}
