import { bytesFigures, decidedMs, decisionFigures, splitOf, type Sample } from '../../bench/ledger/sample';
import { parseLedgerOptions } from '../../bench/ledger/options';
import { benchPlacement, benchTopology, LIGHT_FROM_PEERS } from '../../bench/ledger/network';
import { WakeUps } from '../../bench/ledger/wake-ups';
import { percentile, summarize } from '../../bench/statistics';

const sample = (changes: Partial<Sample> = {}): Sample => ({
  source: 'commit',
  times: { endorseMs: 10, orderMs: 5, commitMs: 25 },
  proposedMs: 41,
  commitsMs: 60,
  offerMs: 120,
  recordsMs: 150,
  bytes: { propose: 8000, evaluations: 11_000, abort: 7000, evaluationBlocks: 1 },
  ...changes,
});

const valueOf = (figures: readonly { what: string; value: number }[], what: string): number | undefined =>
  figures.find((figure) => figure.what === what)?.value;

describe('percentiles', () => {
  it('are of values that were measured, by the nearest rank', () => {
    const values = Array.from({ length: 20 }, (_, index) => 20 - index);
    expect(summarize(values)).toEqual({ count: 20, p50: 10, p95: 19, min: 1, max: 20 });
    expect(summarize([7])).toEqual({ count: 1, p50: 7, p95: 7, min: 7, max: 7 });
  });

  it('of nothing are no number', () => {
    expect(percentile([], 50)).toBeNaN();
  });
});

describe('the split of a decision', () => {
  it.each([
    ['commit', 60, 20],
    ['records', 150, 110],
  ] as const)('by %s adds up to its whole', (source, wholeMs, spreadMs) => {
    const split = splitOf(sample({ source }));
    expect(split).toEqual({ endorseMs: 10, orderMs: 5, ownCommitMs: 25, spreadMs, wholeMs });
  });

  it('takes the commits that were not waited for as unknown, not as nothing', () => {
    expect(splitOf(sample({ commitsMs: null })).wholeMs).toBeNaN();
  });

  it('is decided by what comes last of the 90 % and an offer', () => {
    expect(decidedMs(sample())).toBe(120);
    expect(decidedMs(sample({ commitsMs: 130 }))).toBe(130);
    expect(decidedMs(sample({ source: 'records' }))).toBe(150);
  });
});

describe('the rows', () => {
  const samples = [sample(), sample({ commitsMs: 80 }), sample({ source: 'records', recordsMs: 500 })];

  it('keep the sources apart', () => {
    const commit = decisionFigures(samples, 'commit', '; target: 250 ms');
    expect(valueOf(commit, 'propose to 90 % by commit events, p50')).toBe(60);
    expect(commit[0]?.note).toBe('2 samples; target: 250 ms');
    expect(valueOf(decisionFigures(samples, 'records', ''), 'propose to 90 % by records, p50')).toBe(500);
  });

  it('sum what a migration adds to the ledger', () => {
    const figures = bytesFigures(samples, { prepare: 1, handOver: 20, complete: 300 }, 3);
    expect(valueOf(figures, 'ledger, per migration')).toBe(8000 + 11_000 + 321);
    expect(valueOf(figures, '- 2 evaluations')).toBe(11_000);
  });
});

describe('the options', () => {
  it('measure 3, 10, 30 and 100 peers by themselves', () => {
    expect(parseLedgerOptions([])).toMatchObject({ peers: [3, 10, 30, 100], samples: 20 });
    expect(parseLedgerOptions(['--peers', '3,10', '--samples', '4'])).toMatchObject({ peers: [3, 10], samples: 4 });
  });

  it.each([
    [['--peers', '1']],
    [['--peers', '3,x']],
    [['--peers', '']],
    [['--samples', '0']],
    [['--samples', '2.5']],
    [['--base-port', '65000']],
    [['--batch-timeout', '0']],
    [['--nodes', '3']],
    [['decision']],
  ])('refuse %j', (args) => {
    expect(() => parseLedgerOptions(args)).toThrow();
  });
});

describe('a network to measure', () => {
  it('cuts blocks less often where all peers share one machine, unless it is told', () => {
    expect([3, 10, 30, 100].map((peers) => benchTopology(peers).batchTimeoutMs)).toEqual([20, 20, 90, 300]);
    expect(benchTopology(100, 50).batchTimeoutMs).toBe(50);
  });

  it('has a chaincode process for each peer while it is small', () => {
    const { clusters } = benchPlacement(benchTopology(10), 20_000);
    expect(new Set(clusters.map(({ ports }) => ports.chaincodeServer)).size).toBe(10);
  });

  it('shares four of them from the size on at which responders are light', () => {
    const { clusters } = benchPlacement(benchTopology(LIGHT_FROM_PEERS), 20_000);
    expect(new Set(clusters.map(({ ports }) => ports.chaincodeServer)).size).toBe(4);
    // Each is started by the first cluster that names it, on a port that is that cluster's own.
    const first = clusters.slice(0, 4).map(({ ports }) => [ports.chaincodeServer - ports.peer]);
    expect(first).toEqual([[5], [5], [5], [5]]);
    expect(new Set(clusters.map(({ ports }) => ports.peer)).size).toBe(LIGHT_FROM_PEERS);
  });
});

describe('wake-ups', () => {
  it('look again after each one, also after one that came during a look', async () => {
    const wakeUps = new WakeUps();
    let looks = 0;
    const found = wakeUps.until(() => {
      looks += 1;
      if (looks === 1) wakeUps.wake();
      return Promise.resolve(looks === 3 ? 'third' : undefined);
    }, new AbortController().signal);
    await new Promise((resolve) => setImmediate(resolve));
    expect(looks).toBe(2);
    wakeUps.wake();
    await expect(found).resolves.toBe('third');
  });

  it('end by the signal', async () => {
    const stop = new AbortController();
    const found = new WakeUps().until(() => Promise.resolve(undefined), stop.signal);
    stop.abort(new Error('enough'));
    await expect(found).rejects.toThrow('enough');
  });
});
