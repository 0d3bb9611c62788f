import type { DeviceAuth, DeviceIdentity } from '../../../../agent/ports/device-auth';
import { codeOf, forwardTo, mirror, RawDevice, ScriptedRouter, serveAt, Stage } from './stage';

const stage = new Stage();
afterEach(() => stage.end());

/** `Bearer good-NAME` is the device NAME. */
const scripted = (changes: Partial<DeviceAuth> = {}): DeviceAuth => ({
  header: 'authorization',
  required: true,
  identify: (line) => {
    const subject = /^Bearer good-(.*)$/.exec(line ?? '')?.[1];
    const identity: DeviceIdentity =
      subject === undefined
        ? { kind: 'refused', reason: 'no', challenge: 'Bearer realm="blosm", error="invalid_token"' }
        : { kind: 'device', subject, deviceId: `jwt-hash-of-${subject}` };
    return Promise.resolve(identity);
  },
  ...changes,
});

async function start(auth: DeviceAuth): Promise<{ url: string; port: number; router: ScriptedRouter }> {
  const service = await stage.service(mirror);
  const router = new ScriptedRouter(() => serveAt(service.port));
  const { url, port } = await stage.gateway(router, {}, { auth });
  return { url, port, router };
}

const GOOD = { authorization: 'Bearer good-car-7' };

