import { transactionIdIn } from '../../agent/domain/ledger-retry';
import type { Ledger } from '../../agent/ports/ledger';
import type { ArgsOf, MigrationState, SubmitName } from '../../chaincode/src/model';
import { waitUntil } from '../../network/processes';
import { startFabricForTests, type TestNetwork } from '../support/fabric-network';
import { OrdererTap, type Moment } from './support/orderer-tap';
import {
  createInstance,
  evaluationOf,
  handOverOf,
  migrationIdOf,
  preparationOf,
  prepareMigration,
  proposalOf,
  registerNode,
  registerService,
} from './support/real-nodes';

jest.setTimeout(180_000);

/** Ports beside those of the other files. */
const BASE_PORT = 26_550;
/** How late an envelope is that was kept back at the beginning of this file and is delivered at its end. */
const LATE_MS = 60_000;

let network: TestNetwork;
let edge1: Ledger;
let edge2: Ledger;
let tap: OrdererTap;
let keptBackAtMs: number;

/** A call whose envelope the orderer has not got yet, while its sender has given up waiting. */
interface Late {
  readonly transactionId: string;
  readonly envelope: Buffer;
}

async function keepBack<N extends SubmitName>(ledger: Ledger, name: N, args: ArgsOf<N>): Promise<Late> {
  let transactionId = '';
  const envelopes = await tap.keepBack(async (signal) => {
    const failure = await ledger.submit(name, args, { signal }).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code: 'BLOSM_E_OUTCOME_UNKNOWN' });
    transactionId = transactionIdIn((failure as Error).message) ?? '';
  });
  const [envelope] = envelopes;
  if (envelope === undefined) throw new Error(`${name} sent nothing`);
  return { transactionId, envelope };
}

const LATE_IDS = ['i-aborted', 'i-late', 'i-hand-over-first', 'i-abort-first'] as const;
const handOvers = new Map<string, Late>();
const aborts = new Map<string, Late>();

const handOver = (instanceId: string): ArgsOf<'MigrationContract:HandOver'> => [handOverOf(instanceId, 'Edge2MSP')];
const abort = (instanceId: string): ArgsOf<'MigrationContract:Abort'> => [
  { migrationId: migrationIdOf(instanceId), stage: 'hand-over', reason: 'no answer' },
];

/** The migration's states, oldest first: each was written once. */
async function statesOf(instanceId: string): Promise<MigrationState[]> {
  const history = await edge1.query('MigrationContract:History', [migrationIdOf(instanceId)]);
  return history.map(({ record }) => (record as { state: MigrationState }).state).reverse();
}

const ownerOf = async (instanceId: string) => {
  const { ownerNodeId, epoch } = await edge1.query('InstanceContract:Get', [instanceId]);
  return { ownerNodeId, epoch };
};

beforeAll(async () => {
  tap = new OrdererTap();
  network = await startFabricForTests(BASE_PORT);
  [edge1, edge2] = [await registerNode(network, 'edge1'), await registerNode(network, 'edge2')];
  await registerNode(network, 'edge3');
  await registerService(edge1);
  for (const instanceId of LATE_IDS) {
    await prepareMigration(edge1, edge2, instanceId);
    handOvers.set(instanceId, await keepBack(edge1, 'MigrationContract:HandOver', handOver(instanceId)));
  }
  for (const instanceId of ['i-hand-over-first', 'i-abort-first']) {
    aborts.set(instanceId, await keepBack(edge1, 'MigrationContract:Abort', abort(instanceId)));
  }
  keptBackAtMs = Date.now();
});

afterAll(async () => {
  tap.remove();
  await network.down();
});

