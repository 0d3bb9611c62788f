import { FakePeerNetwork } from '../fakes/peers';
import { describePeers, recordingHandlers } from './peers.contract';

describePeers('in memory', (handlers) => {
  const network = new FakePeerNetwork();
  network.attach('Edge2MSP', handlers);
  return Promise.resolve({ peers: network.peersOf('Edge1MSP'), stop: () => Promise.resolve() });
});

describe('FakePeerNetwork', () => {
  const room = { serviceId: 'camera', need: { memoryBytes: 0, cpuMillis: 0, gpuMillis: 0, diskBytes: 0 } };

  it('cuts one direction of a link, in three ways, and mends it', async () => {
    const asked: unknown[][] = [];
    const network = new FakePeerNetwork();
    network.attach('Edge1MSP', recordingHandlers([]));
    network.attach('Edge2MSP', recordingHandlers(asked));
    const peers = network.peersOf('Edge1MSP');

    network.cut('Edge1MSP', 'Edge2MSP');
    await expect(peers.room('Edge2MSP', room)).rejects.toMatchObject({ code: 'BLOSM_E_PEER_UNREACHABLE' });
    await expect(network.peersOf('Edge2MSP').room('Edge1MSP', room)).resolves.toBeDefined();
    network.cut('Edge1MSP', 'Edge2MSP', 'silent');
    const signal = AbortSignal.timeout(5);
    await expect(peers.room('Edge2MSP', room, { signal })).rejects.toMatchObject({ code: 'BLOSM_E_CANCELLED' });
    expect(asked).toEqual([]);
    network.cut('Edge1MSP', 'Edge2MSP', 'answers-lost');
    await expect(peers.room('Edge2MSP', room)).rejects.toMatchObject({ code: 'BLOSM_E_TIMEOUT' });
    expect(asked).toHaveLength(1);
    network.mend('Edge1MSP', 'Edge2MSP');
    await expect(peers.room('Edge2MSP', room)).resolves.toBeDefined();
    network.detach('Edge2MSP');
    await expect(peers.room('Edge2MSP', room)).rejects.toMatchObject({ code: 'BLOSM_E_PEER_UNREACHABLE' });
  });
});
