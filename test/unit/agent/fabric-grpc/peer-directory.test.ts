import type { DiscoveredNetwork } from '../../../../agent/adapters/fabric-grpc/discovery';
import { PeerDirectory } from '../../../../agent/adapters/fabric-grpc/peer-directory';
import type { Session } from '../../../../agent/adapters/fabric-grpc/session';
import { FakeLog } from '../../../fakes/log';
import { VirtualClock } from '../../../fakes/virtual-clock';

const FOUND: DiscoveredNetwork = { peers: new Map(), orderers: [], plan: { groups: {}, layouts: [] } };
const NAMES_NOBODY = new Error('discovery: failed constructing descriptor for chaincodes:<name:"blosm" >');
const DENIED = new Error('discovery: access denied');

/** A directory whose peer gives these answers one after the other, the last one for ever. */
function directoryOf(...answers: readonly (DiscoveredNetwork | Error | Promise<DiscoveredNetwork>)[]) {
  const clock = new VirtualClock();
  let asked = 0;
  const session = { clock, log: new FakeLog(), mspId: 'Edge1MSP' } as unknown as Session;
  const directory = new PeerDirectory(session, {
    discover: () => {
      const answer = answers[Math.min(asked, answers.length - 1)];
      asked += 1;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer ?? FOUND);
    },
    connect: () => {
      throw new Error('nobody is to be reached here');
    },
    orderers: [],
  });
  return { clock, directory, asked: () => asked };
}

const { signal: never } = new AbortController();

describe('the first discovery', () => {
  it('is asked again while the peer takes in a definition of the chaincode', async () => {
    const { clock, directory, asked } = directoryOf(NAMES_NOBODY, NAMES_NOBODY, FOUND);
    expect(await clock.runUntil(directory.network(never))).toBe(FOUND);
    expect(asked()).toBe(3);
  });

  it('tells why it found nobody when the caller stops waiting', async () => {
    const { clock, directory, asked } = directoryOf(NAMES_NOBODY);
    const stop = new AbortController();
    const network = directory.network(stop.signal);
    network.catch(() => undefined);
    await clock.advance(10_000);
    expect(asked()).toBeGreaterThan(5);
    stop.abort();
    await expect(network).rejects.toBe(NAMES_NOBODY);
  });

  it('fails at once where asking again cannot help', async () => {
    const { directory, asked } = directoryOf(DENIED);
    await expect(directory.orderers(never)).rejects.toBe(DENIED);
    expect(asked()).toBe(1);
  });
});

describe('a later discovery', () => {
  it('that fails leaves what is known in use', async () => {
    const { directory, asked } = directoryOf(FOUND, NAMES_NOBODY);
    await directory.network(never);
    directory.expire();
    expect(await directory.network(never)).toBe(FOUND);
    expect(asked()).toBe(2);
  });

  it('that hangs does not hold up those who can do with what is known', async () => {
    const { directory, asked } = directoryOf(FOUND, new Promise(() => undefined));
    await directory.network(never);
    directory.expire();
    expect(await Promise.all([directory.network(never), directory.network(never)])).toEqual([FOUND, FOUND]);
    expect(asked()).toBe(2);
  });
});
