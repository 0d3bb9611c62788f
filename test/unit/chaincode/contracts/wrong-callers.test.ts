import {
  TRANSACTIONS,
  encodeArgs,
  type ErrorCode,
  type QueryName,
  type SubmitName,
} from '../../../../chaincode/src/model';
import { FakeLedger } from '../../../fakes/ledger';
import { QUERIES, SUBMITS } from '../../../support/chaincode-calls';
import { testIdentity, type TestIdentity } from '../../../support/identity';
import { playUpTo, suspend, type Stage } from '../../../support/ledger-scenes';

/** A member of the channel that has not registered a node. */
const STRANGER = 'Edge9MSP';
/** A registered, active node that has no part in the scenes. */
const BYSTANDER = 'Edge3MSP';

const NAMES = namesOf('submit');

function namesOf<K extends 'submit' | 'query'>(kind: K): (K extends 'submit' ? SubmitName : QueryName)[] {
  const entries = Object.entries(TRANSACTIONS).filter(([, shape]) => shape.kind === kind);
  return entries.map(([name]) => name) as (K extends 'submit' ? SubmitName : QueryName)[];
}

const argsOf = async (name: SubmitName, nowMs: number): Promise<string[]> =>
  encodeArgs(await SUBMITS[name].args(nowMs));

/** The channel as the holder of the certificate sees it, by any peer that lets it in. */
const as = ({ channel }: Stage, identity: TestIdentity): FakeLedger =>
  new FakeLedger(channel, channel.peer('Edge1MSP'), identity);

/** The certificate whose call it is. */
const rightful = (name: SubmitName): Promise<TestIdentity> => {
  const { nodeId, by } = SUBMITS[name];
  return by === 'admin' ? testIdentity(nodeId, 'admin') : testIdentity(nodeId, 'client', 'agent');
};

interface WrongCaller {
  readonly who: string;
  readonly identity: (name: SubmitName) => Promise<TestIdentity>;
  /** Undefined: for this function the caller is not wrong. */
  readonly code: (name: SubmitName) => ErrorCode | undefined;
  readonly before?: (stage: Stage, name: SubmitName) => Promise<void>;
}

const isFor = (name: SubmitName, role: 'agent' | 'admin'): boolean => [role, 'either'].includes(SUBMITS[name].by);
const refusedAs = (role: 'agent' | 'admin', code: ErrorCode) => (name: SubmitName) =>
  isFor(name, role) ? undefined : code;

const WRONG_CALLERS: readonly WrongCaller[] = [
  {
    who: 'another certificate of the organisation',
    identity: (name) => testIdentity(SUBMITS[name].nodeId, 'client', 'another'),
    code: () => 'BLOSM_E_FORBIDDEN',
  },
  {
    who: 'the admin of the organisation',
    identity: (name) => testIdentity(SUBMITS[name].nodeId, 'admin'),
    code: refusedAs('admin', 'BLOSM_E_FORBIDDEN'),
  },
  {
    who: 'the agent of the organisation',
    identity: (name) => testIdentity(SUBMITS[name].nodeId, 'client', 'agent'),
    code: refusedAs('agent', 'BLOSM_E_FORBIDDEN'),
  },
  {
    who: 'the agent of another node',
    identity: () => testIdentity(BYSTANDER, 'client', 'agent'),
    code: (name) => {
      const { by, others } = SUBMITS[name];
      if (by === 'admin') return 'BLOSM_E_FORBIDDEN';
      return others === 'anybody' || others === 'itself' ? undefined : others;
    },
  },
  {
    who: "the agent's certificate under another organisation's name",
    identity: async (name) => ({
      ...(await testIdentity(SUBMITS[name].nodeId, 'client', 'agent')),
      mspId: BYSTANDER,
    }),
    code: () => 'BLOSM_E_FORBIDDEN',
  },
  {
    who: 'the admin of another node',
    identity: () => testIdentity(BYSTANDER, 'admin'),
    code: (name) => (name === 'NodeContract:Register' ? 'BLOSM_E_INVALID_ARGUMENT' : undefined),
  },
  {
    who: 'an agent that nobody registered',
    identity: () => testIdentity(STRANGER, 'client', 'agent'),
    code: (name) => (SUBMITS[name].by === 'admin' ? 'BLOSM_E_FORBIDDEN' : 'BLOSM_E_NOT_REGISTERED'),
  },
  {
    who: 'an admin whose organisation has no node',
    identity: () => testIdentity(STRANGER, 'admin'),
    code: (name) => {
      const { by } = SUBMITS[name];
      if (by === 'admin') return undefined;
      return by === 'either' ? 'BLOSM_E_NOT_FOUND' : 'BLOSM_E_NOT_REGISTERED';
    },
  },
  {
    who: 'a node that is suspended',
    identity: rightful,
    code: (name) => SUBMITS[name].suspended ?? undefined,
    before: (stage, name) => suspend(stage, SUBMITS[name].nodeId),
  },
];

