import { once } from 'node:events';
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net';
import { request as httpsRequest } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { connectPeers } from '../../../../agent/adapters/peers';
import { describePeers, recordingHandlers, SPEC } from '../../../contract/peers.contract';
import { makeCertificate, type TestCertificate } from '../../../support/certificates';
import { startTwoAgents, TestDirectory, type TwoAgents } from './two-agents';

describePeers('over mutual TLS', (handlers) => startTwoAgents(handlers));

describe('who may speak agent to agent', () => {
  let running: TwoAgents | undefined;
  const asked: unknown[][] = [];
  const start = async (options: Parameters<typeof startTwoAgents>[1] = {}): Promise<TwoAgents> =>
    (running = await startTwoAgents(recordingHandlers(asked), options));
  beforeEach(() => (asked.length = 0));
  afterEach(() => running?.stop());

  const ask = (agents: TwoAgents, certificate?: TestCertificate): Promise<{ status: number; closed: boolean }> =>
    new Promise((resolve, reject) => {
      const identity = certificate && { cert: certificate.certificatePem, key: certificate.privateKeyPem };
      const path = '/peer/v1/services/camera/run-spec';
      const { port } = agents.server.address;
      const headers = { 'x-blosm-caller': 'Edge1MSP', connection: 'keep-alive' };
      const request = httpsRequest({ host: '127.0.0.1', port, path, headers, rejectUnauthorized: false, ...identity });
      request.on('error', reject).on('response', (answer) => {
        answer.resume();
        request.socket!.on('close', () => resolve({ status: answer.statusCode!, closed: true }));
      });
      request.end();
    });

  it('refuses a caller without a certificate, and closes', async () => {
    expect(await ask(await start())).toEqual({ status: 403, closed: true });
    expect(asked).toEqual([]);
  });

  it('refuses a caller whose certificate is not registered, whatever it calls itself', async () => {
    expect(await ask(await start(), await makeCertificate('agent.edge1'))).toEqual({ status: 403, closed: true });
    expect(asked).toEqual([]);
  });

  it('refuses its upgrade too, and keeps nothing of it though it keeps its side open', async () => {
    const agents = await start({ closeGraceMs: 60_000 });
    const { port } = agents.server.address;
    const halfOpen = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const socket = connectTls({ socket: halfOpen, rejectUnauthorized: false });
    socket.write('GET /peer/v1/forward/s/ HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const [answer] = (await once(
      socket.on('error', () => undefined),
      'data',
    )) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 403 /);
    await once(socket, 'end');
    // Not by force, which would come later than the test’s end.
    await agents.server.close();
    socket.destroy();
  });

  it('closes connections beyond a number, whoever makes them', async () => {
    const { server } = await start({ maxConnections: 2 });
    const open = () => connectTls({ port: server.address.port, host: '127.0.0.1', rejectUnauthorized: false });
    const inside = [open(), open()];
    await Promise.all(inside.map((socket) => once(socket, 'secureConnect')));
    await new Promise((resolve) =>
      open()
        .on('error', () => undefined)
        .on('close', resolve),
    );
    for (const socket of inside) socket.destroy();
  });

  it('refuses a registered certificate that has expired or is not valid yet', async () => {
    const expired = await makeCertificate('agent.edge1', { notAfter: new Date('2021-01-01T00:00:00Z') });
    expect(await ask(await start({ caller: expired }), expired)).toEqual({ status: 403, closed: true });
    await running?.stop();
    const early = await makeCertificate('agent.edge1', { notBefore: new Date('2044-01-01T00:00:00Z') });
    expect(await ask(await start({ caller: early }), early)).toEqual({ status: 403, closed: true });
    expect(asked).toEqual([]);
  });

  it('puts a caller out on its open connection when the ledger names another certificate', async () => {
    const agents = await start();
    await agents.peers.runSpec('Edge2MSP', 'camera');
    agents.directory.nodes.set('Edge1MSP', { agentUrl: 'https://127.0.0.1:1', certificateSha256Hex: '0'.repeat(64) });
    await expect(agents.peers.runSpec('Edge2MSP', 'camera')).rejects.toMatchObject({
      code: 'BLOSM_E_PEER_REFUSED',
      message: expect.stringContaining('BLOSM_E_FORBIDDEN') as string,
    });
    expect(asked).toHaveLength(1);
  });

  it('does not speak to a server that shows another certificate than the registered one', async () => {
    const agents = await start();
    const { agentUrl } = agents.directory.nodes.get('Edge2MSP')!;
    const other = await makeCertificate('agent.edge2');
    agents.directory.nodes.set('Edge2MSP', { agentUrl, certificateSha256Hex: other.sha256Hex });
    await expect(agents.peers.runSpec('Edge2MSP', 'camera')).rejects.toMatchObject({
      code: 'BLOSM_E_PEER_UNREACHABLE',
      message: expect.stringContaining('is registered') as string,
    });
    expect(asked).toEqual([]);
  });

  it('does not speak to a server whose registered certificate has expired', async () => {
    const expired = await makeCertificate('agent.edge2', { notAfter: new Date('2021-01-01T00:00:00Z') });
    const agents = await start({ callee: expired });
    await expect(agents.peers.runSpec('Edge2MSP', 'camera')).rejects.toMatchObject({
      code: 'BLOSM_E_PEER_UNREACHABLE',
      message: expect.stringContaining('expired') as string,
    });
    expect(asked).toEqual([]);
  });

  it('follows a node to its new address and certificate', async () => {
    const before = await start();
    await before.peers.runSpec('Edge2MSP', 'camera');
    const after = await startTwoAgents(recordingHandlers(asked), { caller: before.caller });
    before.directory.nodes.set('Edge2MSP', after.directory.nodes.get('Edge2MSP')!);
    await before.server.close();
    await expect(before.peers.runSpec('Edge2MSP', 'camera')).resolves.toEqual(SPEC);
    await after.stop();
  });

  it('survives what is no TLS and no HTTP', async () => {
    const agents = await start();
    const { port } = agents.server.address;
    await new Promise((resolve) => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...keyOf(agents.caller) }, () =>
        socket.write('\x16\x03 nonsense\r\n\r\n'),
      );
      socket
        .on('error', () => undefined)
        .on('close', resolve)
        .resume();
    });
    await expect(agents.peers.runSpec('Edge2MSP', 'camera')).resolves.toEqual(SPEC);
  });
});

