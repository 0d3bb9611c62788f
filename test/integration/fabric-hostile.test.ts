import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PeerAnswer, ProposalResponse } from '../../agent/adapters/fabric-grpc';
import { QuorumTracker } from '../../agent/domain/quorum';
import { activeNodes } from '../../agent/domain/lease';
import type { Ledger } from '../../agent/ports/ledger';
import { encodeArgs, type ErrorCode, type SubmitName, type TransactionName } from '../../chaincode/src/model';
import { fabricLayout } from '../../network/fabric/layout';
import { readRecord, waitUntil } from '../../network/processes';
import { BAD_INPUTS } from '../support/bad-inputs';
import { QUERIES, SUBMITS } from '../support/chaincode-calls';
import { startFabricForTests, type TestNetwork } from '../support/fabric-network';
import { containerFacts, digest } from '../support/ledger-samples';
import { alteredChaincode } from './support/changed-chaincode';
import {
  createInstance,
  evaluationOf,
  handOverOf,
  migrationIdOf,
  prepareMigration,
  proposalOf,
  registerNode,
  registerService,
} from './support/real-nodes';
import { UnrulyMember } from './support/unruly-member';

jest.setTimeout(120_000);

/** Ports beside those of the other files. */
const BASE_PORT = 26_050;

let network: TestNetwork;
let edge1: Ledger;
let edge2: Ledger;
let edge3: Ledger;
let work: string;

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'blosm-hostile-'));
  network = await startFabricForTests(BASE_PORT);
  [edge1, edge2, edge3] = [
    await registerNode(network, 'edge1'),
    await registerNode(network, 'edge2'),
    await registerNode(network, 'edge3'),
  ];
  await registerService(edge1);
});

afterAll(async () => {
  await network.down();
  rmSync(work, { recursive: true, force: true });
});

const unruly = async (cluster: string, clockOffsetMs = 0): Promise<UnrulyMember> =>
  new UnrulyMember(await network.channelOptions(cluster), clockOffsetMs);

const heightNow = async (): Promise<number> => (await edge1.freshView()).height;

describe('a transaction whose time is off', () => {
  it.each<[number, string]>([
    [-40_000, 'BLOSM_E_CLOCK_SKEW'],
    [40_000, 'BLOSM_E_CLOCK_SKEW'],
    [-20_000, 'endorsed'],
    [20_000, 'endorsed'],
  ])('by %d ms: %s by every real peer', async (offMs, expected) => {
    const member = await unruly('edge1', offMs);
    const share = { metadataId: 'meta-off', instanceId: null, container: containerFacts() };
    try {
      for (const mspId of ['Edge1MSP', 'Edge2MSP', 'Edge3MSP']) {
        const answer = await member.ask(mspId, member.propose('MetadataContract:Share', encodeArgs([share])));
        expect(answer.kind === 'refused' ? answer.code : answer.kind).toBe(expected);
      }
    } finally {
      await member.close();
    }
  });
});

describe('bad inputs at a real peer', () => {
  /** One of each kind, spread over the functions. */
  const KINDS = [
    /^0 arguments/,
    /a further argument of 10 MB/,
    /is 10 MB of letters/,
    /is 10 MB of zero bytes/,
    /has 10 MB of spaces/,
    /10,000 arrays deep/,
    /10,000 objects deep/,
    /nothing but escaped quotes/,
    /byte order mark/,
    /is cut off/,
    /is 2\^53 \+ 1/,
    /beyond every number/,
    /in exponent form/,
    /far below zero/,
    /number in a text/,
    /begins with a zero byte/,
    /half a surrogate/,
    /override of the direction/,
    /has the key __proto__/,
    /first key twice/,
    /10,000 entries/,
  ];
  const sample = KINDS.map((kind, index) => {
    const ofKind = BAD_INPUTS.filter(({ what }) => kind.test(what));
    return ofKind[Math.floor((ofKind.length * index) / KINDS.length)]!;
  });
  let member: UnrulyMember;

  beforeAll(async () => {
    member = await unruly('edge1');
  });
  afterAll(() => member.close());

  it.each(sample)('$name: $what', async ({ name, from }) => {
    const before = await heightNow();
    const args = from(await goodArgs(name));
    const answer = await member.ask('Edge1MSP', member.propose(name, args));
    expect(answer).toMatchObject({ kind: 'refused', code: 'BLOSM_E_INVALID_ARGUMENT' });
    expect(await heightNow()).toBe(before);
  });

  it.each([
    ['a field', Buffer.from('{"metadataIds":["\u00ff"]}', 'latin1')],
    ['the whole', Buffer.from([0xff, 0xfe, 0x00, 0x80])],
  ])('ConfirmationContract:Confirm: bytes that are not UTF-8 in %s', async (_, bytes) => {
    const answer = await member.ask('Edge1MSP', member.propose('ConfirmationContract:Confirm', [bytes]));
    expect(answer).toMatchObject({ kind: 'refused', code: 'BLOSM_E_INVALID_ARGUMENT' });
  });

  it('leave the chaincode as quick as it was: the next call is answered', async () => {
    expect(await edge1.query('NodeContract:List', [])).toHaveLength(3);
  });
});

