import { ReloadingLedger } from '../../../../agent/adapters/identity';
import type { BlockEvents, EventCheckpoint } from '../../../../agent/ports/ledger';
import { FakeChannel } from '../../../fakes/channel';
import type { FakeLedger } from '../../../fakes/ledger';
import { VirtualClock, settleTasks } from '../../../fakes/virtual-clock';
import { containerFacts, registerNodes } from '../../../support/ledger-samples';

let channel: FakeChannel;
let clock: VirtualClock;
let other: FakeLedger;
let first: FakeLedger;
let ledger: ReloadingLedger;
let closed: string[];

/** A connection of Edge1MSP's agent that says when it is closed. */
async function connection(name: string): Promise<FakeLedger> {
  const made = await channel.agent('Edge1MSP');
  jest.spyOn(made, 'close').mockImplementation(() => Promise.resolve(void closed.push(name)));
  return made;
}

const share = (from: { submit: FakeLedger['submit'] }, metadataId: string) =>
  from.submit('MetadataContract:Share', [{ metadataId, instanceId: null, container: containerFacts() }]);

beforeEach(async () => {
  closed = [];
  clock = new VirtualClock();
  channel = new FakeChannel({ nodeIds: ['Edge1MSP', 'Edge2MSP', 'Edge3MSP'], clock });
  [, other] = (await registerNodes(channel, 'Edge1MSP', 'Edge2MSP')) as [FakeLedger, FakeLedger];
  first = await connection('first');
  ledger = new ReloadingLedger(first, clock);
});

it('makes new calls on the new connection', async () => {
  const second = await connection('second');
  const before = jest.spyOn(first, 'submit');
  const after = jest.spyOn(second, 'submit');
  await share(ledger, 'one');
  ledger.replace(second);
  await share(ledger, 'two');
  expect(before).toHaveBeenCalledTimes(1);
  expect(after).toHaveBeenCalledTimes(1);
  expect(closed).toEqual(['first']);
});

it('lets a call end on the connection on which it began, and closes that one then', async () => {
  const fault = channel.fault('hold', 'MetadataContract:Share');
  const running = share(ledger, 'one');
  await settleTasks();
  ledger.replace(await connection('second'));
  await share(ledger, 'two');
  expect(closed).toEqual([]);
  fault.release();
  expect((await running).result.metadataId).toBe('one');
  await settleTasks();
  expect(closed).toEqual(['first']);
});

it('closes what runs and what is replaced meanwhile', async () => {
  channel.fault('hold', 'MetadataContract:Share');
  const running = share(ledger, 'one').catch((error: unknown) => error);
  await settleTasks();
  ledger.replace(await connection('second'));
  await ledger.close();
  expect([...closed].sort()).toEqual(['first', 'second']);
  ledger.replace(await connection('too late'));
  expect(closed).toContain('too late');
  await clock.advance(60_000);
  await running;
});

describe('events', () => {
  const seen: BlockEvents[] = [];
  let stop: AbortController;
  let reading: Promise<void>;

  const read = async (from: EventCheckpoint | null): Promise<void> => {
    for await (const block of ledger.events(from, stop.signal)) seen.push(block);
  };
  const numbers = () => seen.map(({ blockNumber }) => blockNumber);

  beforeEach(() => {
    seen.length = 0;
    stop = new AbortController();
  });

  afterEach(async () => {
    stop.abort();
    await reading;
  });

  it('go on where they were, without gaps and each once', async () => {
    const { genesisSha256, height } = await ledger.tip();
    reading = read({ genesisSha256, nextBlock: height });
    await share(other, 'one');
    await settleTasks();
    // Committed in between: neither connection has shown it when the one takes the other's place.
    const between = share(other, 'two');
    ledger.replace(await connection('second'));
    await between;
    await share(other, 'three');
    await settleTasks();
    expect(numbers()).toEqual([height, height + 1, height + 2]);
  });

  it('that have shown nothing yet miss nothing either', async () => {
    const { height } = await ledger.tip();
    reading = read(null);
    await settleTasks();
    const second = await connection('second');
    const peer = channel.peer('Edge1MSP');
    peer.stall();
    await share(other, 'one');
    ledger.replace(second);
    // Committed after the old stream has ended and before the new one is opened.
    peer.resume();
    await settleTasks();
    expect(numbers()).toEqual([height]);
  });

  it('wait for a peer that is down before they have a position', async () => {
    channel.peer('Edge1MSP').stop();
    reading = read(null);
    await settleTasks();
    channel.peer('Edge1MSP').start();
    await clock.advance(500);
    const { blockNumber } = await share(other, 'one');
    await settleTasks();
    expect(numbers()).toEqual([blockNumber]);
  });

  it('end by the signal', async () => {
    reading = read(null);
    await settleTasks();
    stop.abort();
    await expect(reading).resolves.toBeUndefined();
  });
});

