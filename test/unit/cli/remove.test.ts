import { startBench, type AgentBench } from './invoke';

let bench: AgentBench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

test.each([
  [['instance', 'remove', 'ins-1'], /removes ins-1 of image-recognition for good: it keeps no files/],
  [['service', 'remove', 'counter'], /takes service counter off the ledger for all clusters/],
])('%j says what is lost and does nothing without --yes', async (argv, message) => {
  const refuse = () => Promise.reject(new Error('it was removed'));
  Object.assign(bench.service.instances, { remove: refuse });
  Object.assign(bench.service.services, { remove: refuse });
  const { exitCode, stdout, stderr } = await bench.blosm(argv);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/--yes/);
});

test('the files of an instance with state are named as lost', async () => {
  bench.service.serviceViews = bench.service.serviceViews.map((view) => ({ ...view, state: 'files' }));
  const { stderr } = await bench.blosm(['instance', 'remove', 'ins-1']);
  expect(stderr).toMatch(/all files that it keeps are lost, and its device gets a new one/);
});

test('a dry run of what would be refused says why, with exit code 5', async () => {
  bench.service.instanceViews = bench.service.instanceViews.map((view) => ({ ...view, openMigrationId: 'mig-1' }));
  const instance = await bench.blosm(['instance', 'remove', 'ins-1', '--dry-run']);
  expect(instance).toMatchObject({ exitCode: 5, stdout: 'would be refused: mig-1 is open\n' });
  const service = await bench.blosm(['service', 'remove', 'image-recognition', '--dry-run']);
  expect(service).toMatchObject({ exitCode: 5, stdout: expect.stringMatching(/it has 1 instances/) as string });
});