const CASES = NAMES.flatMap((name) =>
  WRONG_CALLERS.flatMap(({ code, ...caller }) => {
    const expected = code(name);
    return expected === undefined ? [] : [{ name, expected, ...caller }];
  }),
);

/** What the peers hold, and how many blocks there are. */
const stateOf = ({ channel }: Stage) => ({
  height: channel.height,
  stored: channel.allPeers().map((peer) => peer.store.dump()),
});

it('there is a row for every function of the chaincode, and for nothing else', () => {
  expect(Object.keys(SUBMITS).sort()).toEqual([...NAMES].sort());
  expect(Object.keys(QUERIES).sort()).toEqual(namesOf('query').sort());
});

describe('the rightful caller', () => {
  it.each(NAMES)('of %s writes', async (name) => {
    const stage = await playUpTo(SUBMITS[name].scene);
    const ledger = as(stage, await rightful(name));
    const { transactionId } = await ledger.submitRaw(name, await argsOf(name, stage.clock.nowMs()));
    const found = stage.channel.peer('Edge1MSP').find(transactionId);
    expect(found?.validationCode).toBe('VALID');
    expect(found?.envelope.endorsement.set.writes.size).toBeGreaterThan(0);
  });
});

describe('a wrong caller', () => {
  it.each(CASES)('$name by $who: $expected', async ({ name, expected, identity, before }) => {
    const stage = await playUpTo(SUBMITS[name].scene);
    await before?.(stage, name);
    const unchanged = stateOf(stage);
    const call = as(stage, await identity(name)).submitRaw(name, await argsOf(name, stage.clock.nowMs()));
    await expect(call).rejects.toMatchObject({ code: expected });
    expect(stateOf(stage)).toEqual(unchanged);
  });

  const itself = NAMES.filter((name) => SUBMITS[name].others === 'itself').map(
    (name) => [name, SUBMITS[name].by === 'admin' ? 'admin' : 'agent'] as const,
  );

  it.each(itself)('%s by the %s of another node changes nothing but its own records', async (name, role) => {
    const stage = await playUpTo(SUBMITS[name].scene);
    const { store } = stage.channel.peer('Edge1MSP');
    // A record of a certificate names its node in its value.
    const isOwn = (entry: readonly [string, string]): boolean =>
      entry
        .join('\u0000')
        .split(/[\u0000"]/)
        .includes(BYSTANDER);
    const ofOthers = () => [...store.dump()].filter((entry) => !isOwn(entry));
    const unchanged = ofOthers();
    const identity = await (role === 'admin'
      ? testIdentity(BYSTANDER, 'admin')
      : testIdentity(BYSTANDER, 'client', 'agent'));
    await as(stage, identity).submitRaw(name, await argsOf(name, stage.clock.nowMs()));
    expect(ofOthers()).toEqual(unchanged);
  });
});

describe('a query', () => {
  it.each(namesOf('query'))('%s by a stranger, sent to the orderer as if it wrote, writes nothing', async (name) => {
    const { channel, clock } = await playUpTo('prepared');
    const creator = await testIdentity(STRANGER, 'client', 'agent');
    const args = [name, ...encodeArgs(QUERIES[name])];
    const endorsement = await channel
      .peer('Edge1MSP')
      .endorse({ txId: 'tx-1', timestampMs: clock.nowMs(), creator, args });
    expect(endorsement.set.writes.size).toBe(0);
    expect(endorsement.event).toBeUndefined();
  });
});

describe("a transaction's time", () => {
  const OFF_MS = [-31_000, 31_000, -29_000, 29_000];

  it.each(NAMES.flatMap((name) => OFF_MS.map((offMs) => [name, offMs] as const)))(
    'of %s may be 29 s off and not 31 s: %d ms',
    async (name, offMs) => {
      const stage = await playUpTo(SUBMITS[name].scene);
      const args = await argsOf(name, stage.clock.nowMs());
      const ledger = as(stage, await rightful(name));
      ledger.clockOffsetMs = offMs;
      const unchanged = stateOf(stage);
      if (Math.abs(offMs) < 30_000) {
        await ledger.submitRaw(name, args);
        expect(stateOf(stage).height).toBe(unchanged.height + 1);
      } else {
        await expect(ledger.submitRaw(name, args)).rejects.toMatchObject({ code: 'BLOSM_E_CLOCK_SKEW' });
        expect(stateOf(stage)).toEqual(unchanged);
      }
    },
  );
});
