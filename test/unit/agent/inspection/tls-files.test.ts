import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectCertificates, inspectTlsPair } from '../../../../agent/adapters/inspection';
import {
  createAuthority,
  type CertificateAuthority,
  type Credential,
} from '../../../../network/fabric/pki/certificate-authority';
import { makeCertificate } from '../../../support/certificates';
import { encryptedKey } from '../../../support/odd-certificates';

let folder: string;
let authority: CertificateAuthority;
let own: Credential;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'blosm-tls-files-'));
  authority = await createAuthority('ca', 'edge1');
  own = await authority.issue({ commonName: 'localhost', hosts: ['edge1.example', '10.0.0.1', '*.wild.example'] });
});
afterAll(() => rmSync(folder, { recursive: true }));

function put(name: string, text: string | Buffer): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const lookAt = (certificatePem: string | Buffer, keyPem: string | Buffer, host: string | null = null) =>
  inspectTlsPair({ certificate: put('cert.pem', certificatePem), privateKey: put('key.pem', keyPem) }, host);

it('reads a pair, alone or with its authority, and says where the key belongs', async () => {
  const ca = authority.credential.certificatePem;
  const chain = await lookAt(`${own.certificatePem}${ca}`, own.keyPem);
  expect(chain).toMatchObject({
    certificate: {
      kind: 'read',
      file: join(folder, 'cert.pem'),
      certificates: [
        { subject: 'O=edge1, CN=localhost', issuer: 'O=edge1, CN=ca', isAuthority: false, isSelfIssued: false },
        { subject: 'O=edge1, CN=ca', isAuthority: true, isSelfIssued: true, alternativeNames: [] },
      ],
    },
    privateKey: { kind: 'read', file: join(folder, 'key.pem'), belongsTo: 0 },
  });
  expect((await lookAt(`${ca}${own.certificatePem}`, own.keyPem)).privateKey).toMatchObject({ belongsTo: 1 });
  expect((await lookAt(ca, own.keyPem)).privateKey).toMatchObject({ belongsTo: -1 });
  const { certificatePem, privateKeyPem } = await makeCertificate('rsa', { algorithm: 'RSA' });
  expect((await lookAt(certificatePem, privateKeyPem)).privateKey).toMatchObject({ kind: 'read', belongsTo: 0 });
});

it.each([
  ['edge1.example', true],
  ['10.0.0.1', true],
  ['a.wild.example', true],
  ['a.b.wild.example', false],
  ['10.0.0.2', false],
  ['2001:db8::1', false],
  // The common name is not looked at by clients any more.
  ['localhost', false],
  [null, false],
])('says whether the certificate is for %s', async (host, expected) => {
  expect((await lookAt(own.certificatePem, own.keyPem, host)).isForHost).toBe(expected);
});

it('tells what cannot be read from what is no PEM, and sees a password', async () => {
  const nothing = { certificate: join(folder, 'none.pem'), privateKey: folder };
  expect(await inspectTlsPair(nothing, 'edge1.example')).toEqual({
    certificate: { kind: 'unreadable', file: nothing.certificate, code: 'ENOENT' },
    privateKey: { kind: 'unreadable', file: folder, code: 'EISDIR' },
    isForHost: false,
  });
  const der = Buffer.from(own.certificatePem.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64');
  expect(await lookAt(der, own.certificatePem)).toMatchObject({
    certificate: { kind: 'no-pem' },
    privateKey: { kind: 'no-pem' },
  });
  const damaged = own.certificatePem.replace(/\n.{8}/, '\nAAAAAAAA');
  expect(await lookAt(damaged, encryptedKey())).toMatchObject({
    certificate: { kind: 'no-pem' },
    privateKey: { kind: 'encrypted' },
  });
});

it('reads a file of authorities', async () => {
  const file = put('ca.pem', `# ours\n${authority.credential.certificatePem}`);
  expect(await inspectCertificates(file)).toMatchObject({ kind: 'read', certificates: [{ isAuthority: true }] });
  expect(await inspectCertificates(put('ca.pem', ''))).toEqual({ kind: 'no-pem', file });
});