const keyOf = (certificate: TestCertificate) => ({ cert: certificate.certificatePem, key: certificate.privateKeyPem });

describe('a renewed certificate', () => {
  const spec = () => recordingHandlers([], { runSpec: () => Promise.resolve(SPEC) });
  /** As the files of an agent: what they hold changes under those who read them. */
  const renewable = (pair: TestCertificate) => ({ ...pair });

  it('of the caller is shown from the next call on, though a connection stands that showed the old one', async () => {
    const caller = renewable(await makeCertificate('agent.edge1'));
    const agents = await startTwoAgents(spec(), { caller });
    await agents.peers.runSpec('Edge2MSP', 'camera');
    Object.assign(caller, await makeCertificate('agent.edge1.renewed'));
    agents.directory.nodes.set('Edge1MSP', {
      agentUrl: 'https://127.0.0.1:1',
      certificateSha256Hex: caller.sha256Hex,
    });
    await expect(agents.peers.runSpec('Edge2MSP', 'camera')).resolves.toEqual(SPEC);
    await agents.stop();
  });

  it('of the server is shown from the next connection on', async () => {
    const callee = renewable(await makeCertificate('agent.edge2'));
    const agents = await startTwoAgents(spec(), { callee });
    await agents.peers.runSpec('Edge2MSP', 'camera');
    Object.assign(callee, await makeCertificate('agent.edge2.renewed'));
    const known = agents.directory.nodes.get('Edge2MSP');
    if (known === undefined) throw new Error('Edge2MSP is registered');
    agents.directory.nodes.set('Edge2MSP', { ...known, certificateSha256Hex: callee.sha256Hex });
    await expect(agents.peers.runSpec('Edge2MSP', 'camera')).rejects.toMatchObject({
      code: 'BLOSM_E_PEER_UNREACHABLE',
    });
    agents.server.renew();
    await expect(agents.peers.runSpec('Edge2MSP', 'camera')).resolves.toEqual(SPEC);
    await agents.stop();
  });
});

