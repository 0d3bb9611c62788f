import { X509Certificate, createHash, verify } from 'node:crypto';
import { newCallProposal } from '../../../../agent/adapters/fabric-grpc/call-proposal';
import { newSeekEnvelope } from '../../../../agent/adapters/fabric-grpc/deliver';
import { protos } from '../../../../agent/adapters/fabric-grpc/protos';
import type { Session } from '../../../../agent/adapters/fabric-grpc/session';
import { Signer } from '../../../../agent/adapters/fabric-grpc/signer';
import { makeCertificate } from '../../../support/certificates';
import { VirtualClock } from '../../../fakes/virtual-clock';

async function makeSession() {
  const pems = { mspId: 'Edge1MSP', ...(await makeCertificate('agent')) };
  const clock = new VirtualClock();
  // No request is sent: there is no peer.
  const session = { signer: new Signer(pems), channel: 'blosm', chaincode: 'blosm', clock } as unknown as Session;
  const { publicKey } = new X509Certificate(pems.certificatePem);
  const isSigned = (message: Uint8Array, signature: Uint8Array) => verify('sha256', message, publicKey, signature);
  return { pems, session, isSigned, nowMs: clock.nowMs() };
}

describe('a signer', () => {
  it('refuses a key and a certificate that do not belong together, or are none', async () => {
    const one = await makeCertificate('one');
    const other = await makeCertificate('other');
    const mixed = { mspId: 'Edge1MSP', certificatePem: one.certificatePem, privateKeyPem: other.privateKeyPem };
    expect(() => new Signer(mixed)).toThrow(/does not belong to the certificate/);
    expect(() => new Signer({ ...mixed, privateKeyPem: 'no PEM' })).toThrow(/not PEM/);
    const isInvalid: unknown = expect.objectContaining({ code: 'BLOSM_E_CONFIG_INVALID' });
    expect(() => new Signer({ ...mixed, certificatePem: 'no PEM' })).toThrow(isInvalid as Error);
  });
});

describe('a call of a chaincode', () => {
  it('carries who calls what where, under a transaction id of nonce and creator, signed', async () => {
    const { session, isSigned, nowMs } = await makeSession();
    const call = newCallProposal(session, 'blosm', 'NodeContract:List', ['a', 'b']);
    const { proposal_bytes, signature } = protos.protos.SignedProposal.decode(call.bytes);
    expect(isSigned(proposal_bytes, signature)).toBe(true);
    const proposal = protos.protos.Proposal.decode(proposal_bytes);
    const header = protos.common.Header.decode(proposal.header);
    const { creator, nonce } = protos.common.SignatureHeader.decode(header.signature_header);
    expect(Buffer.from(creator)).toEqual(session.signer.creator);
    const id = createHash('sha256').update(nonce).update(creator).digest('hex');
    const channelHeader = protos.common.ChannelHeader.decode(header.channel_header);
    expect([call.transactionId, channelHeader.tx_id]).toEqual([id, id]);
    expect(channelHeader.channel_id).toBe('blosm');
    expect(Number(channelHeader.timestamp?.seconds)).toBe(Math.floor(nowMs / 1000));
    const payload = protos.protos.ChaincodeProposalPayload.decode(proposal.payload);
    const { chaincode_spec } = protos.protos.ChaincodeInvocationSpec.decode(payload.input);
    expect(chaincode_spec?.chaincode_id?.name).toBe('blosm');
    expect(chaincode_spec?.input?.args?.map((word) => Buffer.from(word).toString())).toEqual([
      'NodeContract:List',
      'a',
      'b',
    ]);
  });

  it('never has the id of another one', async () => {
    const { session } = await makeSession();
    const ids = [1, 2, 3].map(() => newCallProposal(session, 'blosm', 'F', []).transactionId);
    expect(new Set(ids).size).toBe(3);
  });
});

it('a question for blocks is signed and bound to the TLS certificate', async () => {
  const { session, isSigned, pems } = await makeSession();
  const { payload, signature } = protos.common.Envelope.decode(newSeekEnvelope(session, 7));
  expect(isSigned(payload, signature)).toBe(true);
  const { header, data } = protos.common.Payload.decode(payload);
  const { tls_cert_hash, tx_id } = protos.common.ChannelHeader.decode(header?.channel_header ?? new Uint8Array());
  expect(Buffer.from(tls_cert_hash).toString('hex')).toBe(pems.sha256Hex);
  expect(tx_id).toBe('');
  expect(Number(protos.orderer.SeekInfo.decode(data).start?.specified?.number)).toBe(7);
});
