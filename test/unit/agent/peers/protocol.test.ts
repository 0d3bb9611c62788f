import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connectPeers } from '../../../../agent/adapters/peers';
import type { ProtocolRange } from '../../../../agent/domain/protocol';
import { recordingHandlers, SPEC } from '../../../contract/peers.contract';
import { FakeLog } from '../../../fakes/log';
import { makeCertificate } from '../../../support/certificates';
import { startTwoAgents, TestDirectory, type TwoAgents } from './two-agents';

const v = (oldest: number, newest: number): ProtocolRange => ({ oldest, newest });
const asked: unknown[][] = [];
let running: TwoAgents | undefined;
beforeEach(() => (asked.length = 0));
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

const start = async (callerSpeaks: ProtocolRange, calleeSpeaks: ProtocolRange, log = new FakeLog()) => {
  running = await startTwoAgents(recordingHandlers(asked), { callerSpeaks, calleeSpeaks, log });
  return { ...running, log };
};

test.each([
  ['the same', v(1, 1), v(1, 1)],
  ['an older one', v(1, 2), v(1, 1)],
  ['a newer one', v(1, 1), v(1, 2)],
  ['one that overlaps at its end', v(2, 3), v(1, 2)],
  ['one that overlaps at its beginning', v(1, 2), v(2, 3)],
])('an agent works with %s: %j calls %j', async (_what, caller, callee) => {
  const { peers, log } = await start(caller, callee);
  await expect(peers.runSpec('Edge2MSP', 'camera')).resolves.toEqual(SPEC);
  await peers.room('Edge2MSP', {
    serviceId: 'camera',
    need: { memoryBytes: 1, cpuMillis: 1, gpuMillis: 0, diskBytes: 0 },
  });
  expect(asked.map(([name]) => name)).toEqual(['runSpec', 'room']);
  // A version that is negotiated is no fault of anybody's.
  expect(log.messages('warn')).toEqual([]);
  const told = log.messages('info').filter((message) => message.includes('protocol'));
  expect(told.length).toBeLessThanOrEqual(1);
  for (const message of told) expect(message).toMatch(/: both speak version \d+$/);
});

test.each([
  [
    'too old',
    v(3, 4),
    v(1, 2),
    /speaks versions 3 to 4 .*, Edge2MSP speaks versions 1 to 2: upgrade the agent of Edge2MSP/,
  ],
  [
    'too new',
    v(1, 1),
    v(2, 3),
    /^BLOSM_E_PROTOCOL_VERSION: Edge1MSP speaks version 1 .*, Edge2MSP speaks versions 2 to 3: upgrade the agent of Edge1MSP/,
  ],
])('one that is %s is refused with a sentence and nothing is done', async (_what, caller, callee, sentence) => {
  const { peers, log } = await start(caller, callee);
  for (let time = 0; time < 2; time += 1) {
    await expect(peers.runSpec('Edge2MSP', 'camera')).rejects.toMatchObject({
      code: 'BLOSM_E_PROTOCOL_VERSION',
      message: expect.stringMatching(sentence) as string,
    });
  }
  expect(asked).toEqual([]);
  // Said once, not with every call.
  expect(log.messages('warn')).toHaveLength(1);
  expect(log.messages('warn')[0]).toMatch(/^Edge2MSP speaks .*, Edge1MSP speaks .*: upgrade the agent of Edge\dMSP$/);
});

test('an agent that is replaced by an older or newer release meanwhile is spoken to as it is now', async () => {
  const { peers, directory, caller } = await start(v(1, 3), v(1, 3));
  await peers.runSpec('Edge2MSP', 'camera');
  const callee = await makeCertificate('agent.edge2');
  for (const calleeSpeaks of [v(1, 1), v(2, 2), v(3, 5)]) {
    const next = await startTwoAgents(recordingHandlers(asked), { caller, callee, calleeSpeaks });
    directory.nodes.set('Edge2MSP', next.directory.nodes.get('Edge2MSP')!);
    await expect(peers.runSpec('Edge2MSP', 'camera')).resolves.toEqual(SPEC);
    await next.stop();
  }
  expect(asked).toHaveLength(4);
});

