import { endorse } from '../../../fakes/chaincode';
import { WorldStateStore, compositeKey } from '../../../fakes/world-state';
import { WorldState, submit, type BlosmContext, type Submission } from '../../../../chaincode/src/ledger';
import { NodeRecord, nodeKey, type NodeProfile } from '../../../../chaincode/src/model';
import { testIdentity } from '../../../support/identity';
import { nodeProfile, nodeRegistration } from '../../../support/ledger-samples';

const NOW_MS = Date.UTC(2026, 0, 1);

async function proposalOf(...args: string[]) {
  return { txId: 'tx-1', timestampMs: NOW_MS, creator: await testIdentity('Edge1MSP', 'admin'), args };
}

const run = async (store: WorldStateStore, ...args: string[]) =>
  endorse(store, await proposalOf(...args), () => NOW_MS);

describe('the frame around each function', () => {
  it.each([
    ['NodeContract:Nothing', /BLOSM_E_INVALID_ARGUMENT: NodeContract has no function "NodeContract:Nothing"/],
    ['NodeContract:constructor', /BLOSM_E_INVALID_ARGUMENT: NodeContract has no function/],
    ['NodeContract:unknownTransaction', /BLOSM_E_INVALID_ARGUMENT: NodeContract has no function/],
  ])('refuses %s', async (name, message) => {
    await expect(run(new WorldStateStore(), name)).rejects.toThrow(message);
  });

  it('gives canonical JSON, and lists the keys of a record in order', async () => {
    const { result } = await run(
      new WorldStateStore(),
      'NodeContract:Register',
      JSON.stringify(await nodeRegistration('Edge1MSP')),
    );
    expect(Object.keys(JSON.parse(result) as object)).toEqual([...Object.keys(JSON.parse(result) as object)].sort());
    expect(result).toMatch(/^\{"agentCertificatePem":/);
    expect(result).not.toMatch(/: /);
  });

  it('refuses a transaction whose time is off before it reads anything', async () => {
    const proposal = await proposalOf('NodeContract:Update', JSON.stringify(nodeProfile()));
    await expect(endorse(new WorldStateStore(), proposal, () => NOW_MS + 30_001)).rejects.toMatchObject({
      code: 'BLOSM_E_CLOCK_SKEW',
    });
  });

  it('answers queries whatever the clock says', async () => {
    const proposal = await proposalOf('NodeContract:List');
    const { result } = await endorse(new WorldStateStore(), proposal, () => NOW_MS + 3_600_000);
    expect(result).toBe('[]');
  });

  it.each([
    ['no JSON', '{"v":1'],
    ['another version', '{"v":2,"type":"node"}'],
    ['another type', '{"v":1,"type":"service"}'],
  ])('says so when a record cannot be read: %s', async (_, text) => {
    const store = new WorldStateStore();
    const key = compositeKey('node', ['Edge1MSP']);
    store.apply(new Map([[key, Buffer.from(text)]]), '1.0', 'tx-0', NOW_MS);
    const message = /BLOSM_E_CORRUPT_RECORD: the record node Edge1MSP/;
    await expect(run(store, 'NodeContract:Get', 'Edge1MSP')).rejects.toThrow(message);
    await expect(run(store, 'NodeContract:List')).rejects.toThrow(/BLOSM_E_CORRUPT_RECORD: the record node/);
    await expect(run(store, 'NodeContract:Update', JSON.stringify(nodeProfile()))).rejects.toThrow(message);
  });

  it('tells versions that were deleted', async () => {
    const store = new WorldStateStore();
    const key = compositeKey('metadata', ['m-1']);
    store.apply(new Map([[key, null]]), '1.0', 'tx-0', NOW_MS);
    const { result } = await run(store, 'MetadataContract:History', 'm-1');
    expect(JSON.parse(result)).toEqual([{ transactionId: 'tx-0', timestampMs: NOW_MS, deleted: true, record: null }]);
  });
});

describe('a submission', () => {
  const contextOver = async (stub: object): Promise<BlosmContext> => {
    const { certificatePem } = await testIdentity('Edge1MSP', 'client', 'agent');
    const creator = { mspid: 'Edge1MSP', idBytes: Buffer.from(certificatePem) };
    const whole = {
      getCreator: () => creator,
      getTxTimestamp: () => ({ seconds: NOW_MS / 1000, nanos: 0 }),
      createCompositeKey: compositeKey,
      ...stub,
    };
    return { stub: whole, clock: () => NOW_MS } as unknown as BlosmContext;
  };
  const update = async (stub: object, body: (tx: Submission, profile: NodeProfile) => Promise<NodeRecord>) =>
    submit(await contextOver(stub), 'NodeContract:Update', [JSON.stringify(nodeProfile())], body);

  it.each([
    ['an error', new Error('the peer\nhung up'), 'BLOSM_E_INTERNAL: the peer hung up'],
    ['a text', 'hung up', 'BLOSM_E_INTERNAL: hung up'],
  ])('gives a code to %s that has none', async (_, thrown, message) => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a text is thrown on purpose
    const stub = { getState: () => Promise.reject(thrown) };
    await expect(update(stub, (tx) => tx.agent())).rejects.toThrow(message);
  });

  it('writes nothing that its schema would not read', async () => {
    const putState = jest.fn();
    const broken = { v: 1, type: 'node', nodeId: '' } as unknown as NodeRecord;
    const result = update({ putState }, (tx) => {
      tx.put(nodeKey('Edge1MSP'), NodeRecord, broken);
      return Promise.resolve(broken);
    });
    await expect(result).rejects.toThrow(/^BLOSM_E_INTERNAL: /);
    expect(putState).not.toHaveBeenCalled();
    await expect(new WorldState({} as BlosmContext['stub']).put(nodeKey('x'), NodeRecord, broken)).rejects.toThrow();
  });
});
