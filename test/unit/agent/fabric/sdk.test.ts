import { KeyObject, webcrypto } from 'node:crypto';
import 'reflect-metadata';
import { X509CertificateGenerator } from '@peculiar/x509';
import { Utils } from 'fabric-common';
import { gatewayIdentity } from '../../../../agent/adapters/fabric/node-identity';
import { protos } from '../../../../agent/adapters/fabric/protos';
import { sendSdkLogTo } from '../../../../agent/adapters/fabric/sdk';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

async function makePems(): Promise<{ certificatePem: string; privateKeyPem: string }> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const signing = { name: 'CN=agent', signingAlgorithm: ALGORITHM, keys };
  const certificate = await X509CertificateGenerator.createSelfSigned(signing);
  const privateKeyPem = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
  return { certificatePem: certificate.toString('pem'), privateKeyPem };
}

it("the SDK's logger writes into our log, and nothing to the console", () => {
  const lines: unknown[] = [];
  const write = (fields: unknown, message: string) => lines.push([fields, message]);
  sendSdkLogTo({ debug: write, info: write, warn: write, error: write });
  const consoles = [jest.spyOn(process.stdout, 'write'), jest.spyOn(process.stderr, 'write')];
  const logger = Utils.getLogger('Part');
  logger.debug('%s of no interest', 'detail');
  logger.error('%s - went wrong', 'method');
  expect(lines).toEqual([[{ source: 'fabric-sdk', level: 'error' }, '[Part]: method - went wrong']]);
  for (const console of consoles) {
    expect(console).not.toHaveBeenCalled();
    console.mockRestore();
  }
});

describe('the identity', () => {
  it('signs by its key and shows its organisation and certificate', async () => {
    const { certificatePem, privateKeyPem } = await makePems();
    const { identity, identityProvider } = gatewayIdentity({ mspId: 'Edge1MSP', certificatePem, privateKeyPem });
    if (typeof identity === 'string') throw new Error('an object was expected');
    const user = await identityProvider?.getUserContext(identity, 'name');
    expect(user?.getMspid()).toBe('Edge1MSP');
    const shown = protos.msp.SerializedIdentity.decode(user?.getIdentity().serialize() ?? new Uint8Array());
    expect(shown.mspid).toBe('Edge1MSP');
    expect(Buffer.from(shown.id_bytes).toString()).toBe(certificatePem);
    expect(user?.getSigningIdentity().sign(Buffer.from('x'), {})[0]).toBe(0x30);
  });

  it('is refused when key and certificate do not belong together, or are none', async () => {
    const one = await makePems();
    const other = await makePems();
    const mixed = { mspId: 'Edge1MSP', certificatePem: one.certificatePem, privateKeyPem: other.privateKeyPem };
    expect(() => gatewayIdentity(mixed)).toThrow(/does not belong to the certificate/);
    expect(() => gatewayIdentity({ ...mixed, privateKeyPem: 'no PEM' })).toThrow(/not PEM/);
  });
});
