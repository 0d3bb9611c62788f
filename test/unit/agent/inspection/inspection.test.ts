import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { inspectDirectory, inspectListen, inspectSocket, inspectTls } from '../../../../agent/adapters/inspection';
import { inspectJournal, lockHolder, openJournal, readJournalTail } from '../../../../agent/adapters/journal';
import { inspectRegistry } from '../../../../agent/adapters/registry';
import type { NodeEndpoint } from '../../../../agent/domain/doctor/channel-facts';
import { createAuthority } from '../../../../network/fabric/pki/certificate-authority';

let folder: string;
const servers: Server[] = [];
const sockets = new Set<Socket>();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blosm-inspect-'));
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a server on a free port of this machine; gives `127.0.0.1:port`. */
async function listening(server: Server): Promise<string> {
  servers.push(server);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An address at which nobody listens. */
async function nobody(): Promise<string> {
  const server = createServer();
  const address = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return address;
}

describe("a node's TLS server", () => {
  const endpointAt = (target: string, rootsPem: string, serverName: string | null = 'peer0.example'): NodeEndpoint => ({
    ...{ name: 'peer0', role: 'peer', mspId: 'M', source: 'profile', isOwnPeer: true, target },
    tls: { rootsPem, serverName },
  });
  const prepare = async () => {
    const authority = await createAuthority('tlsca', 'M');
    const node = await authority.issue({ commonName: 'peer0', unit: 'peer', hosts: ['peer0.example', '127.0.0.1'] });
    const server = createTlsServer({ cert: node.certificatePem, key: node.keyPem, ALPNProtocols: ['h2'] });
    server.on('tlsClientError', () => undefined);
    const pair = { certificatePem: node.certificatePem, privateKeyPem: node.keyPem };
    return { rootsPem: authority.credential.certificatePem, target: await listening(server), pair };
  };

  it('is trusted, or is not, and carries the name or does not', async () => {
    const { rootsPem, target, pair } = await prepare();
    const good = await inspectTls(endpointAt(target, rootsPem), pair);
    expect(good).toMatchObject({ expected: 'peer0.example', look: { distrust: undefined, fits: true } });
    expect(good.look).toMatchObject({ alternativeNames: expect.arrayContaining(['DNS:peer0.example']) as string[] });
    expect('validToMs' in good.look ? good.look.validToMs : 0).toBeGreaterThan(Date.now());
    expect(await inspectTls(endpointAt(target, rootsPem, null), pair)).toMatchObject({
      expected: '127.0.0.1',
      look: { fits: true },
    });
    expect(await inspectTls(endpointAt(target, rootsPem, 'peer9'), pair)).toMatchObject({ look: { fits: false } });
    const other = (await createAuthority('other', 'M')).credential.certificatePem;
    expect(await inspectTls(endpointAt(target, other), pair)).toMatchObject({
      look: { distrust: expect.any(String) as string },
    });
  });

  it('is down, closes, or never answers', async () => {
    const { rootsPem, pair } = await prepare();
    const look = async (target: string, timeoutMs = 5_000) =>
      (await inspectTls(endpointAt(target, rootsPem), pair, { timeoutMs })).look;
    expect(await look(await nobody())).toMatchObject({ code: 'ECONNREFUSED' });
    const closing = await listening(createServer((socket) => socket.destroy()));
    expect(await look(closing)).toMatchObject({ failure: expect.any(String) as string });
    expect(await look(await listening(createServer()), 50)).toMatchObject({ code: 'ETIMEDOUT' });
    const interrupted = new AbortController();
    const seen = inspectTls(endpointAt(await listening(createServer()), rootsPem), pair, {
      signal: interrupted.signal,
    });
    interrupted.abort();
    expect((await seen).look).toMatchObject({ failure: 'interrupted' });
  });
});

describe('the registry', () => {
  const LOGIN = { username: 'u', password: 'p' };
  const BASIC = `Basic ${Buffer.from('u:p').toString('base64')}`;
  const plain = (answer: RequestListener) => listening(createHttpServer(answer));

  it('answers without TLS, with a login or without', async () => {
    const open = await plain((_request, response) => response.end('{}'));
    expect(await inspectRegistry({ address: open })).toEqual({ status: 200, isTls: false });
    const closed = await plain(({ headers }, response) =>
      response.writeHead(headers.authorization === BASIC ? 200 : 401).end(),
    );
    expect(await inspectRegistry({ address: closed })).toEqual({ status: 401, isTls: false });
    expect(await inspectRegistry({ address: closed, auth: LOGIN })).toEqual({ status: 200, isTls: false });
  });

  it.each([
    ['token', 200],
    ['access_token', 200],
    ['refused', 403],
  ])('hands the login to a server of tokens: %s', async (field, status) => {
    const address = await plain(({ url = '', headers }, response) => {
      if (url.startsWith('/token?service=reg')) {
        if (headers.authorization !== BASIC || field === 'refused') response.writeHead(403).end();
        else response.end(JSON.stringify({ [field]: 'abc' }));
        return;
      }
      if (headers.authorization === 'Bearer abc') response.end('{}');
      else {
        const challenge = `Bearer realm="http://${headers.host ?? ''}/token",service="reg"`;
        response.writeHead(401, { 'www-authenticate': challenge }).end();
      }
    });
    expect(await inspectRegistry({ address, auth: LOGIN })).toEqual({ status, isTls: false });
  });

  it('is not believed with a certificate of its own, and told to be down where nobody listens', async () => {
    const authority = await createAuthority('ca', 'M');
    const { certificatePem, keyPem } = await authority.issue({ commonName: 'r', unit: 'peer', hosts: ['127.0.0.1'] });
    const secure = await listening(
      createHttpsServer({ cert: certificatePem, key: keyPem }, (_request, response) => response.end()),
    );
    expect(await inspectRegistry({ address: secure })).toMatchObject({ isUntrusted: true });
    expect(await inspectRegistry({ address: await nobody() })).toEqual({ failure: 'ECONNREFUSED', isUntrusted: false });
  });
});

describe('this machine', () => {
  it('has an address free, or somebody has it', async () => {
    expect(await inspectListen(await nobody())).toEqual({ isFree: true });
    expect(await inspectListen(await listening(createServer()))).toEqual({ isFree: false, code: 'EADDRINUSE' });
    expect(await inspectListen('203.0.113.1:1')).toMatchObject({ isFree: false });
  });

  it('shows the rights of a directory that is there or is still to be made', async () => {
    chmodSync(folder, 0o750);
    expect(await inspectDirectory(folder)).toEqual({ mode: 0o750, canWrite: true });
    expect(await inspectDirectory(join(folder, 'a/b'))).toEqual({ mode: null, canWrite: true });
    writeFileSync(join(folder, 'file'), '');
    expect(await inspectDirectory(join(folder, 'file'))).toMatchObject({ canWrite: false });
  });

  it("shows a socket's rights and its group", async () => {
    expect(await inspectSocket(join(folder, 'none'))).toBeNull();
    const socket = join(folder, 's');
    const server = createServer();
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    chmodSync(socket, 0o660);
    expect(await inspectSocket(socket)).toMatchObject({ canUse: true, isOpenToAll: false });
    chmodSync(socket, 0o666);
    expect(await inspectSocket(socket)).toMatchObject({
      isOpenToAll: true,
      group: expect.stringMatching(/^\w+$/) as string,
    });
  });

  it('shows the journal and who holds it, beside the agent that writes it', async () => {
    expect(await inspectJournal(folder)).toBeNull();
    expect(await readJournalTail(folder, 9)).toEqual([]);
    expect(await lockHolder(folder)).toBeNull();
    const journal = await openJournal(folder);
    const entry = { instanceId: 'i', migrationId: '', kind: 'fact', name: 'n', detail: null } as const;
    for (const atMs of [1, 2, 3]) await journal.append({ ...entry, atMs });
    expect(await lockHolder(folder)).toBe(process.pid);
    expect(await inspectJournal(folder)).toEqual({ entries: 3, tornBytes: 0 });
    expect((await readJournalTail(folder, 2)).map(({ atMs }) => atMs)).toEqual([2, 3]);
    await journal.close();
    expect(await lockHolder(folder)).toBeNull();
    rmSync(join(folder, 'journal.ndjson'));
    mkdirSync(join(folder, 'journal.ndjson'));
    expect(await inspectJournal(folder)).toMatchObject({ failure: expect.stringContaining('EISDIR') as string });
  });
});
