import fc from 'fast-check';
import { Reference, type Call } from './reference';
import { PLANS, spoil, steps, type RunPlan, type Step } from './steps';
import { World, expectAgreement, expectLawful, expectSame } from './world';

/** Another seed than the fixed one: FC_SEED=... On a failure fast-check prints seed, path and the shrunk steps. */
const seed = Number(process.env.FC_SEED ?? 20_260_101);
const numRuns = Number(process.env.FC_RUNS ?? 50);

/** All orders of a few things. */
function orders<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((first, place) => orders(items.filter((_, at) => at !== place)).map((rest) => [first, ...rest]));
}

/** Which states the runs came to, to see that they go far enough to prove something. */
const statesSeen = new Set<string>();

/** One run: the contracts beside the reference. */
class Run {
  private reference: Reference;
  private last: readonly Call[] = [];
  private done = 0;

  constructor(
    private readonly world: World,
    private readonly plan: RunPlan,
  ) {
    this.reference = new Reference(plan.keepsState);
    world.bench.channel.batchTimeoutMs = 20;
  }

  async step(step: Step): Promise<void> {
    const before = await this.world.view();
    const stateBefore = this.dump();
    const changes = await this.take(step);
    if (!changes) expect(this.dump()).toEqual(stateBefore);
    const after = await this.world.view();
    expectLawful(before, after);
    expectAgreement(this.world.bench);
    for (const { state } of after.migrations) statesSeen.add(state);
  }

  /** True when the step may have changed something. */
  private async take(step: Step): Promise<boolean> {
    const { items } = this.plan;
    const item = items[this.done % items.length];
    if (step.kind === 'next' && item?.name === 'Wait') await this.world.bench.clock.advance(item.minutes * 60_000);
    if (step.kind === 'wait') await this.world.bench.clock.advance(step.minutes * 60_000);
    else if (step.kind === 'redeliver') this.redeliver(step.place);
    else return this.callAll(this.callsOf(step));
    return false;
  }

  private callsOf(step: Exclude<Step, { kind: 'wait' | 'redeliver' }>): readonly Call[] {
    if (step.kind === 'calls') return step.calls;
    if (step.kind === 'repeat') return this.last;
    const { items } = this.plan;
    const next = items[this.done % items.length]!;
    if (step.kind === 'next') this.done += 1;
    if (next.name === 'Wait') return [];
    return [step.kind === 'spoil' ? spoil(next, step.how) : next];
  }

  private async callAll(calls: readonly Call[]): Promise<boolean> {
    const until = JSON.stringify(this.reference);
    this.reference = await this.runTogether(calls);
    this.last = calls;
    // A renewal is written without being read, also when it says the same again.
    return JSON.stringify(this.reference) !== until || calls.some(({ name }) => name === 'Renew');
  }

  /** Calls made at once are committed in one order or another: the ledger must show what one of them gives. */
  private async runTogether(calls: readonly Call[]): Promise<Reference> {
    const { nowMs, bench } = this.world;
    const answers = await bench.clock.runUntil(Promise.all(calls.map((one) => this.world.call(one))));
    const view = await this.world.view();
    const mismatches: unknown[] = [];
    for (const order of orders(calls.map((_, place) => place))) {
      const after = this.reference.clone();
      const accepted: boolean[] = [];
      for (const place of order) accepted[place] = after.accepts(calls[place]!, nowMs);
      try {
        expect(answers).toEqual(accepted);
        expectSame(view, after);
        return after;
      } catch (mismatch) {
        mismatches.push(mismatch);
      }
    }
    throw mismatches[0];
  }

  /** Sends an envelope of an earlier block once more. */
  private redeliver(place: number): void {
    const { channel } = this.world.bench;
    const ids = channel.peer('Edge1MSP').blocks.flatMap((b) => b.transactions.map((t) => t.envelope.proposal.txId));
    channel.redeliver(ids[place % ids.length]!);
    channel.cut();
  }

  private dump(): Map<string, string> {
    return this.world.bench.channel.peer('Edge1MSP').store.dump();
  }
}

async function holds(plan: RunPlan, all: readonly Step[]): Promise<void> {
  const run = new Run(await World.make(plan.keepsState ? 'files' : 'none'), plan);
  for (const step of all) await run.step(step);
}

describe('the state machine of instances and migrations', () => {
  afterAll(() => {
    expect([...statesSeen].sort()).toEqual(['ABORTED', 'COMPLETED', 'HANDED_OVER', 'PROPOSED', 'SUPERSEDED']);
  });

  it.each([
    ['call by call', 1],
    ['in some order, with up to three calls at once', 3],
  ])(
    'does what the reference does, %s',
    async (_, most) => {
      await fc.assert(fc.asyncProperty(fc.constantFrom(...PLANS), steps(most), holds), { seed, numRuns });
    },
    300_000,
  );
});
