import { BlosmError } from '../../../chaincode/src/model';
import { startBench, type AgentBench } from './invoke';

let bench: AgentBench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

test('placement explain shows every cluster with its reasons', async () => {
  const { exitCode, stdout } = await bench.blosm(['placement', 'explain', 'ins-1']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/device: +told its place 2[^]*decision: +goes to edge2/);
  expect(stdout).toMatch(/edge2 +yes +yes +201 m +- +-[^]*edge1 +owner +no[^]*edge3 +no +no +301 m .*false: no memory/);
});

test('placement explain --at takes a place south of the equator', async () => {
  const { exitCode, stdout } = await bench.blosm([
    'placement',
    'explain',
    'ins-1',
    '--at',
    '-37.8136,144.9631',
    '-o',
    'json',
  ]);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ kind: 'Placement', positionFrom: 'given' });
  expect(bench.service.placements).toEqual([
    { id: 'ins-1', request: { at: { latE6: -37_813_600, lonE6: 144_963_100 } } },
  ]);
});

test('placement explain refuses what is no place, or nothing that is known', async () => {
  const wrong = await bench.blosm(['placement', 'explain', 'ins-1', '--at', 'here']);
  expect(wrong).toMatchObject({ exitCode: 2, stdout: '' });
  expect(wrong.stderr).toContain('at: is not latitude,longitude in degrees');
  bench.service.failure = new BlosmError('BLOSM_E_NOT_FOUND', 'x is neither an instance nor a service');
  expect(await bench.blosm(['placement', 'explain', 'x'])).toMatchObject({ exitCode: 4 });
});
