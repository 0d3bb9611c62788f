import { Metadata, status } from '@grpc/grpc-js';
import type { StatusObject } from '@grpc/grpc-js';
import { common, gateway, google, peer as peerMessages } from '@hyperledger/fabric-protos';
import { protos } from '../../agent/adapters/fabric-grpc/protos';
import type { Endorsement } from './chaincode';
import type { FakeChannel } from './channel';
import { callEnvelope } from './fabric-blocks';
import { openProposal, openRequest, proveCaller } from './fabric-callers';
import type { OpenedProposal } from './fabric-callers';
import { fingerprint } from './ledger';
import { codeOf } from './ledger-wire';
import type { CommittedTransaction, Envelope, FakePeer } from './peer';
import type { FakeProposal } from './world-state';

/** How a call fails, in gRPC's terms. */
export interface Refusal {
  readonly code: status;
  readonly message: string;
  /** What which organisation's node said. */
  readonly details?: readonly { readonly mspId: string; readonly message: string }[];
}

export class RefusedCall extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.message);
  }
}

export type GatewayMethod = 'Evaluate' | 'Endorse' | 'Submit' | 'CommitStatus';

/** The gateway service of one organisation's peer on a fake channel, as Fabric 2.5 does it. */
export class GatewayService {
  /** Calls that were taken, in order. */
  readonly calls: { readonly method: GatewayMethod; readonly transactionId: string }[] = [];
  readonly #peer: FakePeer;
  readonly #endorsed = new Map<string, Envelope>();
  readonly #refusals = new Map<GatewayMethod, Refusal[]>();

  constructor(
    private readonly channel: FakeChannel,
    private readonly mspId: string,
  ) {
    this.#peer = channel.peer(mspId);
  }

  /** The next calls of the method fail, one by one. */
  refuse(method: GatewayMethod, ...refusals: readonly Refusal[]): void {
    this.#refusals.set(method, [...(this.#refusals.get(method) ?? []), ...refusals]);
  }

