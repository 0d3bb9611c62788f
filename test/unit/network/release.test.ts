import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../../network/package-root';

const VERSION = '9.8.7';
const runFile = promisify(execFile);

interface Found {
  readonly binFolder: string;
  readonly version: string;
  readonly source: string;
}

jest.setTimeout(30_000);

describe("the look-up of Fabric's programs", () => {
  let work: string;
  let archive: Buffer;
  let server: Server;
  let answer: (path: string) => { status: number; body: Buffer };
  const asked: string[] = [];

  /** The look-up as its own process, with a PATH that holds no Fabric and no Go. */
  async function resolve(env: Record<string, string>, from: Record<string, unknown> = {}) {
    const { port } = server.address() as AddressInfo;
    const where = { baseUrl: `http://127.0.0.1:${port}`, connectMs: 2_000, stallMs: 2_000, mostBytes: 1e6, ...from };
    const script = `
      import { resolveFabricBinaries } from ${JSON.stringify(join(packageRoot(), 'network/fabric/binaries/resolve.mjs'))};
      await resolveFabricBinaries({ from: ${JSON.stringify(where)} }).then(
        (found) => console.log(JSON.stringify({ found })),
        (failure) => console.log(JSON.stringify({ failure: failure.message })),
      );`;
    const { stdout } = await runFile(process.execPath, ['--input-type=module', '-e', script], {
      env: { PATH: join(work, 'path'), XDG_CACHE_HOME: join(work, 'cache'), ...env },
      timeout: 20_000,
    });
    return JSON.parse(stdout) as { found?: Found; failure?: string };
  }

  const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  const named = () => ({ BLOSM_FABRIC_RELEASE: VERSION, BLOSM_FABRIC_SHA256: sha256(archive) });
  const cached = () => (existsSync(join(work, 'cache')) ? readdirSync(join(work, 'cache', 'blosm', 'fabric')) : []);

  beforeAll(async () => {
    server = createServer(({ url = '' }, response) => {
      asked.push(url);
      const { status, body } = answer(url);
      response.writeHead(status).end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  beforeEach(async () => {
    work = mkdtempSync(join(tmpdir(), 'blosm-release-'));
    const content = join(work, 'content');
    for (const folder of ['bin', 'config', 'builders']) mkdirSync(join(content, folder), { recursive: true });
    for (const name of ['peer', 'orderer', 'configtxgen']) {
      writeFileSync(join(content, 'bin', name), `#!/bin/sh\necho "${name}:"\necho " Version: v${VERSION}"\n`);
      chmodSync(join(content, 'bin', name), 0o755);
    }
    for (const name of ['core.yaml', 'orderer.yaml']) writeFileSync(join(content, 'config', name), '{}\n');
    await runFile('tar', ['-czf', join(work, 'release.tar.gz'), '-C', content, 'bin', 'config', 'builders']);
    archive = readFileSync(join(work, 'release.tar.gz'));
    mkdirSync(join(work, 'path'));
    for (const name of ['tar', 'gzip']) {
      const { stdout } = await runFile('sh', ['-c', `command -v ${name}`]);
      symlinkSync(stdout.trim(), join(work, 'path', name));
    }
    asked.length = 0;
    answer = () => ({ status: 200, body: archive });
  });
  afterEach(() => rmSync(work, { recursive: true, force: true }));

  it('downloads a release whose sum is right, and takes it from the cache from then on', async () => {
    const { found } = await resolve(named());
    expect(found).toMatchObject({ version: VERSION, source: `official release ${VERSION}` });
    expect(found?.binFolder.startsWith(join(work, 'cache'))).toBe(true);
    expect(asked).toEqual([
      expect.stringMatching(/^\/v9\.8\.7\/hyperledger-fabric-linux-(amd64|arm64)-9\.8\.7\.tar\.gz$/),
    ]);
    expect((await resolve(named())).found).toEqual({ ...found, source: 'cache' });
    expect(asked).toHaveLength(1);
    expect(cached()).toHaveLength(1);
  });

  it('refuses what has another sum, names both and leaves nothing behind', async () => {
    const right = sha256(archive);
    const altered = Buffer.from(archive);
    altered[altered.length - 1]! ^= 1;
    answer = () => ({ status: 200, body: altered });
    const { failure } = await resolve({ ...named(), BLOSM_FABRIC_SHA256: right });
    expect(failure).toContain(`has the SHA-256 ${sha256(altered)}, expected is ${right}`);
    expect(cached()).toEqual([]);
  });

  it.each<[string, () => void, Record<string, unknown>, RegExp]>([
    ['is not there', () => (answer = () => ({ status: 404, body: Buffer.of() })), {}, /HTTP 404/],
    ['cannot be reached', () => undefined, { baseUrl: 'http://127.0.0.1:9' }, /bad port|ECONNREFUSED/],
    ['is too large', () => undefined, { mostBytes: 100 }, /more than 100 bytes/],
  ])('goes on to the build when the release %s', async (_, prepare, from, reason) => {
    prepare();
    const { failure } = await resolve({}, from);
    expect(failure).toMatch(reason);
    expect(failure).toMatch(
      /- PATH: no program named peer\n- cache .*\n- cache .*\n- official release 2\.5\.16: .*\n- go build: /,
    );
    expect(cached()).toEqual([]);
  });

  it('gives up on a server that goes silent in the middle', async () => {
    const silent = createServer((_, response) => {
      response.writeHead(200);
      response.write(archive.subarray(0, 10));
    }).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    try {
      const { failure } = await resolve(named(), { baseUrl: `http://127.0.0.1:${port}`, stallMs: 200 });
      expect(failure).toMatch(/official release 9\.8\.7: .*: nothing more came for 0\.2 s/);
      expect(cached()).toEqual([]);
    } finally {
      silent.closeAllConnections();
      silent.close();
    }
  });

  it('goes on when what was downloaded does not run on this machine', async () => {
    const content = join(work, 'content');
    writeFileSync(join(content, 'bin', 'peer'), '#!/bin/sh\necho "not found: libc.so" >&2\nexit 127\n');
    await runFile('tar', ['-czf', join(work, 'release.tar.gz'), '-C', content, 'bin', 'config']);
    archive = readFileSync(join(work, 'release.tar.gz'));
    const { failure } = await resolve(named());
    expect(failure).toMatch(/official release 9\.8\.7.*: peer version says no version: .*not found: libc\.so/s);
    expect(cached()).toEqual([]);
  });

  it.each([
    ['no sum is known', { BLOSM_FABRIC_RELEASE: VERSION }, /its checksum is not known here: set BLOSM_FABRIC_SHA256/],
    ['the sum is none', { BLOSM_FABRIC_RELEASE: VERSION, BLOSM_FABRIC_SHA256: 'abc' }, /not 64 hexadecimal digits/],
    ['the version is none', { BLOSM_FABRIC_RELEASE: 'latest' }, /a version is three numbers/],
  ])('passes a release over when %s, says why, and takes no other version', async (_, env, reason) => {
    const { failure } = await resolve(env);
    expect(failure).toMatch(reason);
    expect(failure).not.toContain('go build');
    expect(asked).toEqual([]);
  });
});
