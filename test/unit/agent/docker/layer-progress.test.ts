import { LayerProgress } from '../../../../agent/adapters/docker/layer-progress';
import type { StreamMessage } from '../../../../agent/adapters/docker/message-stream';

const [A, B] = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb'];
const moving = (id: string, status: string, current: number, total?: number): StreamMessage => ({
  id,
  status,
  progressDetail: { current, ...(total === undefined ? {} : { total }) },
});

function after(...messages: readonly StreamMessage[]): LayerProgress {
  const progress = new LayerProgress();
  for (const message of messages) progress.note(message);
  return progress;
}

describe('layer progress', () => {
  it('counts layers and bytes of a push', () => {
    const pushed = after(
      { status: 'The push refers to repository [r:5000/a]' },
      { status: 'Preparing', id: A, progressDetail: {} },
      { status: 'Layer already exists', id: B, progressDetail: {} },
      moving(A, 'Pushing', 50, 200),
    );
    expect(pushed.progress()).toEqual({ layersDone: 1, layersTotal: 2, bytesDone: 50, bytesTotal: 200 });
    pushed.note(moving(A, 'Pushing', 230));
    pushed.note({ status: 'Pushed', id: A });
    expect(pushed.progress()).toEqual({ layersDone: 2, layersTotal: 2, bytesDone: 230, bytesTotal: 230 });
    expect(pushed.movedLayers()).toEqual([A]);
  });

  it('counts a pulled layer as done only when it is unpacked', () => {
    const pulled = after(
      { status: 'Pulling from a', id: 'sha256:12' },
      { status: 'Pulling fs layer', id: A },
      moving(A, 'Downloading', 90, 100),
      { status: 'Download complete', id: A },
      moving(A, 'Extracting', 10, 100),
    );
    expect(pulled.progress()).toEqual({ layersDone: 0, layersTotal: 1, bytesDone: 100, bytesTotal: 100 });
    pulled.note({ status: 'Pull complete', id: A });
    expect(pulled.progress().layersDone).toBe(1);
  });

  it('sends nothing of a layer that is mounted from another repository', () => {
    expect(after({ status: 'Mounted from blosm/base', id: A }).movedLayers()).toEqual([]);
  });

  it('ignores lines about no layer', () => {
    const progress = new LayerProgress();
    expect(progress.note({ status: 'Digest: sha256:1' })).toBe(false);
    expect(progress.note({ status: 'Status: Downloaded newer image' })).toBe(false);
    expect(progress.progress().layersTotal).toBe(0);
  });
});
