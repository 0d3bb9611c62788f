import type { TransferProgress } from '../../ports/engine';
import type { StreamMessage } from './message-stream';

interface Layer {
  readonly done: boolean;
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** The other side had it already: no bytes go over the network. */
  readonly skipped: boolean;
}

const LAYER_ID = /^[0-9a-f]{12}$/;
const DONE = /^(?:Pushed|Pull complete|Already exists|Layer already exists|Mounted from )/;
const SKIPPED = /^(?:Already exists|Layer already exists|Mounted from )/;
const MOVING = /^(?:Pushing|Downloading)$/;
const MOVED = /^(?:Pushed|Download complete)$/;
const NEW: Layer = { done: false, doneBytes: 0, totalBytes: 0, skipped: false };

/** Folds the lines of a push or pull into numbers. */
export class LayerProgress {
  private readonly layers = new Map<string, Layer>();

  /** True when the line changed the numbers. */
  note(message: StreamMessage): boolean {
    const { id = '', status = '' } = message;
    if (!LAYER_ID.test(id) || status === '') return false;
    const before = this.layers.get(id) ?? NEW;
    const moved = MOVING.test(status) ? bytesOf(message, before) : before;
    this.layers.set(id, {
      ...moved,
      ...(MOVED.test(status) ? { doneBytes: moved.totalBytes } : {}),
      done: before.done || DONE.test(status),
      skipped: before.skipped || SKIPPED.test(status),
    });
    return true;
  }

  progress(): TransferProgress {
    const layers = [...this.layers.values()];
    return {
      layersDone: layers.filter((layer) => layer.done).length,
      layersTotal: layers.length,
      bytesDone: sum(layers.map((layer) => layer.doneBytes)),
      bytesTotal: sum(layers.map((layer) => layer.totalBytes)),
    };
  }

  /** The first 12 digits of the layers that went over the network. */
  movedLayers(): readonly string[] {
    return [...this.layers].filter(([, layer]) => layer.done && !layer.skipped).map(([id]) => id);
  }
}

function bytesOf({ progressDetail }: StreamMessage, before: Layer): Layer {
  const doneBytes = progressDetail?.current ?? before.doneBytes;
  // The archive around the files makes a layer somewhat longer than the engine foretells.
  return { ...before, doneBytes, totalBytes: Math.max(progressDetail?.total ?? before.totalBytes, doneBytes) };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