describe('the orderer, killed and started again in the middle of a commit', () => {
  /** Submits while the orderer dies at that moment and is started again. */
  async function throughRestart<N extends SubmitName>(ledger: Ledger, name: N, args: ArgsOf<N>, moment: Moment) {
    const { height } = await ledger.freshView();
    const from = tap.envelopes.length;
    const killed = new Promise<void>((resolve) => {
      tap.once(moment, () => {
        network.signal('orderer', 'SIGKILL');
        resolve();
      });
    });
    const submit = ledger.submit(name, args, { timeoutMs: 120_000 });
    await killed;
    await network.restore();
    const { transactionId } = await submit;
    const { height: after } = await ledger.freshView();
    const committed: string[] = [];
    for (let number = height; number < after; number += 1) {
      const { transactions } = await ledger.block(number);
      committed.push(...transactions.flatMap((t) => (t.validationCode === 'VALID' ? [t.transactionId] : [])));
    }
    // One transaction, however often its envelope was sent.
    expect(committed).toEqual([transactionId]);
    const sent = tap.envelopes.slice(from);
    expect(sent.every((envelope) => envelope.equals(sent[0]!))).toBe(true);
    return sent.length;
  }

  it('Propose, as its envelope leaves: committed once', async () => {
    await createInstance(edge1, 'i-1');
    const sent = await throughRestart(edge1, 'MigrationContract:Propose', [proposalOf('i-1')], 'leaves');
    expect(sent).toBeGreaterThan(1);
    expect(await statesOf('i-1')).toEqual(['PROPOSED']);
  });

  it('Evaluate, as the orderer has it: committed once', async () => {
    await throughRestart(edge2, 'EvaluationContract:Submit', [evaluationOf('i-1')], 'is answered');
    const evaluations = await edge1.query('EvaluationContract:List', [migrationIdOf('i-1')]);
    expect(evaluations.map(({ nodeId }) => nodeId)).toEqual(['Edge2MSP']);
  });

  it('Prepare, as its envelope leaves: committed once', async () => {
    await throughRestart(edge2, 'MigrationContract:Prepare', [preparationOf('i-1')], 'leaves');
    const prepares = await edge1.query('MigrationContract:Prepares', [migrationIdOf('i-1')]);
    expect(prepares.map(({ nodeId }) => nodeId)).toEqual(['Edge2MSP']);
  });

  it('HandOver, as the orderer has it: committed once', async () => {
    await throughRestart(edge1, 'MigrationContract:HandOver', handOver('i-1'), 'is answered');
    expect(await statesOf('i-1')).toEqual(['PROPOSED', 'HANDED_OVER']);
    expect(await ownerOf('i-1')).toEqual({ ownerNodeId: 'Edge2MSP', epoch: 2 });
  });

  it('HandOver, as its envelope leaves, by a caller who does not wait: a code, and the ledger tells', async () => {
    await prepareMigration(edge1, edge2, 'i-2');
    const from = tap.envelopes.length;
    const gone = new AbortController();
    tap.once('leaves', () => {
      network.signal('orderer', 'SIGKILL');
      gone.abort();
    });
    const submit = edge1.submit('MigrationContract:HandOver', handOver('i-2'), { signal: gone.signal });
    const failure = await submit.catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code: 'BLOSM_E_OUTCOME_UNKNOWN' });
    expect(tap.envelopes.slice(from).every((envelope) => envelope.equals(tap.envelopes[from]!))).toBe(true);
    await network.restore();
    // Asked again with the same arguments it is the same hand-over, whatever became of the first.
    await edge1.submit('MigrationContract:HandOver', handOver('i-2'));
    expect(await statesOf('i-2')).toEqual(['PROPOSED', 'HANDED_OVER']);
    expect(await ownerOf('i-2')).toEqual({ ownerNodeId: 'Edge2MSP', epoch: 2 });
  });
});

describe('a hand-over that reaches the orderer 60 s late', () => {
  beforeAll(async () => {
    const isLate = (): boolean => Date.now() - keptBackAtMs >= LATE_MS;
    await waitUntil(isLate, { deadlineMs: LATE_MS + 10_000, what: 'the envelopes to be 60 s late' });
  });

  async function settled({ transactionId }: Late): Promise<string> {
    const isThere = async () => (await edge1.settle(transactionId)).status !== 'absent';
    await waitUntil(isThere, { deadlineMs: 30_000, what: `transaction ${transactionId}` });
    const status = await edge1.settle(transactionId);
    return status.status === 'invalid' ? status.validationCode : status.status;
  }

  it('after an abort that is committed: it has no effect', async () => {
    await edge1.submit('MigrationContract:Abort', abort('i-aborted'));
    const late = handOvers.get('i-aborted')!;
    await tap.deliver(late.envelope);
    expect(await settled(late)).toBe('MVCC_READ_CONFLICT');
    expect(await statesOf('i-aborted')).toEqual(['PROPOSED', 'ABORTED']);
    expect(await ownerOf('i-aborted')).toEqual({ ownerNodeId: 'Edge1MSP', epoch: 1 });
  });

  it('before the abort: it counts, and the abort is refused', async () => {
    const late = handOvers.get('i-late')!;
    expect(await edge1.settle(late.transactionId)).toEqual({ status: 'absent' });
    await tap.deliver(late.envelope);
    expect(await settled(late)).toBe('valid');
    await expect(edge1.submit('MigrationContract:Abort', abort('i-late'))).rejects.toMatchObject({
      code: 'BLOSM_E_WRONG_STATE',
    });
    expect(await ownerOf('i-late')).toEqual({ ownerNodeId: 'Edge2MSP', epoch: 2 });
  });

  it.each([
    ['i-hand-over-first', ['HandOver', 'Abort'], 'HANDED_OVER', { ownerNodeId: 'Edge2MSP', epoch: 2 }],
    ['i-abort-first', ['Abort', 'HandOver'], 'ABORTED', { ownerNodeId: 'Edge1MSP', epoch: 1 }],
  ] as const)('beside an abort that is as late, %s: the first one counts', async (instanceId, order, state, owner) => {
    const late = { HandOver: handOvers.get(instanceId)!, Abort: aborts.get(instanceId)! };
    for (const name of order) await tap.deliver(late[name].envelope);
    expect(await settled(late[order[0]])).toBe('valid');
    expect(await settled(late[order[1]])).toBe('MVCC_READ_CONFLICT');
    expect(await statesOf(instanceId)).toEqual(['PROPOSED', state]);
    expect(await ownerOf(instanceId)).toEqual(owner);
  });
});
