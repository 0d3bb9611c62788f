import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateSecret, SignJWT, UnsecuredJWT } from 'jose';
import { createDeviceAuth, type DeviceAuthOptions } from '../../../../agent/adapters/jwt';
import type { DeviceAuth, DeviceIdentity } from '../../../../agent/ports/device-auth';
import { FakeLog } from '../../../fakes/log';
import { AUDIENCE, ISSUER, makeIssuer, type TestIssuer } from '../../../support/device-tokens';

const clock = { now: 1_800_000_000_000, nowMs: () => clock.now, sleep: () => Promise.resolve() };
let folder: string;
let issuer: TestIssuer;
let server: Server | undefined;

beforeEach(async () => {
  clock.now = 1_800_000_000_000;
  folder = mkdtempSync(join(tmpdir(), 'blosm-jwt-'));
  issuer = await makeIssuer('key-1');
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true });
});

const keyFile = (): string => join(folder, 'jwks.json');
const publish = (...keys: object[]): void => writeFileSync(keyFile(), JSON.stringify({ keys }));

function authBy(changes: Partial<DeviceAuthOptions> = {}): DeviceAuth & { log: FakeLog } {
  const log = new FakeLog();
  const auth = createDeviceAuth({
    keys: { file: keyFile() },
    issuer: ISSUER,
    audience: AUDIENCE,
    required: true,
    claim: 'sub',
    header: 'authorization',
    clockToleranceSeconds: 5,
    clock,
    log,
    ...changes,
  });
  return { ...auth, log };
}

const show = async (auth: DeviceAuth, token: string | Promise<string>): Promise<DeviceIdentity> =>
  auth.identify(`Bearer ${await token}`);

const refused = (reason: string): object => ({
  kind: 'refused',
  reason: expect.stringContaining(reason) as string,
  challenge: expect.stringContaining('error="invalid_token"') as string,
});

describe('a token of the issuer', () => {
  it.each(['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'])('signed by %s names its device, as a hash', async (alg) => {
    const other = await makeIssuer('other', alg);
    publish(issuer.jwk, other.jwk);
    const identity = await show(authBy(), other.sign(clock.now));
    expect(identity).toMatchObject({ kind: 'device', subject: 'car-7' });
    const { deviceId } = identity as { deviceId: string };
    expect(deviceId).toMatch(/^jwt-[A-Za-z0-9_-]{43}$/);
    expect(await show(authBy(), issuer.sign(clock.now))).toMatchObject({ deviceId });
    expect(await show(authBy(), issuer.sign(clock.now, { sub: 'car-8' }))).not.toMatchObject({ deviceId });
  });

  it('may name it in another claim', async () => {
    publish(issuer.jwk);
    const auth = authBy({ claim: 'vin' });
    expect(await show(auth, issuer.sign(clock.now, { vin: 'V1' }))).toMatchObject({ kind: 'device', subject: 'V1' });
    for (const vin of [undefined, '', 7, 'x'.repeat(256)]) {
      expect(await show(auth, issuer.sign(clock.now, { vin }))).toMatchObject(refused('claim vin'));
    }
  });

  it.each([
    ['has expired', { exp: -10 }, 'expired'],
    ['does not expire', { exp: undefined }, 'claim exp'],
    ['is not valid yet', { nbf: 10 }, 'claim nbf'],
    ['is for others', { aud: 'others' }, 'claim aud'],
    ['is by others', { iss: 'https://evil.test' }, 'claim iss'],
  ])('is refused when it %s', async (_what, claims, reason) => {
    publish(issuer.jwk);
    const at = (claim: unknown): unknown => (typeof claim === 'number' ? clock.now / 1000 + claim : claim);
    const moved = Object.fromEntries(Object.entries(claims).map(([name, claim]) => [name, at(claim)]));
    expect(await show(authBy(), issuer.sign(clock.now, moved))).toMatchObject(refused(reason));
  });

  it('is good for a little longer than it says: clocks differ', async () => {
    publish(issuer.jwk);
    const token = await issuer.sign(clock.now);
    clock.now += 64_000;
    expect(await show(authBy(), token)).toMatchObject({ kind: 'device' });
    clock.now += 2000;
    expect(await show(authBy(), token)).toMatchObject(refused('expired'));
  });
});

