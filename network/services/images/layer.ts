import { createReadStream, createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';
import { z } from 'zod';
import { Count, Sha256 } from '../../../chaincode/src/model';
import { blobDir, blobPath, recall, remember } from './cache';
import { digestOf, meter } from './digest';

/** A file, folder or link of a layer; `path` without a slash at its start. */
export interface LayerEntry {
  readonly path: string;
  /** Permission bits; 0644 for files and 0755 for folders when left out. */
  readonly mode?: number;
  /** User and group; 0 when left out. */
  readonly owner?: number;
  readonly content:
    | { readonly kind: 'folder' }
    | { readonly kind: 'file'; readonly source: string }
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'bytes'; readonly bytes: Buffer }
    | { readonly kind: 'stream'; readonly sizeBytes: number; readonly open: () => Readable };
}

/** A layer that lies in the cache. */
export const Layer = z.strictObject({
  /** Digest of the compressed layer. */
  digest: Sha256,
  sizeBytes: Count,
  /** Digest of the tar inside. */
  diffId: Sha256,
  unpackedBytes: Count,
});
export type Layer = z.infer<typeof Layer>;

/** The same for every file, so that the same files give the same digest. */
const MTIME = new Date('2000-01-01T00:00:00Z');

/** Changes when the way of packing changes, so that what older releases kept is not taken. */
const FORMAT = '1';

/**
 * Gives a layer from the cache, or packs it: a gzip-compressed tar, entries sorted, times fixed.
 * @param inputs everything that decides what the entries hold
 * @param compression of zlib, 0 (stored) to 9
 */
export async function ensureLayer(
  inputs: readonly string[],
  makeEntries: () => Promise<readonly LayerEntry[]> | readonly LayerEntry[],
  compression = 6,
): Promise<Layer> {
  const key = `layer-${digestOf(JSON.stringify([FORMAT, compression, ...inputs])).slice('sha256:'.length)}`;
  const kept = recall(key, Layer);
  if (kept !== undefined && existsSync(blobPath(kept.digest))) return kept;
  const layer = await packLayer(await makeEntries(), compression);
  remember(key, layer);
  return layer;
}

async function packLayer(entries: readonly LayerEntry[], compression: number): Promise<Layer> {
  const archive = pack();
  const [unpacked, packed] = [meter(), meter()];
  const temporary = join(blobDir(), `.${process.pid}-${Math.random().toString(36).slice(2)}`);
  try {
    await Promise.all([
      writeEntries(archive, entries),
      pipeline(
        Readable.from(archive),
        unpacked.stream,
        createGzip({ level: compression }),
        packed.stream,
        createWriteStream(temporary),
      ),
    ]);
    const layer = {
      digest: packed.digest(),
      sizeBytes: packed.sizeBytes(),
      diffId: unpacked.digest(),
      unpackedBytes: unpacked.sizeBytes(),
    };
    renameSync(temporary, blobPath(layer.digest));
    return layer;
  } finally {
    rmSync(temporary, { force: true });
  }
}

async function writeEntries(archive: Pack, entries: readonly LayerEntry[]): Promise<void> {
  try {
    for (const entry of withFolders(entries)) await writeEntry(archive, entry);
    archive.finalize();
  } catch (failure) {
    archive.destroy(failure instanceof Error ? failure : new Error(String(failure)));
    throw failure;
  }
}

/** Adds the folders above each entry and sorts, so that a folder comes before what is in it. */
function withFolders(entries: readonly LayerEntry[]): readonly LayerEntry[] {
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  for (const { path } of entries) {
    for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) {
      const folder = path.slice(0, end);
      if (!byPath.has(folder)) byPath.set(folder, { path: folder, content: { kind: 'folder' } });
    }
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function writeEntry(archive: Pack, entry: LayerEntry): Promise<void> {
  const { content } = entry;
  const { sizeBytes, open } = bytesOf(content);
  const header = {
    name: content.kind === 'folder' ? `${entry.path}/` : entry.path,
    type: content.kind === 'folder' ? ('directory' as const) : ('file' as const),
    mode: entry.mode ?? (content.kind === 'folder' ? 0o755 : 0o644),
    uid: entry.owner ?? 0,
    gid: entry.owner ?? 0,
    mtime: MTIME,
    size: sizeBytes,
  };
  await new Promise<void>((resolve, reject) => {
    const written = (failure?: Error | null): void => {
      if (failure) reject(failure);
      else resolve();
    };
    if (sizeBytes === 0) archive.entry(header, '', written);
    // Its stream is not Node's own but takes a pipe like one.
    else open().on('error', reject).pipe(archive.entry(header, written));
  });
}

function bytesOf(content: LayerEntry['content']): { sizeBytes: number; open: () => Readable } {
  switch (content.kind) {
    case 'folder':
      return { sizeBytes: 0, open: () => Readable.from([]) };
    case 'bytes':
      return { sizeBytes: content.bytes.length, open: () => Readable.from([content.bytes]) };
    case 'text':
      return { sizeBytes: Buffer.byteLength(content.text), open: () => Readable.from([Buffer.from(content.text)]) };
    case 'file':
      return { sizeBytes: statSync(content.source).size, open: () => createReadStream(content.source) };
    case 'stream':
      return content;
  }
}