describe('messages', () => {
  it('refuses one of more than a mebibyte, in both directions', async () => {
    const long = {
      ...SPEC,
      env: Array.from({ length: 40 }, () => ({ name: 'A', value: 'x'.repeat(32_768), secret: false })),
    };
    const handlers = recordingHandlers([], { runSpec: () => Promise.resolve(long) });
    const agents = await startTwoAgents(handlers);
    const { peers } = agents;
    const need = { memoryBytes: 0, cpuMillis: 0, gpuMillis: 0, diskBytes: 0 };
    const pick = { migrationId: 'm', instanceId: 'i', serviceId: 's', epoch: 0, gpuRuntime: '', need, spec: long };
    await expect(peers.runSpec('Edge2MSP', 'camera')).rejects.toMatchObject({ code: 'BLOSM_E_PEER_REFUSED' });
    await expect(peers.pick('Edge2MSP', { ...pick, strategy: 'registry' })).rejects.toMatchObject({
      code: 'BLOSM_E_PEER_REFUSED',
      message: expect.stringContaining('BLOSM_E_INVALID_ARGUMENT') as string,
    });
    await agents.stop();
  });

  it('refuses an answer that is not what was asked for', async () => {
    const wrong = { ...SPEC, port: 0 };
    const agents = await startTwoAgents(recordingHandlers([], { runSpec: () => Promise.resolve(wrong) }));
    await expect(agents.peers.runSpec('Edge2MSP', 'camera')).rejects.toMatchObject({ code: 'BLOSM_E_PEER_REFUSED' });
    await agents.stop();
  });

  it('fails at its deadline when the other says nothing, at TLS or later', async () => {
    const mute = createTcpServer((socket) => socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const directory = new TestDirectory();
    const agentUrl = `https://127.0.0.1:${(mute.address() as AddressInfo).port}`;
    directory.nodes.set('Edge2MSP', { agentUrl, certificateSha256Hex: '0'.repeat(64) });
    const certificate = await makeCertificate('agent.edge1');
    const peers = connectPeers({ nodeId: 'Edge1MSP', identity: certificate, directory });
    const slow = connectPeers({ nodeId: 'Edge1MSP', identity: certificate, directory, connectTimeoutMs: 10 });
    await expect(peers.runSpec('Edge2MSP', 'camera', { timeoutMs: 30 })).rejects.toMatchObject({
      code: 'BLOSM_E_TIMEOUT',
    });
    await expect(slow.runSpec('Edge2MSP', 'camera')).rejects.toMatchObject({ code: 'BLOSM_E_PEER_UNREACHABLE' });
    mute.close();
    peers.close();
    slow.close();

    const never = () => new Promise<never>(() => undefined);
    const agents = await startTwoAgents(recordingHandlers([], { runSpec: never }));
    await expect(agents.peers.runSpec('Edge2MSP', 'camera', { timeoutMs: 30 })).rejects.toMatchObject({
      code: 'BLOSM_E_TIMEOUT',
    });
    await agents.stop();
  });

  it('fails clearly when nobody listens', async () => {
    const agents = await startTwoAgents(recordingHandlers([]));
    await agents.server.close();
    await expect(agents.peers.runSpec('Edge2MSP', 'camera')).rejects.toMatchObject({
      code: 'BLOSM_E_PEER_UNREACHABLE',
    });
    agents.peers.close();
  });
});
