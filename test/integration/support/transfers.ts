import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { runCommand } from '../../../network/processes';

/** Where a program runs: put before its command line. */
type Place = readonly string[];

const PORT = 9876;

const SERVER = `
  const chunk = Buffer.alloc(65536, 1);
  require('node:net').createServer((socket) => {
    let left = Number(process.argv[2]);
    const more = () => {
      while (left > 0) { left -= chunk.length; if (!socket.write(chunk)) return; }
      socket.end();
    };
    socket.on('drain', more).on('error', () => undefined);
    more();
  }).listen(${PORT}, process.argv[1], () => console.log('listening'));
`;

const CLIENT = `
  const startedAt = performance.now();
  let bytes = 0;
  const socket = require('node:net').connect(${PORT}, process.argv[1]);
  socket.setTimeout(Number(process.argv[2]), () => process.exit(3));
  socket.on('data', (chunk) => { bytes += chunk.length; });
  socket.on('error', () => process.exit(2));
  socket.on('end', () => { console.log(bytes * 8e-3 / (performance.now() - startedAt)); process.exit(0); });
`;

/** A program that sends so many bytes to whoever connects. */
export async function serveBytes(place: Place, address: string, sizeBytes: number): Promise<ChildProcess> {
  const words = [...place, process.execPath, '-e', SERVER, address, String(sizeBytes)];
  const child = spawn(words[0]!, words.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

/** Megabits per second of a transfer from a server to a client. */
export async function transferRate(place: Place, address: string, idleTimeoutMs = 20_000): Promise<number> {
  const command = [process.execPath, '-e', CLIENT, address, String(idleTimeoutMs)];
  const { stdout } = await runCommand(command, { commandPrefix: place });
  return Number(stdout);
}