describe('a device that has to prove who it is', () => {
  it('is known by a hash, and its bearer token goes no further', async () => {
    const { url, router } = await start(scripted());
    const answer = await fetch(`${url}/s/`, { headers: { ...GOOD, 'x-blosm-device': 'car-7' } });
    expect(answer.status).toBe(200);
    expect(await answer.text()).not.toMatch(/authorization|good-car-7/i);
    expect(router.asked[0]).toMatchObject({ deviceId: 'jwt-hash-of-car-7' });
  });

  it('is refused without a token: 401 with a challenge, for positions and upgrades too', async () => {
    const { url, port, router } = await start(scripted());
    const asks = [
      fetch(`${url}/s/`, { method: 'POST', body: 'x' }),
      fetch(`${url}/devices/self/position`, { method: 'PUT' }),
    ];
    for (const answer of await Promise.all(asks)) {
      expect([answer.status, await codeOf(answer)]).toEqual([401, 'BLOSM_E_UNAUTHENTICATED']);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="blosm", error="invalid_token"');
    }
    const device = await RawDevice.connect(port);
    device.socket.write('GET /s/ HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    expect(await device.closed()).toMatch(/^HTTP\/1.1 401 .*WWW-Authenticate: Bearer/s);
    expect(router.asked).toEqual([]);
    expect(router.positions).toEqual([]);
  });

  it('cannot be another one, nor two', async () => {
    const { url, port, router } = await start(scripted());
    const answer = await fetch(`${url}/s/`, { headers: { ...GOOD, 'x-blosm-device': 'car-8' } });
    expect([answer.status, await codeOf(answer)]).toEqual([403, 'BLOSM_E_FORBIDDEN']);
    const device = await RawDevice.connect(port);
    const line = 'Authorization: Bearer good-car-7\r\n';
    device.socket.write(`GET /s/ HTTP/1.1\r\nHost: a\r\n${line}${line}\r\n`);
    expect(await device.closed()).toMatch(/^HTTP\/1.1 400 /);
    expect(router.asked).toEqual([]);
  });

  it('waits while no key of the issuer is known', async () => {
    const identify = (): Promise<DeviceIdentity> => Promise.resolve({ kind: 'unavailable', reason: 'no keys' });
    const { url } = await start(scripted({ identify }));
    const answer = await fetch(`${url}/s/`, { headers: GOOD });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
  });

  it('may use another header line, and Authorization is its service’s', async () => {
    const { url, router } = await start(scripted({ header: 'x-device-token' }));
    const headers = { 'x-device-token': 'Bearer good-car-7', authorization: 'Basic service' };
    const seen = await (await fetch(`${url}/s/`, { headers })).text();
    expect(seen).toContain('Basic service');
    expect(seen).not.toContain('good-car-7');
    expect(router.asked[0]).toMatchObject({ deviceId: 'jwt-hash-of-car-7' });
  });

  it.each(['jwt-hash-of-car-7', 'jwt-'])(
    'is nobody that another one can call itself without a proof: %s',
    async (deviceId) => {
      const identify = (): Promise<DeviceIdentity> => Promise.resolve({ kind: 'anonymous' });
      const { url, router } = await start(scripted({ required: false, identify }));
      const answer = await fetch(`${url}/s/`, { headers: { 'x-blosm-device': deviceId } });
      expect([answer.status, await codeOf(answer)]).toEqual([400, 'BLOSM_E_INVALID_ARGUMENT']);
      expect(router.asked).toEqual([]);
    },
  );

  it('may stay unknown where that is allowed', async () => {
    const identify = (): Promise<DeviceIdentity> => Promise.resolve({ kind: 'anonymous' });
    const { url, router } = await start(scripted({ required: false, identify }));
    const answer = await fetch(`${url}/s/`, { headers: { authorization: 'Basic a', 'x-blosm-device': 'car-1' } });
    expect(await answer.text()).toContain('Basic a');
    expect(router.asked[0]).toMatchObject({ deviceId: 'car-1' });
  });
});

describe('a request that another cluster hands on', () => {
  async function twoClusters(
    first: DeviceAuth | undefined,
    second: DeviceAuth,
  ): Promise<{ url: string; owner: ScriptedRouter }> {
    const service = await stage.service(mirror);
    const owner = new ScriptedRouter(() => serveAt(service.port));
    const edge1 = await stage.agent('Edge1MSP', new ScriptedRouter(() => forwardTo('Edge2MSP')), {}, { auth: first });
    await stage.agent('Edge2MSP', owner, {}, { auth: second });
    return { url: edge1.gateway.url, owner };
  }

  it('carries what was proven, not the token', async () => {
    const { url, owner } = await twoClusters(
      scripted(),
      scripted({ identify: () => Promise.reject(new Error('asked')) }),
    );
    const answer = await fetch(`${url}/s/`, { headers: GOOD });
    expect(answer.status).toBe(200);
    expect(await answer.text()).not.toMatch(/good-car-7|x-blosm/i);
    expect(owner.asked[0]).toMatchObject({ deviceId: 'jwt-hash-of-car-7', forwardedBy: 'Edge1MSP' });
  });

  it.each([
    ['its cluster says so', 'x-blosm-device-verified: true\r\n', '200'],
    ['nobody says so', '', '400'],
  ])('is of a proven device when %s', async (_what, line, status) => {
    const identify = (): Promise<DeviceIdentity> => Promise.resolve({ kind: 'anonymous' });
    const service = await stage.service(mirror);
    const edge1 = await stage.agent('Edge1MSP', new ScriptedRouter(() => forwardTo('Edge2MSP')));
    const owner = new ScriptedRouter(() => serveAt(service.port));
    const edge2 = await stage.agent('Edge2MSP', owner, {}, { auth: scripted({ required: false, identify }) });
    const peer = await RawDevice.connectByTls(edge2.peerPort, edge1.certificate);
    const lines = `Host: a\r\nx-blosm-forward-reason: owner\r\nx-blosm-device: jwt-hash-of-car-7\r\n${line}`;
    peer.socket.write(`GET /peer/v1/forward/s/ HTTP/1.1\r\n${lines}Connection: close\r\n\r\n`);
    expect((await peer.closed()).split(' ')[1]).toBe(status);
    expect(owner.asked.map(({ deviceId }) => deviceId)).toEqual(status === '200' ? ['jwt-hash-of-car-7'] : []);
  });

  it('is refused where devices have to prove who they are and that cluster did not ask', async () => {
    const { url, owner } = await twoClusters(undefined, scripted());
    const headers = { ...GOOD, 'x-blosm-device': 'car-7', 'x-blosm-device-verified': 'true' };
    const answer = await fetch(`${url}/s/`, { headers });
    expect([answer.status, await codeOf(answer)]).toEqual([401, 'BLOSM_E_UNAUTHENTICATED']);
    expect(owner.asked).toEqual([]);
  });
});
