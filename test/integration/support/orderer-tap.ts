import { broadcastEnvelope } from '../../../agent/adapters/fabric-grpc';
import { RpcNode } from '../../../agent/adapters/fabric-grpc/rpc-node';

const BROADCAST = '/orderer.AtomicBroadcast/Broadcast';
const DELIVERY_TIMEOUT_MS = 20_000;

/**
 * `leaves`: right after an envelope was written to the orderer's connection; `is answered`: the orderer has it;
 * `is kept back`: it was to leave and does not.
 */
export type Moment = 'leaves' | 'is answered' | 'is kept back';

/** Sits between the adapters of this process and the orderer: sees every envelope, and can keep them back. */
export class OrdererTap {
  /** Everything that was to go to the orderer, in order, also what was kept back. */
  readonly envelopes: Buffer[] = [];
  #keepsBack = false;
  #orderer: RpcNode | undefined;
  #waiting: { readonly moment: Moment; readonly act: () => void } | undefined;
  readonly #spy: jest.SpyInstance;

  constructor() {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its node
    const original = RpcNode.prototype.duplex;
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the tap, inside a function that has the node as this
    const tap = this;
    this.#spy = jest.spyOn(RpcNode.prototype, 'duplex').mockImplementation(function (this: RpcNode, path: string) {
      const stream = original.call(this, path);
      if (path === BROADCAST) tap.#listen(this, stream);
      return stream;
    });
  }

  /** Acts once, when the next envelope has come so far. */
  once(moment: Moment, act: () => void): void {
    this.#waiting = { moment, act };
  }

  /** What is sent while this runs reaches no orderer; gives what that was. The signal fires once there is something. */
  async keepBack(run: (isKept: AbortSignal) => Promise<unknown>): Promise<readonly Buffer[]> {
    const from = this.envelopes.length;
    const kept = new AbortController();
    this.once('is kept back', () => kept.abort());
    this.#keepsBack = true;
    try {
      await run(kept.signal);
    } finally {
      this.#keepsBack = false;
    }
    return this.envelopes.slice(from);
  }

  /** Hands over what was kept back. */
  async deliver(envelope: Buffer | undefined): Promise<void> {
    if (this.#orderer === undefined || envelope === undefined) throw new Error('nothing was kept back');
    const { signal } = new AbortController();
    const outcome = await broadcastEnvelope(this.#orderer, envelope, DELIVERY_TIMEOUT_MS, signal);
    expect(outcome).toEqual({ kind: 'accepted' });
  }

  remove(): void {
    this.#spy.mockRestore();
  }

  #listen(node: RpcNode, stream: ReturnType<RpcNode['duplex']>): void {
    this.#orderer = node;
    const write = stream.write.bind(stream) as (bytes: Buffer) => boolean;
    stream.write = (bytes: Buffer) => {
      this.envelopes.push(bytes);
      if (this.#keepsBack) {
        this.#reached('is kept back');
        return true;
      }
      const isTaken = write(bytes);
      this.#reached('leaves');
      return isTaken;
    };
    stream.on('metadata', () => this.#reached('is answered'));
  }

  #reached(moment: Moment): void {
    if (this.#waiting?.moment !== moment) return;
    const { act } = this.#waiting;
    this.#waiting = undefined;
    act();
  }
}
