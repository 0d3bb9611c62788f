const UNITS: readonly (readonly [suffix: RegExp, unit: string])[] = [
  [/Seconds$|^seconds$/, 'seconds'],
  [/Meters$|^meters$/, 'metres'],
  [/KiB$/, 'KiB (1024 bytes)'],
  [/MiB$/, 'MiB (1 048 576 bytes)'],
  [/Millis$/, 'thousandths'],
  [/Bytes$/, 'bytes'],
  [/^(latitude|longitude)$/, 'degrees'],
  [/Url$/, 'URL'],
  [/^(listen|address)$/, 'host:port'],
  [/Days$/, 'days'],
  [/Ms$/, 'milliseconds'],
];

/** In which unit a key's value is written, by its name; undefined: it has none. */
export const unitOf = (key: string): string | undefined => UNITS.find(([suffix]) => suffix.test(key))?.[1];
