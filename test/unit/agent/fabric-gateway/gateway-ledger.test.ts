import { status } from '@grpc/grpc-js';
import { transactionIdIn } from '../../../../agent/domain/ledger-retry';
import type { CallOptions } from '../../../../agent/ports/call';
import type { GatewayMethod, Refusal } from '../../../fakes/gateway-service';
import { GatewayBench, type GatewayNode } from '../../../support/gateway-bench';
import { waitUntil } from '../../../../network/processes';
import { containerFacts } from '../../../support/ledger-samples';

const SHARE = 'MetadataContract:Share';

let bench: GatewayBench;
let node: GatewayNode;

beforeEach(async () => {
  bench = new GatewayBench();
  node = await bench.connect('Edge1MSP');
});

afterEach(() => bench.close());

const share = (options?: CallOptions) =>
  node.ledger.submit(SHARE, [{ metadataId: 'meta-1', instanceId: null, container: containerFacts() }], options);
/** The transaction ids with which a method was called. */
const ids = (method: GatewayMethod) =>
  node.peer.service.calls.filter((call) => call.method === method).map(({ transactionId }) => transactionId);
const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error as Error,
  );

const DROPPED: Refusal = { code: status.UNAVAILABLE, message: 'Connection dropped' };
const endorsersSay = (mspId: string, message: string): Refusal => ({
  code: status.ABORTED,
  message: 'failed to collect enough transaction endorsements',
  details: [{ mspId, message }],
});
const ordererSays = (message: string): Refusal => ({
  code: status.UNAVAILABLE,
  message: 'no orderers could successfully process transaction',
  details: [{ mspId: 'OrdererMSP', message }],
});

describe('a peer that has lost its disk', () => {
  it('is not believed before it has all that it had shown', async () => {
    const { transactionId } = await share();
    const read = () => node.ledger.query('MetadataContract:Get', ['meta-1']);
    expect(await read()).toMatchObject({ metadataId: 'meta-1' });
    const peer = bench.channel.peer('Edge1MSP');
    peer.loseDisk();
    node.peer.dropStreams();
    const isNoticed = () => bench.log.lines.some(({ message }) => message.startsWith('the stream of blocks broke'));
    await waitUntil(isNoticed, { deadlineMs: 10_000, what: 'the stream to break' });
    const unbelieved = {
      code: 'BLOSM_E_LEDGER_UNREACHABLE',
      message: expect.stringMatching(/has 1 of the \d+/) as string,
    };
    await expect(read()).rejects.toMatchObject(unbelieved);
    await expect(node.ledger.settle(transactionId)).rejects.toMatchObject(unbelieved);
    await expect(node.ledger.freshView()).rejects.toMatchObject(unbelieved);
    peer.resume();
    expect(await read()).toMatchObject({ metadataId: 'meta-1' });
    expect(await node.ledger.settle(transactionId)).toMatchObject({ status: 'valid' });
    expect(await node.ledger.freshView()).toMatchObject({ height: bench.channel.height });
  });
});