  async evaluate(bytes: Buffer): Promise<Uint8Array> {
    const request = gateway.EvaluateRequest.deserializeBinary(bytes);
    this.#enter('Evaluate', request.getTransactionId());
    const opened = openProposal(request.getProposedTransaction()?.serializeBinary() ?? NOTHING);
    const words = 'evaluate call to endorser returned error';
    const { result } = await asked(this.#peer, opened, { code: status.UNKNOWN, message: words });
    const response = protos.protos.Response.encode({ status: 200, payload: Buffer.from(result) }).finish();
    const answer = new gateway.EvaluateResponse();
    answer.setResult(peerMessages.Response.deserializeBinary(response));
    return answer.serializeBinary();
  }

  async endorse(bytes: Buffer): Promise<Uint8Array> {
    const request = gateway.EndorseRequest.deserializeBinary(bytes);
    this.#enter('Endorse', request.getTransactionId());
    const opened = openProposal(request.getProposedTransaction()?.serializeBinary() ?? NOTHING);
    const peers = this.channel.endorsersFor(this.mspId);
    const endorsement = await this.#gather(opened, peers);
    const { transactionId, words, creator, timestampMs } = opened;
    const endorserMspIds = peers.map(({ mspId }) => mspId);
    this.#endorsed.set(transactionId, { proposal: fakeProposal(opened), endorsement, endorserMspIds });
    const facts = { transactionId, words, creator, timestampMs, channel: 'blosm', result: endorsement.result };
    // What the client is to sign.
    const { payload } = callEnvelope(facts);
    const envelope = protos.common.Envelope.encode({ payload: payload ?? NOTHING }).finish();
    const answer = new gateway.EndorseResponse();
    answer.setPreparedTransaction(common.Envelope.deserializeBinary(envelope));
    return answer.serializeBinary();
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws becomes the call's status
  async submit(bytes: Buffer): Promise<Uint8Array> {
    const request = gateway.SubmitRequest.deserializeBinary(bytes);
    this.#enter('Submit', request.getTransactionId());
    const { transactionId } = openRequest(request.getPreparedTransaction()?.serializeBinary() ?? NOTHING);
    const envelope = this.#endorsed.get(transactionId);
    if (envelope === undefined) throw new RefusedCall({ code: status.INVALID_ARGUMENT, message: 'not endorsed here' });
    const acceptance = this.channel.broadcast(envelope);
    if (acceptance === 'accepted') return new gateway.SubmitResponse().serializeBinary();
    if (acceptance === 'unseen') throw new RefusedCall({ code: status.UNAVAILABLE, message: 'Connection dropped' });
    throw new RefusedCall({
      code: status.UNAVAILABLE,
      message: 'no orderers could successfully process transaction',
      details: [{ mspId: 'OrdererMSP', message: 'transport: Error while dialing: connect: connection refused' }],
    });
  }

  async commitStatus(bytes: Buffer): Promise<Uint8Array> {
    const signed = gateway.SignedCommitStatusRequest.deserializeBinary(bytes);
    const request = gateway.CommitStatusRequest.deserializeBinary(signed.getRequest_asU8());
    const transactionId = request.getTransactionId();
    proveCaller(request.getIdentity_asU8(), signed.getRequest_asU8(), signed.getSignature_asU8());
    this.#enter('CommitStatus', transactionId);
    const { validationCode, blockNumber } = await this.#committed(transactionId);
    const answer = new gateway.CommitStatusResponse();
    answer.setResult(codeOf(validationCode) as 0);
    answer.setBlockNumber(blockNumber);
    return answer.serializeBinary();
  }

  #enter(method: GatewayMethod, transactionId: string): void {
    this.calls.push({ method, transactionId });
    const refusal = this.#refusals.get(method)?.shift();
    if (refusal !== undefined) throw new RefusedCall(refusal);
  }

  /** The own organisation first; the others have to give the same. */
  async #gather(opened: OpenedProposal, [own, ...others]: readonly FakePeer[]): Promise<Endorsement> {
    if (own === undefined) throw new RefusedCall({ code: status.FAILED_PRECONDITION, message: 'no peers available' });
    const first = { code: status.ABORTED, message: 'failed to endorse transaction, see attached details' };
    const endorsement = await asked(own, opened, first);
    const message = 'failed to collect enough transaction endorsements, see attached details';
    for (const other of others) {
      const answer = await asked(other, opened, { code: status.ABORTED, message });
      if (settled(answer) !== settled(endorsement)) {
        const details = [{ mspId: other.mspId, message: 'ProposalResponsePayloads do not match' }];
        throw new RefusedCall({ code: status.ABORTED, message, details });
      }
    }
    return endorsement;
  }

  #committed(transactionId: string): Promise<CommittedTransaction> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.#peer.find(transactionId);
        if (found === undefined) return;
        stop();
        resolve(found);
      };
      const stop = this.#peer.onCommit(look);
      look();
    });
  }
}

const NOTHING = new Uint8Array();

const settled = (value: Endorsement): string => fingerprint({ status: 'fulfilled', value });

function fakeProposal({ transactionId, timestampMs, identity, words }: OpenedProposal): FakeProposal {
  return { txId: transactionId, timestampMs, creator: identity, args: words };
}

async function asked(peer: FakePeer, opened: OpenedProposal, refusal: Refusal): Promise<Endorsement> {
  try {
    return await peer.endorse(fakeProposal(opened));
  } catch (error) {
    const message = `chaincode response 500, ${String(error)}`;
    throw new RefusedCall({ ...refusal, details: [{ mspId: peer.mspId, message }] });
  }
}

/** What ends a call: the refusal with its details, as Fabric packs them into the trailing metadata. */
export function statusOf(error: unknown): Partial<StatusObject> {
  if (!(error instanceof RefusedCall)) return { code: status.INTERNAL, details: String(error) };
  const { code, message, details = [] } = error.refusal;
  const packed = new google.rpc.Status();
  for (const { mspId, message: said } of details) {
    const detail = new gateway.ErrorDetail();
    detail.setMspId(mspId);
    detail.setMessage(said);
    // A new Any: its type comes from a package without types.
    (packed.addDetails() as { setValue(value: Uint8Array): void }).setValue(detail.serializeBinary());
  }
  const metadata = new Metadata();
  if (details.length > 0) metadata.set('grpc-status-details-bin', Buffer.from(packed.serializeBinary()));
  return { code, details: message, metadata };
}
