import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentConfig } from '../../../agent/config/schema';
import { requireFit } from '../../../agent/daemon/doctor';
import { createAuthority, type Credential } from '../../../network/fabric/pki/certificate-authority';
import { doctorConfig } from '../../support/doctor-visit';

let folder: string;
let own: Credential;
let other: Credential;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'blosm-fit-'));
  const authority = await createAuthority('ca', 'edge1');
  own = await authority.issue({ commonName: 'agent', unit: 'client', hosts: ['localhost'] });
  other = await authority.issue({ commonName: 'other', unit: 'client', hosts: ['localhost'] });
  for (const [name, text] of Object.entries({
    ...{ 'cert.pem': own.certificatePem, 'key.pem': own.keyPem, 'other.key': other.keyPem },
    ...{ 'ca.pem': authority.credential.certificatePem, 'none.pem': 'nothing' },
  })) {
    writeFileSync(join(folder, name), text);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const filesAt = (names: ReadonlyMap<string, string>): Record<string, string> =>
  Object.fromEntries([...names].map(([key, name]) => [key, at(name)] as const));
const start = (changes: { tls?: [string, string]; control?: Record<string, string> } = {}) => {
  const [certificate, privateKey] = changes.tls ?? ['cert.pem', 'key.pem'];
  const control = new Map(Object.entries({ clientCa: 'ca.pem', ...changes.control }));
  const config = AgentConfig.parse({
    ...doctorConfig,
    ledger: { connectionProfile: at('p.json'), certificate: at('cert.pem'), privateKey: at('key.pem') },
    state: { directory: at('state') },
    gateway: { listen: '127.0.0.1:0', tls: { certificate: at(certificate), privateKey: at(privateKey) } },
    peers: { listen: '127.0.0.1:0' },
    control: { listen: '127.0.0.1:0', ...filesAt(control) },
  });
  return requireFit(config, Date.now());
};

it('lets an agent start whose files are in order', async () => {
  await expect(start()).resolves.toBeUndefined();
});

it.each<[string, Parameters<typeof start>[0], RegExp, RegExp]>([
  ['no certificate', { tls: ['missing.pem', 'key.pem'] }, /cannot read .*missing\.pem/, /gateway\.tls\.certificate/],
  ['no PEM', { tls: ['none.pem', 'key.pem'] }, /none\.pem holds no certificate in PEM/, /openssl x509/],
  ["another one's key", { tls: ['cert.pem', 'other.key'] }, /other\.key does not belong to/, /made together/],
  [
    'a control API without its key',
    { control: { certificate: 'cert.pem', privateKey: 'none.pem' } },
    /none\.pem holds no private key/,
    /openssl pkey/,
  ],
  ['an authority that is none', { control: { clientCa: 'cert.pem' } }, /holds no certificate authority/, /cacerts/],
])('keeps it from starting with %s, in the words of doctor', async (_what, changes, message, hint) => {
  await expect(start(changes)).rejects.toMatchObject({
    code: 'BLOSM_E_CONFIG_INVALID',
    message: expect.stringMatching(message) as string,
    hint: expect.stringMatching(hint) as string,
  });
});