describe("an agent's release", () => {
  const startWith = async (calleeRelease: string | undefined, calleeSpeaks = v(1, 1)) => {
    running = await startTwoAgents(recordingHandlers(asked), {
      ...(calleeRelease === undefined ? {} : { calleeRelease }),
      calleeSpeaks,
    });
    return running;
  };

  test.each([
    ['0.2.0-rc.1+build7', '0.2.0-rc.1+build7'],
    [undefined, null],
    // Nothing of another machine is shown as it comes.
    ['\u00a0forged', null],
    ['x'.repeat(65), null],
  ])('%j is known as %j once it has answered', async (calleeRelease, release) => {
    const { peers } = await startWith(calleeRelease);
    expect(peers.introductionOf('Edge2MSP')).toBeUndefined();
    await peers.runSpec('Edge2MSP', 'camera');
    expect(peers.introductionOf('Edge2MSP')).toEqual({ protocol: v(1, 1), release });
  });

  test('is known of one with which no version is shared', async () => {
    const { peers } = await startWith('9.0.0', v(7, 9));
    await expect(peers.runSpec('Edge2MSP', 'camera')).rejects.toMatchObject({ code: 'BLOSM_E_PROTOCOL_VERSION' });
    expect(peers.introductionOf('Edge2MSP')).toEqual({ protocol: v(7, 9), release: '9.0.0' });
  });

  test('is told to an agent of before, which does not look at it; to strangers it is not', async () => {
    const { server, caller } = await startWith('0.2.0');
    const ask = (pair: { certificatePem: string; privateKeyPem: string }) =>
      new Promise<{ status: number | undefined; release: unknown; text: string }>((resolve, reject) => {
        const { port } = server.address;
        const from = { cert: pair.certificatePem, key: pair.privateKeyPem, rejectUnauthorized: false, agent: false };
        const path = '/peer/v1/services/camera/run-spec';
        request({ host: '127.0.0.1', port, path, ...from }, (answer) => {
          let text = '';
          answer.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
          answer.once('end', () =>
            resolve({ status: answer.statusCode, release: answer.headers['x-blosm-release'], text }),
          );
        })
          .once('error', reject)
          .end();
      });
    const { text, ...known } = await ask(caller);
    expect(known).toEqual({ status: 200, release: '0.2.0' });
    expect(JSON.parse(text)).toEqual(SPEC);
    expect(await ask(await makeCertificate('stranger'))).toMatchObject({ status: 403, release: undefined });
  });
});

describe('an agent of before versions were told', () => {
  const startOld = async (path: string) => {
    const certificate = await makeCertificate('agent.edge2');
    const seen: string[] = [];
    const server = createServer(
      {
        cert: certificate.certificatePem,
        key: certificate.privateKeyPem,
        requestCert: true,
        rejectUnauthorized: false,
      },
      (request, response) => {
        seen.push(request.url ?? '');
        if (request.url !== path) response.writeHead(404).end('{}');
        else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(SPEC));
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const directory = new TestDirectory();
    const { port } = server.address() as AddressInfo;
    directory.nodes.set('Edge2MSP', {
      agentUrl: `https://127.0.0.1:${port}`,
      certificateSha256Hex: certificate.sha256Hex,
    });
    const identity = await makeCertificate('agent.edge1');
    const connect = (protocol: ProtocolRange) => connectPeers({ nodeId: 'Edge1MSP', identity, directory, protocol });
    const stop = () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    };
    return { connect, seen, stop };
  };
  const PATH = '/peer/v1/services/camera/run-spec';

  test('counts as version 1', async () => {
    const old = await startOld(PATH);
    const peers = old.connect(v(1, 2));
    await expect(peers.runSpec('Edge2MSP', 'camera')).resolves.toEqual(SPEC);
    await expect(peers.runSpec('Edge2MSP', 'camera')).resolves.toEqual(SPEC);
    expect(peers.introductionOf('Edge2MSP')).toEqual({ protocol: v(1, 1), release: null });
    // Once it is known, no message is sent twice.
    expect(old.seen).toEqual([PATH.replace('v1', 'v2'), PATH, PATH]);
    peers.close();
    await old.stop();
  });

  test('is refused by one that no longer speaks it, without having acted', async () => {
    const old = await startOld(PATH);
    const peers = old.connect(v(2, 3));
    await expect(peers.runSpec('Edge2MSP', 'camera')).rejects.toMatchObject({ code: 'BLOSM_E_PROTOCOL_VERSION' });
    expect(old.seen).not.toContain(PATH);
    peers.close();
    await old.stop();
  });
});
