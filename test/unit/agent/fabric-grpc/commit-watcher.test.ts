import { FakeFabricPeers } from '../../../fakes/fabric-peers';
import { PeerListener } from '../../../support/peer-listener';

let network: FakeFabricPeers;
let listener: PeerListener;
const stop = new AbortController();

beforeAll(async () => {
  network = await FakeFabricPeers.start(1, {});
});
beforeEach(() => network.restore());
afterEach(() => listener.close());
afterAll(() => network.stop());

it('an identity that the own peer turns away again and again waits for no blocks', async () => {
  network.peer(1).refusesStreams = true;
  listener = await PeerListener.connect(network, { hasStreams: false });
  const wait = (): Promise<void> => listener.watcher.waitForHeight(1, stop.signal);
  const denied = { code: 'BLOSM_E_FORBIDDEN', message: expect.stringContaining('access denied') as string };
  await expect(wait()).rejects.toMatchObject(denied);
  // Nor does the next one, until the peer lets it in.
  await expect(wait()).rejects.toMatchObject(denied);
  network.peer(1).refusesStreams = false;
  await listener.until('it is let in', () => listener.watcher.height > 0);
  await expect(wait()).resolves.toBeUndefined();
});

it('one that is turned away for a moment, or whose peer is down, waits on', async () => {
  network.peer(1).kill();
  listener = await PeerListener.connect(network, { hasStreams: false });
  const waiting = listener.watcher.waitForHeight(1, stop.signal);
  const isBrokenOff = (): boolean => listener.log.lines.some(({ message }) => message.includes('could not be opened'));
  await listener.until('it has been tried again', isBrokenOff);
  await network.peer(1).start();
  await expect(waiting).resolves.toBeUndefined();
});
