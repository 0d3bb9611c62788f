import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../network/package-root';
import { waitUntil } from '../../../network/processes';
import type { CounterDevice } from '../../support/counter-device';
import { untilServed, type Operator, type Operators } from './operators';
import { buildRelease } from './other-builds';

/** Two clusters, and two devices whose instances edge2 owns. */
interface Fleet extends Operators {
  readonly vehicles: readonly CounterDevice[];
}

const SENTENCE =
  /Edge1MSP speaks version 1 of the agent-to-agent protocol, Edge2MSP speaks versions 2 to 3: upgrade the agent of Edge1MSP/;
const SENTENCE_THERE =
  /Edge2MSP speaks versions 2 to 3 of the agent-to-agent protocol, Edge1MSP speaks version 1: upgrade the agent of Edge1MSP/;

/** Other builds, as processes of their own, in the place of edge2's agent while edge1's goes on. */
export function upgradeTests(fleet: () => Fleet): void {
  const isRestart = (block: string) => !block.includes('blosm doctor');
  const restart = (operator: Operator) => operator.section('## Restart and upgrade', isRestart);
  const vehicle = (index: number): CounterDevice => {
    const found = fleet().vehicles[index];
    if (found === undefined) throw new Error(`there is no vehicle ${index}`);
    return found;
  };
  const move = async (device: CounterDevice, from: Operator, to: Operator): Promise<void> => {
    await from.shell.run(`blosm migrate ${device.instanceId} --to ${to.name} --wait`);
    expect(await untilServed(device)).toMatchObject({ servedBy: to.name });
  };
  /** One copy, which runs, and whose it is. */
  const ownerOf = async ({ instanceId }: CounterDevice): Promise<Operator> => {
    const { edge1, edge2 } = fleet();
    const all = async () => {
      const found = await Promise.all(
        [edge1, edge2].map(async (owner) => (await owner.containersOf(instanceId)).map((one) => ({ owner, ...one }))),
      );
      return found.flat();
    };
    const [only] = await waitUntil(
      async () => {
        const found = await all();
        return found.length === 1 && found[0]?.state === 'running' ? found : undefined;
      },
      { deadlineMs: 60_000, what: `one copy of ${instanceId}` },
    );
    if (only === undefined) throw new Error(`${instanceId} has no copy`);
    return only.owner;
  };

  it('takes a newer release that speaks the older protocol too, and instances move between the two', async () => {
    const { edge1, edge2, work } = fleet();
    const [first, second] = [vehicle(0), vehicle(1)];
    edge2.install(buildRelease(join(work, 'newer'), { version: '0.2.0', protocol: { oldest: 1, newest: 2 } }));
    const before = await edge2.containersOf(second.instanceId);
    const output = await edge2.section('## Restart and upgrade');
    expect(output).toMatch(/^blosm 0\.2\.0 [^]*between agents: +1-2$/m);
    expect(output).toMatch(/ok +agent +the agent runs and is ready \(version 0\.2\.0\)/);
    expect(output).toMatch(/ok +agents +Edge1MSP: answers/);
    // What ran has not been touched.
    expect(before).toMatchObject([{ state: 'running' }]);
    expect(await edge2.containersOf(second.instanceId)).toEqual(before);
    for (const { gatewayUrl } of [edge1, edge2]) {
      second.gatewayUrl = gatewayUrl;
      expect(await untilServed(second)).toMatchObject({ servedBy: 'edge2' });
    }

    await move(first, edge2, edge1);
    await move(first, edge1, edge2);
    expect(edge1.log()).toMatch(/Edge2MSP speaks versions 1 to 2: both speak version 1/);
    expect(edge1.log()).not.toMatch(/upgrade the agent of/);
  });

  it('goes back to the older release in the middle of a migration, whose journal it reads', async () => {
    const { edge1, edge2 } = fleet();
    const [first, second] = [vehicle(0), vehicle(1)];
    const migrationId = (await edge2.shell.run(`blosm migrate ${first.instanceId} --to edge1 -o name`)).trim();
    await waitUntil(() => hasBegun(edge2, migrationId, 'push'), { deadlineMs: 60_000, what: 'the push to begin' });
    await edge2.shell.run('kill -KILL "$AGENT"\nwait "$AGENT" || true');
    edge2.install(packageRoot());
    await edge2.shell.run('start\nready');
    const end = `blosm migration watch ${migrationId} -o json > "$STATE/ended" || true`;
    expect(await edge2.shell.run(`${end}\njq -r .state "$STATE/ended"`)).toMatch(/^(COMPLETED|ABORTED)$/m);
    const timeline = JSON.parse(await edge2.shell.run(`blosm migration timeline ${migrationId} -o json`)) as {
      phases: { name: string; node: string }[];
    };
    // Before the kill it was the newer one that wrote it down.
    expect(timeline.phases.map(({ name }) => name)).toEqual(expect.arrayContaining(['drain', 'stop', 'commit']));
    const owner = await ownerOf(first);
    expect(await untilServed(first)).toMatchObject({ servedBy: owner.name });
    expect(await untilServed(second)).toMatchObject({ servedBy: 'edge2' });
    if (owner === edge2) await move(first, edge2, edge1);
  });

  it('refuses a release that is too far from its neighbour with a sentence, and loses nothing', async () => {
    const { edge1, edge2, work } = fleet();
    const [first, second] = [vehicle(0), vehicle(1)];
    edge2.install(buildRelease(join(work, 'apart'), { version: '2.0.0', protocol: { oldest: 2, newest: 3 } }));
    await restart(edge2);
    const ordered = `blosm migrate ${first.instanceId} --to edge2 --wait -o json > "$STATE/ended" || echo "exit $?"`;
    expect(await edge1.shell.run(ordered)).toMatch(/^exit 7$/m);
    await edge1.shell.run('MIGRATION=$(jq -r .migrationId "$STATE/ended")');
    const explained = await edge1.shell.run('blosm migration explain "$MIGRATION"');
    expect(explained).toMatch(SENTENCE);
    expect(explained).toMatch(/runs at +edge1/);
    const examine = 'blosm doctor --only agents || echo "exit $?"';
    expect(await edge1.shell.run(examine)).toMatch(
      new RegExp(`fail +agents +Edge2MSP: .*${SENTENCE.source}[^]*exit 10`),
    );
    expect(await edge2.shell.run(examine)).toMatch(SENTENCE_THERE);
    expect(edge2.log()).toMatch(SENTENCE_THERE);
    // Each serves what it runs, also by way of the other.
    expect(await untilServed(first)).toMatchObject({ servedBy: 'edge1' });
    expect(await untilServed(second)).toMatchObject({ servedBy: 'edge2' });
    second.gatewayUrl = edge1.gatewayUrl;
    expect(await untilServed(second)).toMatchObject({ servedBy: 'edge2' });

    edge2.install(packageRoot());
    await restart(edge2);
    await edge1.section('### Stop a move, and begin it again', (block) => block.includes('migration retry'));
    expect(await untilServed(first)).toMatchObject({ servedBy: 'edge2' });
    expect((await ownerOf(first)).name).toBe('edge2');
  });
}

/** Whether an agent has written down that a step of the migration has begun. */
function hasBegun({ stateFolder }: Operator, migrationId: string, step: string): boolean {
  const lines = readFileSync(join(stateFolder, 'journal.ndjson'), 'utf8').split('\n');
  const isMeant = (line: string): boolean =>
    line.includes(migrationId) && line.includes('"step-begun"') && line.includes(`"name":"${step}"`);
  return lines.some(isMeant);
}
