import { eventsOfBlock, readBlockEvents } from '../../../../agent/adapters/fabric-grpc/block-events';
import { readFilteredBlock } from '../../../../agent/adapters/fabric-grpc/filtered-blocks';
import { protos } from '../../../../agent/adapters/fabric-grpc/protos';
import { describeTransaction } from '../../../../agent/adapters/fabric-grpc/transaction-reader';
import { blockOf, callEnvelope, configEnvelope } from '../../../fakes/fabric-blocks';

const VALID = 0;
const MVCC = 11;
const payload = { v: 1, name: 'MetadataShared', nodeId: 'Edge1MSP', metadataIds: ['meta-1'] };
const call = (
  transactionId: string,
  event: { chaincode: string; payload: unknown } | null = { chaincode: 'blosm', payload },
) => callEnvelope({ transactionId, words: ['F', 'a'], ...(event === null ? {} : { event }) });

describe('the events of a block', () => {
  it('are those of its valid transactions, in order', () => {
    const block = blockOf(7, [
      [call('one'), VALID],
      [call('two'), MVCC],
      [call('three'), VALID],
    ]);
    expect(eventsOfBlock(block, 'blosm')).toEqual({
      blockNumber: 7,
      events: [
        { transactionId: 'one', payload },
        { transactionId: 'three', payload },
      ],
      unreadable: [],
    });
  });

  it('leave out other chaincodes, calls without event and configurations', () => {
    const block = blockOf(8, [
      [call('one', { chaincode: 'other', payload: 'not JSON' }), VALID],
      [call('two', null), VALID],
      [configEnvelope(), VALID],
    ]);
    expect(eventsOfBlock(block, 'blosm')).toEqual({ blockNumber: 8, events: [], unreadable: [] });
  });

  it('that cannot be read are named, and stop nothing', () => {
    const block = blockOf(9, [
      [Buffer.from([0xff, 0xff]), VALID],
      [call('one', { chaincode: 'blosm', payload: { ...payload, name: 'FromTheFuture' } }), VALID],
      [call('two'), VALID],
    ]);
    const { events, unreadable } = eventsOfBlock(block, 'blosm');
    expect(events).toEqual([{ transactionId: 'two', payload }]);
    expect(unreadable).toEqual([expect.stringMatching(/^transaction 0: /), expect.stringMatching(/^transaction 1: /)]);
  });

  it('come out of the stream; its end comes with a status', () => {
    const message = (fields: protos.protos.IDeliverResponse) => protos.protos.DeliverResponse.encode(fields).finish();
    const block = blockOf(3, [[call('one'), VALID]]);
    expect(readBlockEvents(message({ block }), 'blosm')).toMatchObject({ block: { blockNumber: 3 } });
    expect(readBlockEvents(message({ status: protos.common.Status.FORBIDDEN }), 'blosm')).toEqual({ status: 403 });
  });
});

describe('a filtered block', () => {
  const message = (fields: protos.protos.IDeliverResponse) => protos.protos.DeliverResponse.encode(fields).finish();

  it('tells what became of each transaction, of the first where an id is there twice', () => {
    const filtered_block = {
      number: 5,
      filtered_transactions: [
        { txid: 'one', tx_validation_code: VALID },
        { txid: 'two', tx_validation_code: MVCC },
        { txid: 'one', tx_validation_code: 9 },
        { txid: '', tx_validation_code: VALID },
        { txid: 'four', tx_validation_code: 200 },
      ],
    };
    expect(readFilteredBlock(message({ filtered_block }))).toEqual({
      block: {
        number: 5,
        codes: new Map([
          ['one', 'VALID'],
          ['two', 'MVCC_READ_CONFLICT'],
          ['four', 'CODE_200'],
        ]),
      },
    });
  });

  it('may be a status', () => {
    expect(readFilteredBlock(message({ status: protos.common.Status.SERVICE_UNAVAILABLE }))).toEqual({ status: 503 });
  });
});

describe('a transaction for people', () => {
  it('says who called what, and who endorsed it', () => {
    const envelope = callEnvelope({
      transactionId: 'one',
      words: ['MigrationContract:Propose', '{}'],
      endorsers: ['Edge1MSP', 'Edge3MSP'],
    });
    expect(describeTransaction('one', { envelope, validationCode: 'VALID', blockNumber: 4 })).toEqual({
      transactionId: 'one',
      blockNumber: 4,
      validationCode: 'VALID',
      timestampMs: 1_700_000_000_123,
      creatorMspId: 'Edge1MSP',
      functionName: 'MigrationContract:Propose',
      args: ['{}'],
      endorserMspIds: ['Edge1MSP', 'Edge3MSP'],
      sizeBytes: protos.common.Envelope.encode(envelope).finish().length,
    });
  });

  it('may be no call of a chaincode', () => {
    const stored = { envelope: configEnvelope(), validationCode: 'VALID', blockNumber: 0 };
    expect(describeTransaction('', stored)).toMatchObject({ functionName: '', args: [], endorserMspIds: [] });
  });
});