describe('what is no token of the issuer', () => {
  it.each([undefined, '', 'Basic YTpi', 'Bearer', 'Bearer a b', 'bearer ünïcode'])('%j is none', async (line) => {
    publish(issuer.jwk);
    expect(await authBy().identify(line)).toEqual({
      kind: 'refused',
      reason: 'devices have to show a token of their issuer',
      challenge: 'Bearer realm="blosm"',
    });
    expect(await authBy({ required: false }).identify(line)).toEqual({ kind: 'anonymous' });
  });

  it('is refused also where none is needed', async () => {
    publish(issuer.jwk);
    expect(await show(authBy({ required: false }), 'abc')).toMatchObject(refused('cannot be read'));
  });

  it('is signed by nobody, or by a secret: the public key, or one that stands among the keys', async () => {
    const secret = await generateSecret('HS256', { extractable: true });
    publish(issuer.jwk, { ...(await exportJWK(secret)), kid: 'shared', alg: 'HS256' });
    const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'car-7', exp: clock.now / 1000 + 60 };
    const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${encode({ alg: 'HS256', kid: 'key-1' })}.${encode(claims)}`;
    const byPublicKey = createHmac('sha256', JSON.stringify(issuer.jwk)).update(signed).digest('base64url');
    const shared = new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'shared' }).sign(secret);
    for (const token of [new UnsecuredJWT(claims).encode(), `${signed}.${byPublicKey}`, await shared]) {
      expect(await show(authBy(), token)).toMatchObject({ kind: 'refused' });
    }
  });

  it('has been changed, or is signed by a key of the same name', async () => {
    publish(issuer.jwk);
    const [head, , signature] = (await issuer.sign(clock.now)).split('.');
    const [, otherBody] = (await issuer.sign(clock.now, { sub: 'car-8' })).split('.');
    const impostor = await makeIssuer('key-1');
    for (const token of [`${head}.${otherBody}.${signature}`, await impostor.sign(clock.now)]) {
      expect(await show(authBy(), token)).toMatchObject(refused('signature'));
    }
  });

  it('is not repeated in the answer', async () => {
    publish(issuer.jwk);
    const identity = await show(authBy(), issuer.sign(clock.now, { aud: 'x"\r\nSet-Cookie: a=b' }));
    expect(JSON.stringify(identity)).not.toContain('Cookie');
  });
});

describe('the keys', () => {
  it('are read again for one that is not known, but not for each token', async () => {
    publish(issuer.jwk);
    const auth = authBy();
    expect(await show(auth, issuer.sign(clock.now))).toMatchObject({ kind: 'device' });
    const next = await makeIssuer('key-2');
    publish(issuer.jwk, next.jwk);
    expect(await show(auth, next.sign(clock.now))).toMatchObject(refused('does not name'));
    clock.now += 30_000;
    expect(await show(auth, next.sign(clock.now))).toMatchObject({ kind: 'device' });
    expect(await show(auth, issuer.sign(clock.now))).toMatchObject({ kind: 'device' });
  });

  it('that the issuer has taken back are forgotten in time', async () => {
    publish(issuer.jwk);
    const auth = authBy({ refreshMs: 60_000 });
    expect(await show(auth, issuer.sign(clock.now))).toMatchObject({ kind: 'device' });
    publish((await makeIssuer('key-2')).jwk);
    clock.now += 60_000;
    let identity: DeviceIdentity = { kind: 'anonymous' };
    while (identity.kind !== 'refused') identity = await show(auth, issuer.sign(clock.now));
    expect(identity).toMatchObject(refused('does not name'));
  });

  it.each(['', 'no JSON', '{}', '{"keys":[]}', '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}'])(
    'in a file with %j are none: nobody is let in, and the log says why',
    async (text) => {
      writeFileSync(keyFile(), text);
      const auth = authBy();
      expect(await show(auth, issuer.sign(clock.now))).toMatchObject({ kind: 'unavailable' });
      expect(auth.log.messages('warn')).toEqual(['the keys of devices cannot be read; no key is known']);
    },
  );

  it('come from an address too, and the last good ones stay while it is off', async () => {
    let status = 200;
    let asked = 0;
    server = createServer((_request, response) => {
      asked += 1;
      response.writeHead(status).end(JSON.stringify({ keys: [issuer.jwk] }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const auth = authBy({ keys: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks` } });
    const answers = Array.from({ length: 20 }, async () => show(auth, issuer.sign(clock.now)));
    expect((await Promise.all(answers)).map(({ kind }) => kind)).toEqual(answers.map(() => 'device'));
    expect(asked).toBe(1);
    status = 500;
    clock.now += 600_000;
    expect(await show(auth, issuer.sign(clock.now))).toMatchObject({ kind: 'device' });
    while (auth.log.messages('warn').length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(await show(auth, issuer.sign(clock.now))).toMatchObject({ kind: 'device' });
    expect(auth.log.messages('warn')).toEqual(['the keys of devices cannot be read; the known keys stay in use']);
  });
});
