import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../agent/cli/run';
import { aStatus } from '../../fakes/control-records';

const mockLoaded: string[] = [];
const HEAVY = [
  ...['fabric-network', 'fabric-common', 'fabric-protos', '@hyperledger/fabric-gateway', '@grpc/grpc-js', 'dockerode'],
  ...['express', 'pino', 'undici', 'yaml', 'cli-table3', 'zod', '@peculiar/x509', 'tar-stream', 'write-file-atomic'],
];
for (const name of HEAVY) {
  jest.doMock(name, () => {
    mockLoaded.push(name);
    return {};
  });
}

test('blosm status loads no SDK, no server, no log, no YAML and no schema', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'blosm-loading-'));
  const socket = join(directory, 'agent.sock');
  const server = createServer((_request, response) => response.end(JSON.stringify(aStatus())));
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  let stdout = '';
  const output = { write: (text: string) => void (stdout += text), isTty: false };
  try {
    for (const format of ['table', 'wide', 'json', 'name', 'ndjson']) {
      const exitCode = await run(['status', '--agent', socket, '-o', format], {
        stdout: output,
        stderr: output,
        env: {},
        cwd: directory,
        nowMs: () => 0,
        signal: new AbortController().signal,
      });
      expect(exitCode).toBe(0);
    }
    expect(stdout).toContain('"kind": "Status"');
    expect(mockLoaded).toEqual([]);
  } finally {
    await new Promise((resolve) => server.close(resolve));
    rmSync(directory, { recursive: true, force: true });
  }
});

test('the watch on loading works: a YAML result does load yaml', async () => {
  await import('yaml');
  expect(mockLoaded).toEqual(['yaml']);
});