async function goodArgs(name: TransactionName): Promise<readonly string[]> {
  if (name in SUBMITS) return encodeArgs(await SUBMITS[name as SubmitName].args(Date.now()));
  return encodeArgs(QUERIES[name as keyof typeof QUERIES]);
}

describe('one of three nodes that stops renewing', () => {
  const nodes = () => edge1.query('NodeContract:List', []);

  /** What the confirmations on the ledger amount to now, and nobody is waited for any more. */
  async function verdict(metadataId: string) {
    const tracker = new QuorumTracker('records', 'Edge1MSP');
    for (const { nodeId } of await edge1.query('ConfirmationContract:List', [metadataId])) tracker.addRecord(nodeId);
    return tracker.judge({ nodeIds: activeNodes(await nodes()).map((n) => n.nodeId), nowMs: 1, deadlineMs: 1 });
  }

  /** Two agents that keep their leases, as the real ones do. */
  function keepRenewing(...ledgers: readonly Ledger[]): () => Promise<void> {
    const stop = new AbortController();
    const renewing = ledgers.map(async (ledger) => {
      while (!stop.signal.aborted) await ledger.submit('NodeContract:Renew', [{ leaseSeconds: 5 }]);
    });
    return async () => {
      stop.abort();
      await Promise.all(renewing);
    };
  }

  it('is suspended, the other two are enough for a migration, and it counts again once it renews', async () => {
    const stopRenewing = keepRenewing(edge1, edge2);
    await edge3.submit('NodeContract:Renew', [{ leaseSeconds: 5 }]);
    await createInstance(edge1, 'i-lease');
    const metadataId = migrationIdOf('i-lease');
    await edge1.submit('MigrationContract:Propose', [proposalOf('i-lease')]);
    await edge2.submit('EvaluationContract:Submit', [evaluationOf('i-lease')]);
    await expect(edge2.submit('NodeContract:Suspend', ['Edge3MSP'])).rejects.toMatchObject({
      code: 'BLOSM_E_LEASE_HELD',
    });
    expect(await verdict(metadataId)).toMatchObject({
      kind: 'undecided',
      confirmed: 2,
      total: 3,
      missing: ['Edge3MSP'],
    });

    const isSuspended = () =>
      edge2.submit('NodeContract:Suspend', ['Edge3MSP']).then(
        ({ result }) => result.state === 'SUSPENDED',
        () => false,
      );
    await waitUntil(isSuspended, { deadlineMs: 30_000, what: 'the suspension' });
    expect(await verdict(metadataId)).toEqual({ kind: 'confirmed', confirmed: 2, total: 2 });
    const late = edge3.submit('EvaluationContract:Submit', [evaluationOf('i-lease')]);
    await expect(late).rejects.toMatchObject({ code: 'BLOSM_E_SUSPENDED' });
    // Never below a majority.
    await expect(edge2.submit('NodeContract:Suspend', ['Edge1MSP'])).rejects.toMatchObject({
      code: expect.stringMatching(/BLOSM_E_(LEASE_HELD|MAJORITY)/) as string,
    });

    await stopRenewing();
    for (const ledger of [edge1, edge2, edge3]) await ledger.submit('NodeContract:Renew', [{ leaseSeconds: 3600 }]);
    expect(activeNodes(await nodes())).toHaveLength(3);
    expect(await verdict(metadataId)).toMatchObject({ kind: 'undecided', confirmed: 2, total: 3 });
    await edge3.submit('EvaluationContract:Submit', [evaluationOf('i-lease')]);
    expect(await verdict(metadataId)).toEqual({ kind: 'confirmed', confirmed: 3, total: 3 });
  });
});

