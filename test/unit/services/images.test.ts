import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { blobPath } from '../../../network/services/images/cache';
import { digestOf } from '../../../network/services/images/digest';
import { buildImage } from '../../../network/services/images/image';
import { ensureLayer, type LayerEntry } from '../../../network/services/images/layer';
import { parseLdd } from '../../../network/services/images/libraries';

const usualCache = process.env['XDG_CACHE_HOME'];
let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'blosm-cache-'));
  process.env['XDG_CACHE_HOME'] = cache;
});
afterEach(() => {
  if (usualCache === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = usualCache;
  rmSync(cache, { recursive: true });
});

const text = (path: string, content: string, extra: Partial<LayerEntry> = {}): LayerEntry => ({
  path,
  content: { kind: 'text', text: content },
  ...extra,
});

describe('a layer', () => {
  it('is the same whatever the order of its entries', async () => {
    const entries = [text('b/c', 'two'), text('a', 'one')];
    const first = await ensureLayer(['one'], () => entries);
    const second = await ensureLayer(['another'], () => [...entries].reverse());
    expect(second).toEqual(first);
  });

  it('is named by what its blob holds, packed and unpacked', async () => {
    const layer = await ensureLayer(['x'], () => [text('a', 'one')]);
    const blob = readFileSync(blobPath(layer.digest));
    expect(digestOf(blob)).toBe(layer.digest);
    expect(digestOf(gunzipSync(blob))).toBe(layer.diffId);
    expect([blob.length, gunzipSync(blob).length]).toEqual([layer.sizeBytes, layer.unpackedBytes]);
  });

  it('holds folders before what is in them, owners and rights', async () => {
    const owned: LayerEntry = { path: 'data', mode: 0o750, owner: 10001, content: { kind: 'folder' } };
    const layer = await ensureLayer(['x'], () => [text('b/c', ''), owned]);
    const tar = gunzipSync(readFileSync(blobPath(layer.digest)));
    const names = [0, 512, 1024].map((at) => tar.toString('latin1', at, at + 100).replace(/\0+$/, ''));
    expect(names).toEqual(['b/', 'b/c', 'data/']);
    const field = (at: number) => parseInt(tar.toString('latin1', 1024 + at, 1024 + at + 7), 8);
    expect([field(100) & 0o777, field(108), field(116)]).toEqual([0o750, 10001, 10001]);
  });

  it('is packed once for the same inputs', async () => {
    const pack = jest.fn(() => [text('a', 'one')]);
    await ensureLayer(['x'], pack);
    await ensureLayer(['x'], pack);
    expect(pack).toHaveBeenCalledTimes(1);
    await ensureLayer(['y'], pack);
    expect(pack).toHaveBeenCalledTimes(2);
  });
});

describe('an image', () => {
  it('names its layers in its config and in its manifest', async () => {
    const layer = await ensureLayer(['x'], () => [text('a', 'one')]);
    const image = buildImage({
      repository: 'test/one',
      layers: [layer],
      platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
      env: { A: '1' },
      command: ['node'],
      workingDir: '/',
      user: '1',
      port: 80,
    });
    const read = (digest: string): unknown => JSON.parse(readFileSync(blobPath(digest), 'utf8'));
    expect(read(image.config.digest)).toMatchObject({
      architecture: 'arm64',
      variant: 'v8',
      config: { Env: ['A=1'], ExposedPorts: { '80/tcp': {} } },
      rootfs: { diff_ids: [layer.diffId] },
    });
    expect(read(image.manifest.digest)).toMatchObject({
      config: { digest: image.config.digest, size: image.config.sizeBytes },
      layers: [{ digest: layer.digest, size: layer.sizeBytes }],
    });
  });
});

it('reads the libraries that ldd names', () => {
  const said = [
    '\tlinux-vdso.so.1 (0x00007ffd)',
    '\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f01)',
    '\t/lib64/ld-linux-x86-64.so.2 (0x00007f02)',
    '\tlibmissing.so => not found',
    '\tstatically linked',
  ].join('\n');
  expect(parseLdd(said)).toEqual(['/lib/x86_64-linux-gnu/libc.so.6', '/lib64/ld-linux-x86-64.so.2']);
});
