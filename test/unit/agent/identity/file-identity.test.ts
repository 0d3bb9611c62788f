import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openIdentity, type FileIdentity } from '../../../../agent/adapters/identity';
import { FakeLog } from '../../../fakes/log';
import { VirtualClock } from '../../../fakes/virtual-clock';
import { waitUntil } from '../../../../network/processes';
import { makeCertificate, type TestCertificate } from '../../../support/certificates';

const POLL_MS = 2_000;

let folder: string;
let clock: VirtualClock;
let log: FakeLog;
let old: TestCertificate;
let renewed: TestCertificate;
let identity: FileIdentity;
let told: string[];

const at = (name: string) => join(folder, name);
const writeCertificate = ({ certificatePem }: TestCertificate) => writeFileSync(at('cert.pem'), certificatePem);
const writeKey = ({ privateKeyPem }: TestCertificate) => writeFileSync(at('key.pem'), privateKeyPem);
const open = () => openIdentity({ certificate: at('cert.pem'), privateKey: at('key.pem') }, { log, clock });

/** Lets the files be looked at once; they are real, so that the look takes a while. */
async function look(until: () => boolean): Promise<void> {
  await waitUntil(
    async () => {
      await clock.advance(POLL_MS);
      return until() || undefined;
    },
    { deadlineMs: 10_000, what: 'a look at the files' },
  );
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'blosm-identity-'));
  clock = new VirtualClock();
  log = new FakeLog();
  told = [];
  [old, renewed] = [await makeCertificate('old'), await makeCertificate('renewed')];
  writeCertificate(old);
  writeKey(old);
  identity = await open();
  identity.onRenewal(({ certificatePem }) => void told.push(certificatePem));
});

afterEach(async () => {
  await identity.close();
  rmSync(folder, { recursive: true });
});

it('is what the files hold', () => {
  expect(identity.certificatePem).toBe(old.certificatePem);
  expect(identity.privateKeyPem).toBe(old.privateKeyPem);
});

it('keeps half of a pair out until the other half follows', async () => {
  writeCertificate(renewed);
  await look(() => log.messages('warn').length > 0);
  expect(log.lines.find(({ level }) => level === 'warn')?.fields).toMatchObject({
    reason: 'the private key does not belong to the certificate',
  });
  await clock.advance(5 * POLL_MS);
  // Said once, whatever the number of looks.
  expect(log.messages('warn')).toHaveLength(1);
  expect(identity.certificatePem).toBe(old.certificatePem);
  writeKey(renewed);
  await look(() => told.length > 0);
  expect(told).toEqual([renewed.certificatePem]);
  expect(identity.privateKeyPem).toBe(renewed.privateKeyPem);
});

it('of a server may be of any kind, also when it is renewed; one that signs on the ledger may not', async () => {
  const rsa = await makeCertificate('renewed', { algorithm: 'RSA' });
  const server = await openIdentity(
    { certificate: at('cert.pem'), privateKey: at('key.pem') },
    { log, clock, curve: 'any' },
  );
  let shown = '';
  server.onRenewal(({ certificatePem }) => void (shown = certificatePem));
  writeCertificate(rsa);
  writeKey(rsa);
  await look(() => shown !== '' && log.messages('warn').length > 0);
  expect(shown).toBe(rsa.certificatePem);
  expect(told).toEqual([]);
  expect(log.lines.find(({ level }) => level === 'warn')?.fields).toMatchObject({
    reason: 'the private key is not on the curve P-256',
  });
  await server.close();
});

it('takes over the files of a folder to which a link is turned', async () => {
  const release = (name: string, pair: TestCertificate) => {
    writeFileSync(at(`${name}.cert`), pair.certificatePem);
    writeFileSync(at(`${name}.key`), pair.privateKeyPem);
  };
  release('1', old);
  release('2', renewed);
  const turn = (name: string) => {
    for (const [link, part] of [
      ['cert.pem', 'cert'],
      ['key.pem', 'key'],
    ] as const) {
      symlinkSync(at(`${name}.${part}`), at('next'));
      renameSync(at('next'), at(link));
    }
  };
  turn('1');
  await clock.advance(POLL_MS);
  turn('2');
  await look(() => told.length > 0);
  expect(told).toEqual([renewed.certificatePem]);
});

it.each([
  ['is no longer valid', { notAfter: new Date('2025-01-01T00:00:00Z') }],
  ['is not valid yet', { notBefore: new Date('2026-01-01T00:05:00Z') }],
])('keeps out a certificate that %s', async (_what, validity) => {
  const odd = await makeCertificate('odd', validity);
  writeCertificate(odd);
  writeKey(odd);
  await look(() => log.messages('warn').some((message) => /cannot be used/.test(message)));
  expect(identity.certificatePem).toBe(old.certificatePem);
});

it('takes a certificate over as soon as it is valid', async () => {
  const early = await makeCertificate('early', { notBefore: new Date('2026-01-01T00:05:00Z') });
  writeCertificate(early);
  writeKey(early);
  await look(() => log.messages('warn').length > 0);
  await clock.advance(Date.UTC(2026, 0, 1, 0, 5) - clock.nowMs());
  expect(told).toEqual([]);
  await look(() => told.length > 0);
  expect(told).toEqual([early.certificatePem]);
});

it('goes on with the known pair while the files are away', async () => {
  unlinkSync(at('key.pem'));
  await look(() => log.messages('warn').length > 0);
  expect(identity.privateKeyPem).toBe(old.privateKeyPem);
  writeCertificate(renewed);
  writeKey(renewed);
  await look(() => told.length > 0);
  expect(told).toEqual([renewed.certificatePem]);
});

it('tells again when somebody could not take the new pair', async () => {
  let attempts = 0;
  identity.onRenewal(() => {
    attempts += 1;
    if (attempts === 1) throw new Error('not now');
  });
  writeCertificate(renewed);
  writeKey(renewed);
  await look(() => attempts === 2);
  expect(log.messages('warn')).toContain("the agent's identity cannot be renewed; it is tried again");
  expect(told).toEqual([renewed.certificatePem, renewed.certificatePem]);
});

it('tells nothing when the same pair is written again', async () => {
  writeCertificate(old);
  writeKey(old);
  await clock.advance(3 * POLL_MS);
  writeCertificate(renewed);
  writeKey(renewed);
  await look(() => told.length > 0);
  expect(told).toEqual([renewed.certificatePem]);
});

it('is refused when there are no files', async () => {
  unlinkSync(at('cert.pem'));
  await expect(open()).rejects.toMatchObject({ code: 'BLOSM_E_CONFIG_INVALID', stage: 'identity' });
});
