import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../network/package-root';

export const UNIT_FILE = join(packageRoot(), 'agent/docs/systemd/blosm-agent.service');

/** Section and key to its values, in the order of the file. */
export type Unit = ReadonlyMap<string, readonly string[]>;

/** Reads a unit file: `Section.Key` to what it is set to. Throws for a line that is none of a unit. */
export function readUnit(file = UNIT_FILE): Unit {
  const unit = new Map<string, string[]>();
  let section = '';
  const lines = readFileSync(file, 'utf8').split('\n');
  for (const line of lines.filter((each) => each !== '' && !each.startsWith('#'))) {
    const [, header, key, value] = /^(?:\[(\w+)\]|(\w+)=(.*))$/.exec(line) ?? [];
    if (header !== undefined) section = header;
    else if (key === undefined || section === '') throw new Error(`no line of a unit: ${line}`);
    else unit.set(`${section}.${key}`, [...(unit.get(`${section}.${key}`) ?? []), value ?? '']);
  }
  return unit;
}
