import type {
  DestinationProgress,
  ImageOrder,
  PeerHandlers,
  Peers,
  PickOrder,
  PositionMessage,
  RoomRequest,
  TokenFacts,
} from '../../agent/ports/peers';
import { BlosmError, type RunSpec } from '../../chaincode/src/model';
import { RUN_SPEC } from '../support/run-spec';

/** Two agents, Edge1MSP calling and Edge2MSP answering by the handlers; what any adapter of the port must do. */
export interface PeersUnderTest {
  readonly peers: Peers;
  stop(): Promise<void>;
}

const DIGEST = `sha256:${'a'.repeat(64)}`;
const NEED = { memoryBytes: 1, cpuMillis: 2, gpuMillis: 3, diskBytes: 4 };
const ROOM: RoomRequest = { serviceId: 'camera', need: NEED };
export const SPEC: RunSpec = {
  ...RUN_SPEC,
  command: ['serve', '--all'],
  env: [{ name: 'KEY', value: 'ü\n"x"', secret: true }],
};
const PICK: PickOrder = {
  migrationId: 'mig-1',
  instanceId: 'ins-1',
  serviceId: 'camera',
  epoch: 7,
  strategy: 'registry',
  spec: SPEC,
  gpuRuntime: '',
  need: NEED,
};
const IMAGE: ImageOrder = { migrationId: 'mig-1', repository: 'blosm/x', manifestDigest: DIGEST, configDigest: DIGEST };
const POSITION: PositionMessage = { token: 'ins-1.secret', position: { latE6: -37_813_600, lonE6: 144_963_100 } };
const PROGRESS: DestinationProgress = {
  migrationId: 'mig-1',
  stage: 'pulling',
  detail: '3 of 7 layers',
  sinceMs: 12.5,
  phases: [{ name: 'pull', startMs: 1, endMs: null, transactionId: '' }],
};

const TOKEN: TokenFacts = { taken: false, secret: 'a-secret-of-a-device' };

/** Handlers that remember what they were asked; override what a test needs. */
export function recordingHandlers(asked: unknown[][], override: Partial<PeerHandlers> = {}): PeerHandlers {
  const remember =
    <A>(name: string, answer: A) =>
    (caller: string, question: unknown): Promise<A> => {
      asked.push([name, caller, question]);
      return Promise.resolve(answer);
    };
  return {
    room: remember('room', { hasRoom: false, remaining: NEED, reason: 'cpu' }),
    pick: remember('pick', undefined),
    image: remember('image', undefined),
    progress: remember('progress', PROGRESS),
    token: remember('token', TOKEN),
    runSpec: remember('runSpec', SPEC),
    position: remember('position', undefined),
    ...override,
  };
}

export function describePeers(name: string, start: (handlers: PeerHandlers) => Promise<PeersUnderTest>): void {
  describe(`Peers: ${name}`, () => {
    let running: PeersUnderTest | undefined;
    const run = async (handlers: PeerHandlers): Promise<Peers> => {
      running = await start(handlers);
      return running.peers;
    };
    afterEach(async () => {
      await running?.stop();
      running = undefined;
    });

    it('carries every question with its caller, and every answer back', async () => {
      const asked: unknown[][] = [];
      const peers = await run(recordingHandlers(asked));
      expect(await peers.room('Edge2MSP', ROOM)).toEqual({ hasRoom: false, remaining: NEED, reason: 'cpu' });
      await peers.pick('Edge2MSP', PICK);
      await peers.image('Edge2MSP', IMAGE);
      expect(await peers.progress('Edge2MSP', 'mig-1')).toEqual(PROGRESS);
      expect(await peers.token('Edge2MSP', 'mig-1')).toEqual(TOKEN);
      expect(await peers.runSpec('Edge2MSP', 'camera')).toEqual(SPEC);
      await peers.position('Edge2MSP', POSITION);
      expect(asked).toEqual([
        ['room', 'Edge1MSP', ROOM],
        ['pick', 'Edge1MSP', PICK],
        ['image', 'Edge1MSP', IMAGE],
        ['progress', 'Edge1MSP', 'mig-1'],
        ['token', 'Edge1MSP', 'mig-1'],
        ['runSpec', 'Edge1MSP', 'camera'],
        ['position', 'Edge1MSP', POSITION],
      ]);
    });

    it('says what the other refused, with its code', async () => {
      const refuse = () => Promise.reject(new BlosmError('BLOSM_E_NO_ROOM', 'full up'));
      const peers = await run(recordingHandlers([], { room: refuse }));
      await expect(peers.room('Edge2MSP', ROOM)).rejects.toMatchObject({
        code: 'BLOSM_E_PEER_REFUSED',
        message: expect.stringContaining('BLOSM_E_NO_ROOM: full up') as string,
      });
    });

    it('does not tell others what a defect is made of', async () => {
      const fail = () => Promise.reject(new Error('the secret is 1234'));
      const peers = await run(recordingHandlers([], { room: fail }));
      const fault: unknown = await peers.room('Edge2MSP', ROOM).catch((caught: unknown) => caught);
      expect(fault).toMatchObject({ code: 'BLOSM_E_PEER_REFUSED' });
      expect((fault as Error).message).toContain('BLOSM_E_INTERNAL');
      expect((fault as Error).message).not.toContain('1234');
    });

    it('refuses a question that is not valid, before the handler', async () => {
      const asked: unknown[][] = [];
      const peers = await run(recordingHandlers(asked));
      const wrong = { ...ROOM, need: { ...NEED, cpuMillis: -1 } };
      await expect(peers.room('Edge2MSP', wrong)).rejects.toMatchObject({
        code: 'BLOSM_E_PEER_REFUSED',
        message: expect.stringContaining('BLOSM_E_INVALID_ARGUMENT') as string,
      });
      expect(asked).toEqual([]);
    });

    it('fails with a node that nobody knows', async () => {
      const peers = await run(recordingHandlers([]));
      await expect(peers.room('Edge9MSP', ROOM)).rejects.toMatchObject({ code: 'BLOSM_E_PEER_UNREACHABLE' });
    });

    it('can be cancelled, before and while the other works', async () => {
      const controller = new AbortController();
      const never = () => {
        controller.abort();
        return new Promise<never>(() => undefined);
      };
      const peers = await run(recordingHandlers([], { room: never }));
      const { signal } = controller;
      await expect(peers.room('Edge2MSP', ROOM, { signal })).rejects.toMatchObject({ code: 'BLOSM_E_CANCELLED' });
      await expect(peers.pick('Edge2MSP', PICK, { signal })).rejects.toMatchObject({ code: 'BLOSM_E_CANCELLED' });
    });
  });
}