describe('endorsement', () => {
  it.each([
    ['answers differ', endorsersSay('Edge2MSP', 'ProposalResponsePayloads do not match')],
    ['another organisation refuses what the own one endorsed', endorsersSay('Edge2MSP', 'BLOSM_E_NOT_FOUND: not yet')],
    ['a peer is gone', endorsersSay('Edge2MSP', 'connection refused')],
    ['the connection breaks', DROPPED],
    ['it takes too long', { code: status.DEADLINE_EXCEEDED, message: 'endorsement timeout expired' }],
  ])('is tried again as a new transaction when %s', async (_what, refusal) => {
    node.peer.service.refuse('Endorse', refusal);
    const { transactionId } = await share();
    expect(ids('Endorse')).toHaveLength(2);
    expect(new Set(ids('Endorse')).size).toBe(2);
    expect(ids('Submit')).toEqual([transactionId]);
  });

  it('waits for a peer that lags', async () => {
    const lagging = bench.channel.peer('Edge2MSP');
    lagging.stall();
    // Its own state is old: it knows nothing of what the others committed meanwhile.
    await share();
    const confirm = node.ledger.submit('ConfirmationContract:Confirm', [{ metadataIds: ['meta-1'] }]);
    // The share was endorsed once; of the confirmation at least two attempts have failed.
    while (ids('Endorse').length < 4) await new Promise((resolve) => setImmediate(resolve));
    lagging.resume();
    expect((await confirm).blockNumber).toBeGreaterThan(0);
  });

  it.each([
    ['by the words of a peer', endorsersSay('Edge1MSP', 'access denied: channel [blosm] creator org [Edge1MSP]')],
    ['by the code of the call', { code: status.PERMISSION_DENIED, message: 'no' }],
  ])('ends at once when the identity may not, %s', async (_what, refusal) => {
    node.peer.service.refuse('Endorse', refusal);
    await expect(share()).rejects.toMatchObject({ code: 'BLOSM_E_FORBIDDEN', stage: 'endorse' });
    expect(ids('Endorse')).toHaveLength(1);
  });

  it('ends at the deadline, and says what the peers said', async () => {
    node.peer.service.refuse('Endorse', ...Array<Refusal>(20).fill(endorsersSay('Edge2MSP', 'connection refused')));
    await expect(share({ timeoutMs: 3000 })).rejects.toMatchObject({
      code: 'BLOSM_E_LEDGER_UNREACHABLE',
      stage: 'endorse',
      message: expect.stringMatching(/peer\.Edge1MSP .*Edge2MSP: connection refused/) as unknown,
    });
    expect(ids('Submit')).toEqual([]);
  });
});

describe('the orderer', () => {
  it('that nobody can dial has taken nothing', async () => {
    bench.channel.ordererRunning = false;
    await expect(share({ timeoutMs: 500 })).rejects.toMatchObject({
      code: 'BLOSM_E_LEDGER_UNREACHABLE',
      stage: 'order',
    });
    expect(ids('Endorse')).toHaveLength(1);
    expect(ids('Submit').length).toBeGreaterThan(1);
    expect(new Set(ids('Submit')).size).toBe(1);
  });

  it('that has no leader gets the same envelope again', async () => {
    // An answer of 500 and more leaves no detail.
    const noLeader = { code: status.UNAVAILABLE, message: 'no orderers could successfully process transaction' };
    node.peer.service.refuse('Submit', noLeader, noLeader);
    const { transactionId } = await share();
    expect(ids('Submit')).toEqual([transactionId, transactionId, transactionId]);
  });

  it('that refuses is not asked again', async () => {
    node.peer.service.refuse('Submit', {
      code: status.ABORTED,
      message: 'received unsuccessful response from orderer',
    });
    await expect(share()).rejects.toMatchObject({ code: 'BLOSM_E_LEDGER_UNREACHABLE', stage: 'order' });
    expect(ids('Submit')).toHaveLength(1);
  });

  it('that does not let this identity write is not asked again, and the denial says so', async () => {
    node.peer.service.refuse('Submit', {
      code: status.ABORTED,
      message: 'received unsuccessful response from orderer: status=FORBIDDEN, info=implicit policy evaluation failed',
    });
    await expect(share()).rejects.toMatchObject({
      code: 'BLOSM_E_FORBIDDEN',
      stage: 'order',
      hint: expect.stringContaining('blosm identity show') as string,
    });
    expect(ids('Submit')).toHaveLength(1);
  });

  it.each([
    ['the connection to the peer breaks', DROPPED],
    ["the peer's connection to the orderer breaks", ordererSays('rpc error: code = Unavailable desc = EOF')],
    ['the peer has waited long enough', { code: status.DEADLINE_EXCEEDED, message: 'submit timeout expired' }],
    ['something else goes wrong', { code: status.INTERNAL, message: 'defect' }],
  ])('may have taken it when %s: never a new transaction, and the outcome is unknown', async (_what, refusal) => {
    node.peer.service.refuse('Submit', ...Array<Refusal>(40).fill(refusal));
    const failure = await caught(share({ timeoutMs: 500 }));
    expect(failure).toMatchObject({ code: 'BLOSM_E_OUTCOME_UNKNOWN', stage: 'commit' });
    expect(ids('Endorse')).toEqual([transactionIdIn(failure?.message ?? '')]);
    expect(new Set(ids('Submit'))).toEqual(new Set(ids('Endorse')));
  });

  it('that took it before the answer was lost is found to have', async () => {
    bench.channel.fault('unseen', SHARE);
    const { transactionId } = await share();
    expect(ids('Endorse')).toEqual([transactionId]);
    expect(await node.ledger.settle(transactionId)).toMatchObject({ status: 'valid' });
  });

  it('that lost it gets it again', async () => {
    bench.channel.fault('drop', SHARE);
    const { transactionId } = await share();
    expect(ids('Submit')).toEqual([transactionId, transactionId]);
  });
});

