import type { Context } from 'fabric-contract-api';
import { callerOf } from '../../../../chaincode/src/ledger';
import { makeIdentity, testIdentity } from '../../../support/identity';

const contextOf = (mspid: string, pem: string): Context =>
  ({ stub: { getCreator: () => ({ mspid, idBytes: Buffer.from(pem) }) } }) as unknown as Context;

describe('the caller', () => {
  it('is the MSP and the certificate that signed', async () => {
    const { certificatePem, certificateSha256 } = await testIdentity('Edge1MSP', 'client');
    expect(callerOf(contextOf('Edge1MSP', certificatePem))).toEqual({
      mspId: 'Edge1MSP',
      certificateSha256,
      isAdmin: false,
    });
  });

  it.each([
    ['CN=x, OU=admin', true],
    ['CN=x, OU=client, OU=admin', true],
    ['CN=x+OU=org1+OU=admin', true],
    ['CN=x, OU=client', false],
    ['CN=x, OU=client, OU=org1', false],
    ['CN=admin', false],
    ['CN=x\\, OU\\=admin, OU=client', false],
    ['CN=x, OU=administrator', false],
    ['CN=x, OU=Admin', false],
  ])('with the subject %s is an admin: %s', async (subject, isAdmin) => {
    const { certificatePem } = await makeIdentity('Edge1MSP', subject);
    expect(callerOf(contextOf('Edge1MSP', certificatePem)).isAdmin).toBe(isAdmin);
  });

  it('is read anew when there were too many to remember', async () => {
    const { certificatePem } = await testIdentity('Edge1MSP', 'client');
    const first = callerOf(contextOf('Edge1MSP', certificatePem));
    for (let other = 0; other < 1000; other += 1)
      callerOf(contextOf('Edge1MSP', `${certificatePem}${'\n'.repeat(other)}`));
    expect(callerOf(contextOf('Edge1MSP', certificatePem))).toEqual(first);
    expect(callerOf(contextOf('Edge2MSP', certificatePem))).toEqual({ ...first, mspId: 'Edge2MSP' });
  });

  it('must have a certificate', () => {
    expect(() => callerOf(contextOf('Edge1MSP', 'idemix bytes'))).toThrow(/BLOSM_E_FORBIDDEN: .*Edge1MSP/);
  });
});
