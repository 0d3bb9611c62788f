import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';

export interface ArchivedFile {
  readonly name: string;
  readonly text: string;
}

/**
 * Writes a `tar.gz` that only its owner may read; a file that is there is never replaced.
 * @throws Error of the file system
 */
export async function writeArchive(file: string, folder: string, files: readonly ArchivedFile[]): Promise<void> {
  const archive = pack();
  for (const { name, text } of files) archive.entry({ name: `${folder}/${name}`, mode: 0o600 }, text);
  archive.finalize();
  await pipeline(archive, createGzip(), createWriteStream(file, { flags: 'wx', mode: 0o600 }));
}