describe('the commit', () => {
  it('is asked for again when the question breaks', async () => {
    node.peer.service.refuse('CommitStatus', DROPPED, DROPPED);
    const { transactionId } = await share();
    expect(ids('CommitStatus')).toEqual([transactionId, transactionId, transactionId]);
  });

  it('that a conflict made void is followed by a new transaction', async () => {
    bench.channel.fault('conflict', SHARE);
    const { transactionId } = await share();
    const [first, second] = ids('Endorse');
    expect(second).toBe(transactionId);
    expect(await node.ledger.settle(first ?? '')).toMatchObject({
      status: 'invalid',
      validationCode: 'MVCC_READ_CONFLICT',
    });
  });

  it('stays unknown when the caller leaves meanwhile; the ledger tells later', async () => {
    const fault = bench.channel.fault('hold', SHARE);
    const stop = new AbortController();
    const submit = caught(share({ signal: stop.signal }));
    while (!fault.met) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    const failure = await submit;
    expect(failure).toMatchObject({ code: 'BLOSM_E_OUTCOME_UNKNOWN' });
    const transactionId = transactionIdIn(failure?.message ?? '') ?? '';
    expect(await node.ledger.settle(transactionId)).toEqual({ status: 'absent' });
    fault.release();
    expect(await node.ledger.settle(transactionId)).toMatchObject({ status: 'valid' });
  });
});

describe('a query', () => {
  it.each([
    ['BLOSM_E_FORBIDDEN', { code: status.FAILED_PRECONDITION, message: 'access denied: channel [blosm]' }],
    ['BLOSM_E_FORBIDDEN', { code: status.PERMISSION_DENIED, message: 'no' }],
    ['BLOSM_E_LEDGER_UNREACHABLE', DROPPED],
  ])('may fail with %s', async (code, refusal) => {
    node.peer.service.refuse('Evaluate', refusal);
    const list = node.ledger.query('NodeContract:List', []);
    await expect(list).rejects.toMatchObject({ code, message: expect.stringContaining('peer.Edge1MSP') as unknown });
  });

  it('ends when the caller leaves', async () => {
    const stop = new AbortController();
    const list = node.ledger.query('NodeContract:List', [], { signal: stop.signal });
    stop.abort();
    await expect(list).rejects.toMatchObject({ code: 'BLOSM_E_CANCELLED' });
  });
});

it('a peer without the service is named, with what to do', async () => {
  const old = await bench.connect('Edge2MSP', { hasGateway: false });
  const refusal = {
    code: 'BLOSM_E_PREREQUISITE',
    message: expect.stringContaining('peer.Edge2MSP') as unknown,
    hint: 'Set ledger.adapter to fabric-network, or upgrade the peer to Fabric 2.4 or later.',
  };
  await expect(old.ledger.query('NodeContract:List', [])).rejects.toMatchObject(refusal);
  const submit = old.ledger.submit('ConfirmationContract:Confirm', [{ metadataIds: ['meta-1'] }]);
  await expect(submit).rejects.toMatchObject(refusal);
  // Everything that needs no gateway service works.
  expect((await old.ledger.freshView()).height).toBeGreaterThan(0);
});