describe('a peer whose chaincode skips the checks of the owner', () => {
  const ALTERATIONS = [
    { file: 'rules/instance.js', text: 'function requireOwner(instance, nodeId) {', by: '$& return;' },
    { file: 'rules/migration.js', text: 'function requireSource(migration, nodeId) {', by: '$& return;' },
    { file: 'rules/takeover.js', text: 'function requireSuspendedOwner({ instance, owner }) {', by: '$& return;' },
  ].map(({ by, ...rest }) => ({ ...rest, by: by.replace('$&', rest.text) }));
  const own = 'Edge3MSP';
  let altered: ChildProcess | undefined;
  let member: UnrulyMember;

  const ATTACKS: readonly (readonly [SubmitName, string, object, ErrorCode])[] = [
    ['MigrationContract:Propose', 'i-idle', proposalOf('i-idle', { migrationId: 'm-evil' }), 'BLOSM_E_NOT_OWNER'],
    ['MigrationContract:HandOver', 'i-open', handOverOf('i-open', own), 'BLOSM_E_NOT_OWNER'],
    [
      'MigrationContract:Abort',
      'i-open',
      { migrationId: migrationIdOf('i-open'), stage: 'push', reason: 'because I can' },
      'BLOSM_E_NOT_OWNER',
    ],
    [
      'MigrationContract:Complete',
      'i-moved',
      { migrationId: migrationIdOf('i-moved'), tokenSha256: digest('e') },
      'BLOSM_E_NOT_OWNER',
    ],
    ['InstanceContract:Remove', 'i-idle', { instanceId: 'i-idle', epoch: 1 }, 'BLOSM_E_NOT_OWNER'],
    ['InstanceContract:Claim', 'i-idle', { instanceId: 'i-idle', epoch: 1 }, 'BLOSM_E_OWNER_ACTIVE'],
  ];

  beforeAll(async () => {
    await createInstance(edge1, 'i-idle');
    await prepareMigration(edge1, edge3, 'i-open');
    await prepareMigration(edge1, edge2, 'i-moved');
    await edge1.submit('MigrationContract:HandOver', [handOverOf('i-moved', 'Edge2MSP')]);
    member = await unruly('edge3');
    altered = replaceChaincode();
    await waitUntil(isServing, { deadlineMs: 30_000, what: "the altered chaincode to answer by edge3's peer" });
  });

  afterAll(async () => {
    await member.close();
    altered?.kill('SIGKILL');
    if (altered?.exitCode === null && altered.signalCode === null) await once(altered, 'exit');
  });

  /** Ends the cluster's chaincode process, and serves another chaincode at its address, under its name. */
  function replaceChaincode(): ChildProcess {
    const folder = alteredChaincode(work, 'altered-chaincode', ALTERATIONS);
    const record = readRecord(fabricLayout(network.stateFolder).node('edge3-chaincode').stateFile);
    const [program = '', ...args] = record?.command ?? [];
    network.signal('edge3-chaincode', 'SIGKILL');
    return spawn(program, args, {
      cwd: folder,
      stdio: 'ignore',
      env: { ...process.env, CORE_CHAINCODE_LOGGING_LEVEL: 'error' },
    });
  }

  /** It is the altered one that answers when it endorses what it must not. */
  async function isServing(): Promise<boolean> {
    const removal = member.propose('InstanceContract:Remove', encodeArgs([{ instanceId: 'i-idle', epoch: 1 }]));
    return (await member.ask(own, removal)).kind === 'endorsed';
  }

  const endorsedBy = (answer: PeerAnswer): ProposalResponse[] => (answer.kind === 'endorsed' ? [answer.response] : []);

  it.each(ATTACKS)('cannot %s on %s', async (name, instanceId, argument, refusal) => {
    const before = await edge1.query('InstanceContract:Get', [instanceId]);
    const proposal = member.propose(name, encodeArgs([argument]));
    const [alone] = endorsedBy(await member.ask(own, proposal));
    expect(alone).toBeDefined();
    for (const honest of ['Edge1MSP', 'Edge2MSP']) {
      expect(await member.ask(honest, proposal)).toMatchObject({ kind: 'refused', code: refusal });
    }
    await member.order(proposal, [alone!]);
    await settlesAs(proposal.transactionId, 'ENDORSEMENT_POLICY_FAILURE');
    const twice = member.propose(name, encodeArgs([argument]));
    const [again] = endorsedBy(await member.ask(own, twice));
    await member.order(twice, [again!, again!]);
    await settlesAs(twice.transactionId, 'ENDORSEMENT_POLICY_FAILURE');
    expect(await edge1.query('InstanceContract:Get', [instanceId])).toEqual(before);
  });

  async function settlesAs(transactionId: string, validationCode: string): Promise<void> {
    const isThere = async () => (await edge1.settle(transactionId)).status !== 'absent';
    await waitUntil(isThere, { deadlineMs: 30_000, what: `transaction ${transactionId}` });
    expect(await edge1.settle(transactionId)).toMatchObject({ status: 'invalid', validationCode });
  }

  it('gets no agreement of others when it asks as an agent does', async () => {
    const remove = edge3.submit('InstanceContract:Remove', [{ instanceId: 'i-idle', epoch: 1 }], { timeoutMs: 2_000 });
    await expect(remove).rejects.toMatchObject({
      code: expect.stringMatching(/BLOSM_E_(ENDORSEMENT_MISMATCH|NOT_OWNER)/) as string,
    });
  });

  it('is in nobody’s way: the owner hands over, the destination completes', async () => {
    await edge1.submit('InstanceContract:Remove', [{ instanceId: 'i-idle', epoch: 1 }]);
    await edge2.submit('MigrationContract:Complete', [{ migrationId: migrationIdOf('i-moved'), tokenSha256: null }]);
    await edge1.submit('MigrationContract:HandOver', [handOverOf('i-open', own)]);
    expect(await edge1.query('InstanceContract:Get', ['i-moved'])).toMatchObject({
      ownerNodeId: 'Edge2MSP',
      epoch: 2,
      openMigrationId: null,
    });
  });
});
