import { join, dirname } from 'node:path';
import { callEngine, preloadImage, registryAddress, type ClusterPlan, type SandboxPlan } from '../../network/sandbox';
import {
  OFFICIAL_MODEL,
  locateModel,
  modelFolders,
  publishService,
  recognitionImage,
  toServiceImage,
  uploadImage,
} from '../../network/services';
import { start, startService, text, type Started } from './support/containers';
import { bringUp, describeHere, sandboxUnavailable } from './support/real-sandbox';

jest.setTimeout(120_000);

/** The paper's Table 1, and what says whether the answer means something. */
interface Recognition {
  readonly objectId: number;
  readonly objectName: string;
  readonly probability: number;
  readonly executionTimeMs: number;
  readonly generated: boolean;
}

const PHOTOS = [
  ['cat.bmp', 'Egyptian cat', 0.9],
  ['dragonfly.bmp', 'dragonfly', 0.75],
  ['hot_dog.jpg', 'hotdog', 0.9],
  ['parrot.jpg', 'macaw', 0.9],
] as const;

/** Two grey pixels as an uncompressed BMP. */
const GREY_BITMAP = Buffer.concat([
  Buffer.from(
    '424d3e000000000000003600000028000000020000000100000001001800000000000800000000000000000000000000000000000000',
    'hex',
  ),
  Buffer.from('8080808080800000', 'hex'),
]);

describeHere('the sample services in their containers', sandboxUnavailable(), () => {
  let plan: SandboxPlan;
  let cluster: ClusterPlan;
  let remove: () => Promise<void>;

  beforeAll(async () => {
    ({ plan, remove } = await bringUp(['edge1']));
    cluster = plan.clusters[0]!;
  });
  afterAll(() => remove());

  const model = locateModel();
  const noModel = `no model in ${modelFolders().join(', ')}; it is ${OFFICIAL_MODEL}`;

  describeHere('image recognition with the real model', model === undefined ? noModel : undefined, () => {
    let service: Started;

    beforeAll(async () => {
      const { image } = await publishService('image-recognition', { registry: registryAddress(plan) });
      await preloadImage(plan, cluster, image);
      service = await startService(plan, cluster, image);
    });

    it.each(PHOTOS)('sees in %s: %s', async (file, name, least) => {
      const photo = { file: join(dirname(model!.model), file) };
      const answer = (await service.call('/recognize', photo)) as Recognition;
      expect(answer.objectName).toMatch(new RegExp(`^${name}`));
      expect(answer.probability).toBeGreaterThan(least);
      expect(answer.objectId).toBeGreaterThan(0);
      expect(answer.executionTimeMs).toBeGreaterThan(0);
      expect(answer.generated).toBe(false);
    });

    it('refuses what is no photo', async () => {
      await expect(service.call('/recognize', text('not a photo'))).rejects.toThrow('not a photo that can be read');
    });

    it('ends by itself when it is asked to stop', async () => {
      expect(await exitCodeAfterStop(cluster, service)).toBe(0);
    });
  });

  it('says of a generated network that it is one', async () => {
    const built = await recognitionImage({ model: null });
    await uploadImage(built, { registry: registryAddress(plan) });
    await preloadImage(plan, cluster, toServiceImage(built));
    const service = await startService(plan, cluster, toServiceImage(built));
    const answer = (await service.call('/recognize', { base64: GREY_BITMAP.toString('base64') })) as Recognition;
    expect(answer).toMatchObject({ generated: true, objectName: `generated object ${answer.objectId}` });
    expect(answer.probability).toBeGreaterThan(0);
    expect(answer.probability).toBeLessThanOrEqual(1);
  });

  describe('the counter', () => {
    let service: Started;

    beforeAll(async () => {
      const { image } = await publishService('counter', { registry: registryAddress(plan) });
      await preloadImage(plan, cluster, image);
      service = await startService(plan, cluster, image);
    });

    it('goes on where it was after kill -9', async () => {
      expect(await service.call('/count', text('first'))).toEqual({ count: 1, previous: null });
      expect(await service.call('/count', text('second'))).toEqual({ count: 2, previous: 'first' });
      process.kill(service.pid, 'SIGKILL');
      await callEngine(cluster.engine.socket, `/containers/${service.id}/wait`, { method: 'POST' });
      service = await start(cluster, service.id);
      expect(await service.call('/count')).toEqual({ count: 2, last: 'second' });
      expect(await service.call('/count', text('third'))).toEqual({ count: 3, previous: 'second' });
    });

    it('keeps its state in the writable layer, where it moves with the container', async () => {
      const changes = await callEngine(cluster.engine.socket, `/containers/${service.id}/changes`);
      expect(JSON.parse(changes)).toContainEqual({ Path: '/data/counter.log', Kind: 1 });
    });

    it('ends by itself when it is asked to stop', async () => {
      expect(await exitCodeAfterStop(cluster, service)).toBe(0);
    });
  });
});

async function exitCodeAfterStop(cluster: ClusterPlan, service: Started): Promise<number> {
  const { socket } = cluster.engine;
  await callEngine(socket, `/containers/${service.id}/stop?t=20`, { method: 'POST', timeoutMs: 30_000 });
  const facts = JSON.parse(await callEngine(socket, `/containers/${service.id}/json`)) as {
    State: { ExitCode: number };
  };
  return facts.State.ExitCode;
}
