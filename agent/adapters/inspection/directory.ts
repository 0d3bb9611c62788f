import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { StateLook } from '../../domain/doctor/machine';

/** The rights of a directory that is there or is still to be made. */
export async function inspectDirectory(directory: string): Promise<Pick<StateLook, 'mode' | 'canWrite'>> {
  const found = await stat(directory).catch(() => null);
  if (found !== null) {
    return { mode: found.mode & 0o777, canWrite: found.isDirectory() && (await isWritable(directory)) };
  }
  return { mode: null, canWrite: await isWritable(await nearestThere(directory)) };
}

const isWritable = (path: string): Promise<boolean> =>
  access(path, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );

/** The nearest folder above that exists: in it the missing ones would be made. */
async function nearestThere(directory: string): Promise<string> {
  const above = dirname(directory);
  if (above === directory) return above;
  const found = await stat(above).catch(() => null);
  return found === null ? nearestThere(above) : above;
}