describe('blocks', () => {
  const { signal: never } = new AbortController();

  /** Reads a chain, with something happening after its second block. */
  async function readAnd(meanwhile: () => Promise<unknown>, last: number | null = null, signal = never) {
    const numbers: number[] = [];
    for await (const { number } of ledger.blocks(0, last, signal)) {
      numbers.push(number);
      if (numbers.length === 2) await meanwhile();
    }
    return numbers;
  }

  beforeEach(async () => {
    for (const metadataId of ['one', 'two', 'three']) await share(other, metadataId);
  });

  it('go on by the new connection from the next one, each once', async () => {
    const whole = await readAnd(() => Promise.resolve());
    expect(whole.length).toBeGreaterThan(3);
    const before = jest.spyOn(first, 'blocks');
    const second = await connection('second');
    const after = jest.spyOn(second, 'blocks');
    const replace = () => {
      ledger.replace(second);
      return Promise.resolve();
    };
    expect(await readAnd(replace)).toEqual(whole);
    expect(before).toHaveBeenCalledTimes(1);
    expect(after).toHaveBeenCalledWith(2, null, expect.anything());
  });

  it('go on when the old connection breaks off as it is replaced', async () => {
    const whole = await readAnd(() => Promise.resolve());
    const original = first.blocks.bind(first);
    jest.spyOn(first, 'blocks').mockImplementation(async function* (from, last, signal) {
      for await (const block of original(from, last, signal)) {
        yield block;
        if (block.number < 1) continue;
        ledger.replace(await connection('second'));
        throw new Error('the connection was closed');
      }
    });
    expect(await readAnd(() => Promise.resolve())).toEqual(whole);
  });

  it('end where they were to end, also right after a replacement', async () => {
    const replace = async () => {
      ledger.replace(await connection('second'));
    };
    expect(await readAnd(replace, 1)).toEqual([0, 1]);
  });

  it('break off when all is closed', async () => {
    await expect(readAnd(() => ledger.close())).rejects.toMatchObject({ code: 'BLOSM_E_CANCELLED' });
  });

  it('fail as the connection does where none has taken its place', async () => {
    jest.spyOn(first, 'blocks').mockImplementation(() => {
      throw new Error('the peer is down');
    });
    await expect(readAnd(() => Promise.resolve())).rejects.toThrow('the peer is down');
  });
});

it('goes on telling of commits after a replacement', async () => {
  const stop = new AbortController();
  const told: string[] = [];
  ledger.watchCommits((transactionId) => told.push(transactionId), stop.signal);
  ledger.replace(await connection('second'));
  const { transactionId } = await share(other, 'one');
  expect(told).toContain(transactionId);
  stop.abort();
  const { transactionId: later } = await share(other, 'two');
  expect(told).not.toContain(later);
});

it('asks the present connection for everything else', async () => {
  const { transactionId, blockNumber } = await share(ledger, 'one');
  ledger.replace(await connection('second'));
  expect(ledger.nodeId).toBe('Edge1MSP');
  expect(await ledger.query('MetadataContract:Get', ['one'])).toMatchObject({ metadataId: 'one' });
  expect(await ledger.settle(transactionId)).toEqual({ status: 'valid', blockNumber });
  expect(await ledger.transaction(transactionId)).toMatchObject({ blockNumber });
  expect(await ledger.commits(transactionId)).toHaveLength(3);
  expect((await ledger.freshView()).height).toBe(blockNumber + 1);
});
