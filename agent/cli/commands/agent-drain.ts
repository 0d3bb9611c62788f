import { setTimeout as sleep } from 'node:timers/promises';
import { BlosmError } from '../../../chaincode/src/model/errors';
import { DrainView } from '../../ports/control';
import { connectAgent, DEFAULT_TIMEOUT_MS, type ControlClient } from '../api-client';
import { tellIntent, type DryRunOptions } from '../dry-run';
import type { ExitCode } from '../exit-codes';
import { note, type Cli } from '../io';
import { print } from '../output/print';
import { passingTrouble } from '../passing';
import { drainText } from '../views/drain';
import type { Invocation } from './handler';

interface DrainOptions extends DryRunOptions {
  readonly wait?: boolean;
}

const POLL_MS = 500;
const DEFAULT_WAIT_MS = 600_000;
/** What nobody can take at one look may find room at the next. */
const STUCK_LOOKS = 10;
const HINT = 'It goes on; look with: blosm agent drain, end it with: blosm agent undrain';

/** `blosm agent drain`: again, it tells how far it is. */
export async function agentDrain(cli: Cli, { options }: Invocation<DrainOptions>): Promise<ExitCode> {
  // With --wait the time given is for the whole, not for a single request.
  const client = await connectAgent(cli, options.wait === true ? DEFAULT_TIMEOUT_MS : undefined);
  if (options.dryRun === true) return tellDrain(cli, await client.get('/v1/drain', DrainView));
  const begun = await client.post('/v1/drain', {}, DrainView);
  const view = options.wait === true ? await waitForEnd(cli, client, begun) : begun;
  await print(cli, { kind: 'Drain', fields: view, text: () => drainText(view) });
  return options.wait === true ? exitCodeOf(view) : 0;
}

/** `blosm agent undrain` */
export async function agentUndrain(cli: Cli, { options }: Invocation<DryRunOptions>): Promise<ExitCode> {
  const client = await connectAgent(cli);
  if (options.dryRun === true) {
    const { draining, cordoned } = await client.get('/v1/drain', DrainView);
    const steps = [
      ...(draining ? ['move nothing more away; what was moved stays where it is'] : []),
      ...(cordoned ? ['take new instances again'] : []),
    ];
    return tellIntent(cli, { command: 'agent undrain', steps });
  }
  const view = await client.post('/v1/undrain', {}, DrainView);
  await print(cli, { kind: 'Drain', fields: view, text: () => drainText(view) });
  return 0;
}

function tellDrain(cli: Cli, { draining, cordoned, instances }: DrainView): Promise<ExitCode> {
  const steps = [
    ...(cordoned ? [] : ['mark this cluster on the ledger so that it takes nothing new']),
    ...instances.map(
      ({ instanceId, serviceId }) => `move ${instanceId} (${serviceId}) to the nearest cluster that can run it`,
    ),
  ];
  return tellIntent(cli, { command: 'agent drain', steps: draining ? [] : steps });
}

function exitCodeOf({ isDone, instances }: DrainView): ExitCode {
  if (isDone) return 0;
  return instances.some(({ step }) => step === 'failed') ? 7 : 5;
}

const isStuck = ({ instances }: DrainView): boolean =>
  instances.length > 0 && instances.every(({ step }) => step === 'failed' || step === 'refused');

/** Until nothing is left, or nothing that is left can be moved. */
async function waitForEnd(cli: Cli, client: ControlClient, begun: DrainView): Promise<DrainView> {
  const waitMs = cli.options.timeout ?? DEFAULT_WAIT_MS;
  const deadlineMs = performance.now() + waitMs;
  let view = begun;
  let told = '';
  for (let stuckLooks = 0; ;) {
    if (view.isDone) return view;
    stuckLooks = isStuck(view) ? stuckLooks + 1 : 0;
    if (stuckLooks >= STUCK_LOOKS) return view;
    if (!view.draining) throw new BlosmError('BLOSM_E_CONFLICT', 'somebody has ended the drain', { stage: 'wait' });
    const line = describe(view);
    if (line !== told) note(cli, line);
    told = line;
    if (performance.now() > deadlineMs) throw notDone(view, waitMs);
    await pause(cli);
    view = (await look(client)) ?? view;
  }
}

function describe({ moved, instances }: DrainView): string {
  const moving = instances.filter(({ step }) => step === 'moving').length;
  return `${moved} moved, ${moving} moving, ${instances.length - moving} to go`;
}

function notDone({ instances }: DrainView, waitMs: number): BlosmError {
  const left = instances.map(({ instanceId, step }) => `${instanceId} (${step})`).join(', ');
  return new BlosmError('BLOSM_E_TIMEOUT', `not drained after ${waitMs} ms: ${left}`, { stage: 'wait', hint: HINT });
}

/** Null while agent or peer do not answer: they may be restarting, and the drain goes on after that. */
async function look(client: ControlClient): Promise<DrainView | null> {
  try {
    return await client.get('/v1/drain', DrainView);
  } catch (error) {
    if (passingTrouble(error) !== undefined) return null;
    throw error;
  }
}

async function pause(cli: Cli): Promise<void> {
  try {
    await sleep(POLL_MS, undefined, { signal: cli.io.signal });
  } catch (cause) {
    throw new BlosmError('BLOSM_E_CANCELLED', 'the waiting was interrupted', { stage: 'wait', cause, hint: HINT });
  }
}
