import { Transform } from 'node:stream';
import { CLOSE, closeFrame, FrameCursor } from './web-socket-frames';

/** What the service is told: the device is going away. */
const GOING_AWAY = 1001;
/** What the device is told: connect again, with the same token. */
const SERVICE_RESTART = 1012;
const REASON = 'the service moves; connect again';
/** How long the service may go on sending after it was told, in milliseconds. */
const LAST_WORDS_MS = 1000;
/** How long the whole end may take, in milliseconds. */
const END_MS = 2000;

/** The two directions of a WebSocket that passes through, and a way to end it in the gateway's name. */
export interface WebSocketPasses {
  readonly toService: Transform;
  readonly toDevice: Transform;
  /** Closes it with both sides; `cut` is called when that takes too long. The function that is given ends the waits. */
  close(cut: () => void): () => void;
}

/**
 * Whole frames pass as they are. When the instance moves, the service gets the device's farewell at the end of a frame
 * and the device what the service still has to say, at most until it closes in turn; then 1012 in place of that.
 */
export function webSocketPasses(): WebSocketPasses {
  const toService = new Pass();
  const toDevice = new Pass();
  return {
    toService,
    toDevice,
    close: (cut) => {
      toService.endBefore(() => true, closeFrame(GOING_AWAY, REASON, true), 'stays');
      const farewell = closeFrame(SERVICE_RESTART, REASON, false);
      toDevice.endBefore((opcode) => opcode === CLOSE, farewell, 'ends');
      const timers = [
        setTimeout(() => toDevice.endBefore(() => true, farewell, 'ends'), LAST_WORDS_MS),
        setTimeout(cut, END_MS),
      ];
      return () => timers.forEach((timer) => clearTimeout(timer));
    },
  };
}

/** What happens to the direction after its last frame: the connection ends, or stays and carries nothing more. */
type Afterwards = 'ends' | 'stays';

interface Ending {
  readonly stop: (opcode: number) => boolean;
  readonly farewell: Buffer;
  readonly afterwards: Afterwards;
}

/** One direction. */
class Pass extends Transform {
  private readonly cursor = new FrameCursor();
  private ending: Ending | null = null;
  private isOver = false;

  /** Ends it before the first frame of which `stop` says so; between two frames it asks of none and ends at once. */
  endBefore(stop: Ending['stop'], farewell: Buffer, afterwards: Afterwards): void {
    if (this.isOver || this.writableEnded) return;
    this.ending = { stop, farewell, afterwards };
    if (this.cursor.isBetween && stop(NO_FRAME)) this.say(this.ending);
  }

  override _transform(bytes: Buffer, _encoding: string, done: () => void): void {
    if (!this.isOver) {
      const { ending } = this;
      const taken = this.cursor.take(bytes, ending?.stop ?? (() => false));
      if (taken > 0) this.push(bytes.subarray(0, taken));
      if (ending !== null && (taken < bytes.length || (this.cursor.isBetween && ending.stop(NO_FRAME))))
        this.say(ending);
    }
    done();
  }

  /** The other side has gone without a farewell of its own. */
  override _flush(done: () => void): void {
    if (this.ending !== null && !this.isOver && this.cursor.isBetween)
      this.say({ ...this.ending, afterwards: 'stays' });
    done();
  }

  private say({ farewell, afterwards }: Ending): void {
    this.isOver = true;
    this.push(farewell);
    if (afterwards === 'ends') this.push(null);
  }
}

/** Stands for the frame that has not come yet. */
const NO_FRAME = -1;
