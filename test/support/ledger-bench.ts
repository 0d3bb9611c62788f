import type { Committed } from '../../agent/ports/ledger';
import type { ErrorCode, InstanceRecord, MigrationRecord } from '../../chaincode/src/model';
import { FakeChannel } from '../fakes/channel';
import type { FakeLedger } from '../fakes/ledger';
import { VirtualClock } from '../fakes/virtual-clock';
import {
  handOverOrder,
  instanceCreation,
  preparation,
  proposal,
  registerNodes,
  serviceRegistration,
  trueEvaluation,
} from './ledger-samples';

/** Three registered nodes on a channel in memory. */
export interface Bench {
  readonly clock: VirtualClock;
  readonly channel: FakeChannel;
  readonly edge1: FakeLedger;
  readonly edge2: FakeLedger;
  readonly edge3: FakeLedger;
}

export async function makeBench(): Promise<Bench> {
  const clock = new VirtualClock();
  const channel = new FakeChannel({ nodeIds: ['Edge1MSP', 'Edge2MSP', 'Edge3MSP'], clock });
  const [edge1, edge2, edge3] = await registerNodes(channel, 'Edge1MSP', 'Edge2MSP', 'Edge3MSP');
  return { clock, channel, edge1: edge1!, edge2: edge2!, edge3: edge3! };
}

/** ... and an instance `i-1` of the service `counter` at edge1. */
export async function withInstance(): Promise<Bench> {
  const bench = await makeBench();
  await bench.edge1.submit('ServiceContract:Register', [serviceRegistration()]);
  await bench.edge1.submit('InstanceContract:Create', [instanceCreation()]);
  return bench;
}

/** ... and its migration `m-1`, proposed and deadline in five minutes. */
export async function withProposal(changes: Parameters<typeof proposal>[1] = {}): Promise<Bench> {
  const bench = await withInstance();
  await bench.edge1.submit('MigrationContract:Propose', [proposal(bench.clock.nowMs(), changes)]);
  return bench;
}

/** ... and edge2 has offered to take it. */
export async function withOffer(changes: Parameters<typeof proposal>[1] = {}): Promise<Bench> {
  const bench = await withProposal(changes);
  await bench.edge2.submit('EvaluationContract:Submit', [trueEvaluation(bench.clock.nowMs())]);
  return bench;
}

/** ... and prepared it. */
export async function withPreparation(): Promise<Bench> {
  const bench = await withOffer();
  await bench.edge2.submit('MigrationContract:Prepare', [preparation()]);
  return bench;
}

/** ... and owns it. */
export async function withHandOver(): Promise<Bench> {
  const bench = await withPreparation();
  await bench.edge1.submit('MigrationContract:HandOver', [handOverOrder()]);
  return bench;
}

export const instanceOf = ({ edge3 }: Bench): Promise<InstanceRecord> => edge3.query('InstanceContract:Get', ['i-1']);
export const migrationOf = ({ edge3 }: Bench): Promise<MigrationRecord> =>
  edge3.query('MigrationContract:Get', ['m-1']);

/** The call fails with this code, and no peer's state changes. */
export async function expectRefusal(
  { channel }: Bench,
  code: ErrorCode,
  call: () => Promise<unknown>,
  message = /./,
): Promise<void> {
  const before = channel.peer('Edge1MSP').store.dump();
  const error: unknown = await call().then(
    (value) => new Error(`not refused: ${JSON.stringify(value)}`),
    (caught: unknown) => caught,
  );
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string });
  expect(channel.peer('Edge1MSP').store.dump()).toEqual(before);
}

/** The committed transaction wrote nothing and announced nothing. */
export function expectNoWrites({ channel }: Bench, { transactionId }: Committed<unknown>): void {
  const found = channel.peer('Edge1MSP').find(transactionId);
  expect(found?.validationCode).toBe('VALID');
  expect([...(found?.envelope.endorsement.set.writes.keys() ?? ['not found'])]).toEqual([]);
  expect(found?.envelope.endorsement.event).toBeUndefined();
}

/** The payload of the committed transaction's event. */
export function eventOf({ channel }: Bench, { transactionId }: Committed<unknown>): unknown {
  const event = channel.peer('Edge1MSP').find(transactionId)?.envelope.endorsement.event;
  return event === undefined ? undefined : JSON.parse(event.payload.toString('utf8'));
}

/** The object types that the committed transaction wrote, sorted. */
export function typesWritten({ channel }: Bench, { transactionId }: Committed<unknown>): string[] {
  const writes = channel.peer('Edge1MSP').find(transactionId)?.envelope.endorsement.set.writes ?? new Map();
  return [...writes.keys()].map((key: string) => key.split('\u0000')[1] ?? '').sort();
}
