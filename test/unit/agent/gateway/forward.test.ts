import { pipeline } from 'node:stream/promises';
import { createServer as createTlsServer } from 'node:tls';
import { makeCertificate } from '../../../support/certificates';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { codeOf, eventually, forwardTo, mirror, plainAnswer, RawDevice, ScriptedRouter, serveAt, Stage } from './stage';

const stage = new Stage();
afterEach(() => stage.end());

/** Edge1MSP forwards to Edge2MSP, which serves. */
async function startTwo(listener = mirror, answer = {}) {
  const service = await stage.service(listener);
  const first = new ScriptedRouter(() => forwardTo('Edge2MSP'));
  const second = new ScriptedRouter(() => serveAt(service.port, { servedBy: 'Edge2MSP', ...answer }));
  const edge1 = await stage.agent('Edge1MSP', first);
  const edge2 = await stage.agent('Edge2MSP', second);
  return { service, first, second, edge1, edge2, url: edge1.gateway.url };
}

describe('a request of an instance that another cluster owns', () => {
  it('reaches the service there with everything but BloSM’s words, and the owner with those', async () => {
    const { url, first, second } = await startTwo();
    const headers = {
      'x-blosm-device': 'car-7',
      'x-blosm-position': '-37.8136,144.9631',
      cookie: 'own=1; blosm_token_camera=ins-1.secret',
      'x-mine': 'yes',
    };
    const answer = await fetch(`${url}/camera/a%20b/c?d`, { method: 'POST', body: 'picture', headers });
    const seen = (await answer.json()) as { url: string; headers: string[]; body: string };
    expect(seen).toMatchObject({ method: 'POST', url: '/a%20b/c?d', body: 'picture' });
    expect(seen.headers.join('\n')).not.toMatch(/x-blosm|ins-1/i);
    expect(seen.headers).toEqual(expect.arrayContaining(['own=1', 'yes']));
    expect(second.asked).toEqual([{ ...first.asked[0], forwardedBy: 'Edge1MSP', migrated: false }]);
    expect(second.asked[0]).toMatchObject({ token: 'ins-1.secret', deviceId: 'car-7' });
    expect(second.asked[0]!.position).toEqual({ latE6: -37_813_600, lonE6: 144_963_100 });
    expect([first.releases, second.releases]).toEqual([[1], [1]]);
  });

  it('says what the owner says, and what this cluster adds', async () => {
    const { url, first } = await startTwo(mirror, { newToken: 'ins-1.next' });
    first.route = () => forwardTo('Edge2MSP', 'owner', { ...plainAnswer, connectTo: 'http://edge3' });
    const answer = await fetch(`${url}/camera/`);
    await answer.text();
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-blosm-served-by': 'Edge2MSP',
      'x-blosm-token': 'ins-1.next',
      'x-blosm-connect-to': 'http://edge3',
    });
    expect(answer.headers.getSetCookie()).toEqual(['blosm_token_camera=ins-1.next; Path=/; HttpOnly; SameSite=Lax']);
  });

  it('is known to the other as migrated when this cluster is full', async () => {
    const { url, first, second } = await startTwo();
    first.route = () => forwardTo('Edge2MSP', 'request-migration');
    await (await fetch(`${url}/camera/`)).text();
    expect(second.asked[0]).toMatchObject({ forwardedBy: 'Edge1MSP', migrated: true });
  });

  it('brings the owner’s refusal back as it is', async () => {
    const { url, second } = await startTwo();
    second.route = () => ({
      kind: 'refuse',
      status: 503,
      code: 'BLOSM_E_NO_ROOM',
      reason: 'full',
      retryAfterSeconds: 3,
    });
    const answer = await fetch(`${url}/camera/`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '3']);
    expect(await codeOf(answer)).toBe('BLOSM_E_NO_ROOM');
  });

  it('goes through 20 MB at a time, both ways', async () => {
    const { url } = await startTwo((request, response) => void pipeline(request, response).catch(() => undefined));
    const body = Buffer.alloc(20 * 1024 * 1024, 'blosm');
    const answer = await fetch(`${url}/camera/`, { method: 'POST', body });
    const got = Buffer.from(await answer.arrayBuffer());
    const hash = (data: Buffer) => createHash('sha256').update(data).digest('hex');
    expect(hash(got)).toBe(hash(body));
  }, 20_000);

  it('goes with header lines as long as this cluster takes them', async () => {
    const maxHeaderBytes = 128 * 1024;
    const service = await stage.service(
      (request, response) => void response.end(String(request.rawHeaders.join('').length > 100 * 1024)),
      { maxHeaderSize: 2 * maxHeaderBytes },
    );
    const first = new ScriptedRouter(() => forwardTo('Edge2MSP'));
    const edge1 = await stage.agent('Edge1MSP', first, { maxHeaderBytes });
    await stage.agent('Edge2MSP', new ScriptedRouter(() => serveAt(service.port)), { maxHeaderBytes });
    const headers = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`x-${at}`, 'x'.repeat(10 * 1024)]));
    const answer = await fetch(`${edge1.gateway.url}/s/`, { headers });
    expect([answer.status, await answer.text()]).toEqual([200, 'true']);
  });

  it('is a device’s word only from the device: the facts of a forwarding agent cannot be claimed', async () => {
    const { url, first } = await startTwo();
    const headers = { 'x-blosm-forward-reason': 'request-migration', 'x-blosm-caller': 'Edge2MSP' };
    await (await fetch(`${url}/camera/`, { headers })).text();
    expect(first.asked[0]).toMatchObject({ forwardedBy: null, migrated: false });
    expect((await fetch(`${url}/peer/v1/forward/camera/`)).status).toBe(200);
    expect(first.asked[1]).toMatchObject({ serviceId: 'peer', forwardedBy: null });
  });

  it('stops when the device vanishes', async () => {
    let closed = false;
    const { edge1, first, second } = await startTwo((_request, response) => {
      response.on('close', () => (closed = true)).write('first');
    });
    const device = await RawDevice.connect(edge1.gateway.port);
    device.socket.write('GET /camera/ HTTP/1.1\r\nHost: a\r\n\r\n');
    await device.until((text) => text.includes('first'));
    device.socket.destroy();
    await eventually(() => closed && first.released === 1 && second.released === 1);
    expect([first.releases, second.releases]).toEqual([[1], [1]]);
  });

  it('is decided on again when the other agent is off, and served here if the Router says so', async () => {
    const { url, first, edge2, service } = await startTwo();
    await edge2.cutOff();
    first.route = (_facts, nth) => (nth === 0 ? forwardTo('Edge2MSP') : serveAt(service.port));
    const answer = await fetch(`${url}/camera/`, { method: 'POST', body: 'picture' });
    expect([answer.status, answer.headers.get('x-blosm-served-by')]).toEqual([200, 'Edge1MSP']);
    expect(first.releases).toEqual([1, 1]);
    first.route = () => forwardTo('Edge2MSP');
    const refused = await fetch(`${url}/camera/`);
    expect([refused.status, await codeOf(refused)]).toEqual([502, 'BLOSM_E_PEER_UNREACHABLE']);
  });

  it('never reaches an agent whose certificate is not the registered one', async () => {
    const { url, second } = await startTwo();
    const { agentUrl } = stage.directory.nodes.get('Edge2MSP')!;
    stage.directory.nodes.set('Edge2MSP', { agentUrl, certificateSha256Hex: '1'.repeat(64) });
    const answer = await fetch(`${url}/camera/`, { method: 'POST', body: 'picture' });
    expect([answer.status, await codeOf(answer)]).toEqual([502, 'BLOSM_E_PEER_UNREACHABLE']);
    expect(second.asked).toEqual([]);
  });

  it.each([
    ['GET', 200, 2],
    ['POST', 502, 1],
  ])(
    'whose agent vanishes with a %s in its hands ends with %s after %s decisions',
    async (method, status, decisions) => {
      const { url, first, service } = await startTwo();
      const certificate = await makeCertificate('Edge3MSP');
      let taken = 0;
      const dying = createTlsServer({ cert: certificate.certificatePem, key: certificate.privateKeyPem }, (socket) => {
        socket
          .on('error', () => undefined)
          .on('data', () => {
            taken += 1;
            socket.destroy();
          });
      }).listen(0, '127.0.0.1');
      stage.onEnd(() => dying.close());
      await once(dying, 'listening');
      const agentUrl = `https://127.0.0.1:${(dying.address() as AddressInfo).port}`;
      stage.directory.nodes.set('Edge3MSP', { agentUrl, certificateSha256Hex: certificate.sha256Hex });
      first.route = (_facts, nth) => (nth === 0 ? forwardTo('Edge3MSP') : serveAt(service.port));
      const answer = await fetch(`${url}/camera/`, { method });
      expect(answer.status).toBe(status);
      if (status === 502) expect(await codeOf(answer)).toBe('BLOSM_E_REQUEST_OUTCOME_UNKNOWN');
      expect([taken, first.decisions, first.released]).toEqual([1, decisions, decisions]);
    },
  );

  it('goes with Expect: 100-continue', async () => {
    const { edge1 } = await startTwo();
    const device = await RawDevice.connect(edge1.gateway.port);
    device.socket.write(
      'POST /camera/ HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n',
    );
    await device.until((text) => text.startsWith('HTTP/1.1 100 '));
    device.socket.write('abc');
    expect(await device.closed()).toContain('"body":"abc"');
  });

  it('does not go round in circles', async () => {
    const first = new ScriptedRouter(() => forwardTo('Edge2MSP'));
    const second = new ScriptedRouter(() => forwardTo('Edge1MSP'));
    const edge1 = await stage.agent('Edge1MSP', first);
    await stage.agent('Edge2MSP', second);
    const answer = await fetch(`${edge1.gateway.url}/camera/`);
    expect([answer.status, await codeOf(answer)]).toEqual([508, 'BLOSM_E_NO_DESTINATION']);
    expect(first.decisions + second.decisions).toBeLessThan(10);
  });
});
