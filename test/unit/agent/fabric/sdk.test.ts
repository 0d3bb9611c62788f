import { Utils } from 'fabric-common';
import { Signer, protos } from '../../../../agent/adapters/fabric-grpc';
import { gatewayIdentity } from '../../../../agent/adapters/fabric/node-identity';
import { sendSdkLogTo } from '../../../../agent/adapters/fabric/sdk';
import { makeCertificate } from '../../../support/certificates';

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

it('the identity signs by its key and shows its organisation and certificate', async () => {
  const pems = { mspId: 'Edge1MSP', ...(await makeCertificate('agent')) };
  const { identity, identityProvider } = gatewayIdentity(pems, new Signer(pems));
  if (typeof identity === 'string') throw new Error('an object was expected');
  const user = await identityProvider?.getUserContext(identity, 'name');
  expect(user?.getMspid()).toBe('Edge1MSP');
  const shown = protos.msp.SerializedIdentity.decode(user?.getIdentity().serialize() ?? new Uint8Array());
  expect(shown.mspid).toBe('Edge1MSP');
  expect(Buffer.from(shown.id_bytes).toString()).toBe(pems.certificatePem);
  expect(user?.getSigningIdentity().sign(Buffer.from('x'), {})[0]).toBe(0x30);
});
